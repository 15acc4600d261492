"""The REST faces of what staff do with single tasks, or with many that match a filter."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from eligibility import operations, wire
from eligibility.filters import tasks_asked
from eligibility.models import EligibilityTask
from eligibility.openapi import work_pages as pages
from portal.api.conditions import stale, versions_wanted
from portal.api.done import done
from portal.api.idempotent import idempotent
from portal.api.ids import ids_in
from portal.api.limits import check_row_count
from portal.api.newest import newest_page
from portal.api.prefer import read_choice, read_options
from portal.api.shapes import ids_under, object_of
from portal.api.views import ApiViewSet, is_suspicious, json_body
from portal.errors import invalid_request, not_found
from portal.intake.text import storable_text
from portal.models import Scope

NEWEST = 5
_PAGING = ("limit", "cursor")


class TaskViewSet(ApiViewSet):
    """One task, or a list of them. Those of other clinics are not there."""

    required_scopes = {
        "create": Scope.ELIGIBILITY_WRITE,
        "newest": Scope.ELIGIBILITY_READ,
        "list": Scope.ELIGIBILITY_READ,
        "retrieve": Scope.ELIGIBILITY_READ,
        "fix": Scope.ELIGIBILITY_WRITE,
        "retry": Scope.ELIGIBILITY_WRITE,
        "cancel": Scope.ELIGIBILITY_WRITE,
        "retry_many": Scope.ELIGIBILITY_WRITE,
    }

    @pages.create_task
    @idempotent
    def create(self, request: Request) -> Response:
        """Create one task, due at once."""
        options = read_options(request)
        created = operations.create_tasks(
            team=self.caller.team,
            clinic=self.caller.clinic,
            actor=self.caller.actor_id,
            rows=[object_of(json_body(request))],
            profile=options.profile,
            dry_run=options.dry_run,
            request_id=getattr(request, "request_id", ""),
            client_id=storable_text(request.headers.get("x-client-id", ""))[:200],
            suspicious=is_suspicious(request),
        )
        if not created.total_created:
            raise wire.rejected_row(created)
        return Response(
            wire.created_task(created, full=options.full_detail, dry_run=options.dry_run)
        )

    @pages.last_tasks
    def newest(self, request: Request) -> Response:
        """The newest tasks of the clinic, as results are shown."""
        tasks = self._tasks().order_by("-created_at", "-pk").values(*wire.RESULT_FIELDS)
        return Response([wire.result(task) for task in tasks[:NEWEST]])

    @pages.list_tasks
    def list(self, request: Request) -> Response:
        """The clinic's tasks that match the filters, newest first."""
        wanted = request.query_params.items()
        filters = {name: value for name, value in wanted if name not in _PAGING}
        tasks = tasks_asked(self._tasks(), filters).select_related(*wire.TASK_RELATED)
        return Response(newest_page(tasks, request, wire.task))

    @pages.get_task
    def retrieve(self, request: Request, task_id: str) -> Response:
        """One task with its version."""
        return _shown(self._find(task_id))

    @pages.fix_task
    def fix(self, request: Request, task_id: str) -> Response:
        """Correct the question, and ask again."""
        task = self._find(task_id)
        wanted = versions_wanted(request)
        if wanted is not None and task.version not in wanted:
            raise stale()
        fixed = operations.fix_task(
            task=task,
            changes=object_of(json_body(request)),
            version=task.version,
            actor=self.caller.actor_id,
            rerun=read_choice(request, "rerun", "true", "false") == "true",
            profile=read_options(request).profile,
        )
        wire.raise_unless_fixed(fixed)
        return _shown(self._find(task_id))

    @pages.retry_task
    @idempotent
    def retry(self, request: Request, task_id: str) -> Response:
        """Ask the payer once more."""
        return self._moved(task_id, operations.retry_tasks, "Task is asked again.")

    @pages.cancel_task
    @idempotent
    def cancel(self, request: Request, task_id: str) -> Response:
        """Stop a task that has no final state."""
        return self._moved(task_id, operations.cancel_tasks, "Task cancelled.")

    @pages.retry_tasks
    @idempotent
    def retry_many(self, request: Request) -> Response:
        """Ask again for the tasks that are named, or that match a filter."""
        tasks = self._named(object_of(json_body(request)))
        if read_options(request).dry_run:
            would = operations.preview_retry(tasks=tasks)
            message = f"Dry run: {would.moved} tasks would be asked again."
            return Response(wire.moved(message, would))
        moved = operations.retry_tasks(tasks=tasks, actor=self.caller.actor_id)
        return Response(wire.moved(f"{moved.moved} tasks are asked again.", moved))

    def _named(self, body: dict[str, Any]) -> QuerySet[EligibilityTask]:
        if ("task_ids" in body) == ("filter" in body):
            message = "Say which tasks: `task_ids`, or a `filter` with the names of the list's."
            raise invalid_request("tasks.unnamed", message)
        if "task_ids" in body:
            ids = ids_in(*ids_under("task_ids", body))
            return self._tasks().with_ids(ids)
        wanted = body["filter"]
        if not isinstance(wanted, dict) or not any(value for value in wanted.values()):
            message = "`filter` is an object with at least one of the list's filters."
            raise invalid_request("filter.empty", message, pointer="/filter")
        tasks = tasks_asked(self._tasks(), wanted)
        check_row_count(range(tasks.count()), pointer="/filter")
        return tasks

    def _moved(self, task_id: str, verb: Any, message: str) -> Response:
        task = self._find(task_id)
        result = verb(tasks=self._tasks().filter(pk=task.pk), actor=self.caller.actor_id)
        wire.raise_unless_moved(result)
        return Response(done(message, task=wire.task(self._find(task_id))))

    def _find(self, task_id: str) -> EligibilityTask:
        tasks = self._tasks().with_ids(ids_in(task_id)).select_related(*wire.TASK_RELATED)
        task: EligibilityTask | None = tasks.first()
        if task is None:
            raise not_found("task")
        return task

    def _tasks(self) -> Any:
        return EligibilityTask.objects.of_clinic(self.caller.clinic.pk)


def _shown(task: EligibilityTask) -> Response:
    return Response(wire.task(task), headers={"ETag": wire.task_etag(task)})
