"""Addresses of eligibility, below /v2/."""

from __future__ import annotations

from django.urls import path

from eligibility.views import BulkViewSet, HealthViewSet, ResultViewSet

_result = ResultViewSet.as_view({"get": "result"})

urlpatterns = [
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
