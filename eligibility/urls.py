"""Addresses of eligibility, below /v2/."""

from __future__ import annotations

from typing import Any

from django.urls import include, path

from eligibility.views.batches import BatchViewSet
from eligibility.views.checks import BulkViewSet, HealthViewSet, ResultViewSet
from eligibility.views.payers import PayerViewSet
from eligibility.views.submissions import SubmissionViewSet
from eligibility.views.tasks import TaskViewSet

_result = ResultViewSet.as_view({"get": "result"})


def _task(**actions: str) -> Any:
    return TaskViewSet.as_view(dict(actions))


def _batch(**actions: str) -> Any:
    return BatchViewSet.as_view(dict(actions))


def _submission(**actions: str) -> Any:
    return SubmissionViewSet.as_view(dict(actions))


_WORK = [
    path("create-task", _task(post="create"), name="create-task"),
    path("last-5-tasks", _task(get="newest"), name="last-5-tasks"),
    path("tasks", _task(get="list"), name="tasks"),
    path("tasks/bulk/retry", _task(post="retry_many"), name="retry-tasks"),
    path("tasks/<str:task_id>", _task(get="retrieve", patch="fix"), name="task"),
    path("tasks/<str:task_id>/retry", _task(post="retry"), name="retry-task"),
    path("tasks/<str:task_id>/cancel", _task(post="cancel"), name="cancel-task"),
    path("batches", _batch(get="list"), name="batches"),
    path("batches/<str:batch_id>", _batch(get="retrieve"), name="batch"),
    path("batches/<str:batch_id>/pause", _batch(post="pause"), name="pause-batch"),
    path("batches/<str:batch_id>/resume", _batch(post="resume"), name="resume-batch"),
    path("batches/<str:batch_id>/cancel", _batch(post="cancel"), name="cancel-batch"),
    path("payers", PayerViewSet.as_view({"get": "list"}), name="payers"),
    path("payers/<str:code>", PayerViewSet.as_view({"get": "retrieve"}), name="payer"),
    path("submissions/<str:submission_id>", _submission(get="retrieve"), name="submission"),
    path(
        "submissions/<str:submission_id>/rows/<str:line>",
        _submission(patch="fix_row"),
        name="rejected-row",
    ),
    path(
        "submissions/<str:submission_id>/resubmit",
        _submission(post="resubmit"),
        name="resubmit-rows",
    ),
]

urlpatterns = [
    path("api-integration/", include(_WORK)),
    path("api-integration/health", HealthViewSet.as_view({"get": "health"}), name="health"),
    path(
        "api-integration/bulk/create-tasks",
        BulkViewSet.as_view({"post": "create_tasks"}),
        name="create-tasks",
    ),
    path(
        "api-integration/schedule-tasks",
        BulkViewSet.as_view({"post": "schedule_tasks"}),
        name="schedule-tasks",
    ),
    path(
        "api-integration/bulk/get-results",
        ResultViewSet.as_view({"post": "results"}),
        name="get-results",
    ),
    path(
        "api-integration/batch-results/<str:batch_id>",
        ResultViewSet.as_view({"get": "batch"}),
        name="batch-results",
    ),
    path("api-integration/eligibility-result/<str:task_id>", _result, name="eligibility-result"),
    path(
        "api-integration-v2/eligibility-result/<str:task_id>", _result, name="eligibility-result-v2"
    ),
]
