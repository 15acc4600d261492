"""The REST faces of the eligibility verbs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from eligibility import operations, wire
from eligibility.dates import read_scheduled_for
from eligibility.models import Batch, EligibilityTask
from eligibility.openapi import pages
from portal.api.done import done
from portal.api.idempotent import idempotent
from portal.api.ids import ids_in
from portal.api.pagination import decode_cursor, encode_cursor
from portal.api.prefer import BulkOptions, read_options
from portal.api.shapes import array_under, ids_under, text_under
from portal.api.views import ApiViewSet, is_suspicious, json_body
from portal.collector import uncollected
from portal.errors import ApiError, ErrorCode, invalid_request, not_found
from portal.intake.issues import Issue
from portal.intake.text import find_unstorable, storable_text
from portal.models import Clinic, Scope

PAGE = 1000
"""Rows of a batch in one answer."""

_LONGEST_DESCRIPTION = 500


class HealthViewSet(ApiViewSet):
    """Whether the service answers."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @pages.health
    def health(self, request: Request) -> Response:
        """Needs no key and asks no database."""
        return Response({"status": "healthy", "timestamp": timezone.now().isoformat()})


class BulkViewSet(ApiViewSet):
    """Many questions at once: to be asked now, or later as a batch."""

    required_scopes: Mapping[str, str] = {
        "create_tasks": Scope.ELIGIBILITY_WRITE,
        "schedule_tasks": Scope.ELIGIBILITY_WRITE,
    }

    @pages.create_tasks
    @idempotent
    @uncollected()
    def create_tasks(self, request: Request) -> Response:
        """Create a task for each good row, due at once."""
        options = read_options(request)
        created = self._create(request, json_body(request), options)
        return _answer(
            wire.created_tasks(created, full=options.full_detail, dry_run=options.dry_run), options
        )

    @pages.schedule_tasks
    @idempotent
    @uncollected()
    def schedule_tasks(self, request: Request) -> Response:
        """Create a batch that waits for its hour."""
        options, body, zone = read_options(request), json_body(request), self.caller.clinic.zone
        array_under("requests", body)
        created = self._create(
            request,
            body,
            options,
            scheduled=True,
            scheduled_for=_scheduled_for(body, self.caller.clinic),
            description=_description(body),
        )
        answer = wire.scheduled_batch(
            created, zone=zone, full=options.full_detail, dry_run=options.dry_run
        )
        return _answer(answer, options)

    def _create(
        self, request: Request, body: Any, options: BulkOptions, **schedule: Any
    ) -> operations.Created:
        created = operations.create_tasks(
            team=self.caller.team,
            clinic=self.caller.clinic,
            actor=self.caller.actor_id,
            rows=array_under("requests", body),
            profile=options.profile,
            all_or_nothing=options.strict_handling,
            dry_run=options.dry_run,
            request_id=getattr(request, "request_id", ""),
            client_id=storable_text(request.headers.get("x-client-id", ""))[:200],
            suspicious=is_suspicious(request),
            **schedule,
        )
        if not created.total_created:
            raise wire.rejected_rows(created, all_or_nothing=options.strict_handling)
        return created


class ResultViewSet(ApiViewSet):
    """What became of tasks and batches. Rows of others are not there."""

    required_scopes: Mapping[str, str] = {
        "result": Scope.ELIGIBILITY_READ,
        "results": Scope.ELIGIBILITY_READ,
        "batch": Scope.ELIGIBILITY_READ,
    }

    @pages.eligibility_result
    def result(self, request: Request, task_id: str) -> Response:
        """Status and result of one task, without an envelope."""
        found = self._tasks().with_ids(ids_in(task_id)).values(*wire.RESULT_FIELDS).first()
        if found is None:
            raise not_found("task")
        return Response(wire.result(found, _paths(found) if found["is_search"] else None))

    @pages.bulk_results
    @idempotent
    @uncollected()
    def results(self, request: Request) -> Response:
        """Results of many tasks, in the order asked."""
        asked = ids_under("task_ids", json_body(request), least=0)
        tasks = self._tasks().with_ids(ids_in(*asked)).values(*wire.ROW_FIELDS)
        rows = {str(task["id"]): wire.row(task) for task in tasks}
        results = [rows.get(text.lower()) or wire.unknown_row(text) for text in asked]
        return Response(done("Bulk results fetched successfully.", results=results))

    @pages.batch_results
    @uncollected()
    def batch(self, request: Request, batch_id: str) -> Response:
        """A batch and its rows, a page of them at a time."""
        batches = Batch.objects.filter(clinic=self.caller.clinic, pk__in=ids_in(batch_id))
        batch: Any = batches.with_counts().first()
        if batch is None:
            raise not_found("batch")
        after = _position(request.query_params.get("cursor"))
        tasks = self._tasks().filter(batch=batch, line__gt=after).order_by("line")
        page = list(tasks.values(*wire.ROW_FIELDS, "line")[:PAGE])
        data = wire.batch_results(batch, page, now=timezone.now())
        if batch.total > PAGE:
            more = bool(page) and tasks.filter(line__gt=page[-1]["line"]).exists()
            data["next"] = encode_cursor("line", page[-1]["line"]) if more else None
        message = f"Batch results fetched successfully for batch ID: {batch.pk}"
        return Response(done(message, **data))

    def _tasks(self) -> Any:
        return EligibilityTask.objects.of_clinic(self.caller.clinic.pk)


def _paths(search: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The payers of a search as it was asked last, best guess first."""
    paths = EligibilityTask.objects.filter(parent=search["id"], search_round=search["search_round"])
    return list(paths.order_by("line").values(*wire.ROW_FIELDS))


def _answer(body: dict[str, Any], options: BulkOptions) -> Response:
    """The answer, which says when a preference was honoured (RFC 7240, section 3)."""
    headers = {"Preference-Applied": "handling=strict"} if options.strict_handling else None
    return Response(body, headers=headers)


def _scheduled_for(body: dict[str, Any], clinic: Clinic) -> datetime | None:
    """When a batch shall run; None means at once."""
    text = text_under("scheduled_for", body, most=64)
    if not text:
        return None
    read = read_scheduled_for(text, timezone=clinic.zone, now=timezone.now())
    if isinstance(read, Issue):
        raise ApiError(ErrorCode.INVALID_REQUEST, read.message, details=[read.as_detail()])
    return read


def _description(body: dict[str, Any]) -> str:
    text = text_under("description", body, most=_LONGEST_DESCRIPTION)
    if (fault := find_unstorable(text)) is not None:
        message = f"`description` {fault.reason}."
        raise invalid_request("text.unstorable", message, pointer="/description")
    return text


def _position(cursor: str | None) -> int:
    """The line after which a page begins; -1 for the first."""
    return -1 if cursor is None else decode_cursor("line", cursor)
