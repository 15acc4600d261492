"""The answers to a bulk request, to the letter of the integrators' documents."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from eligibility.wire import words
from portal.api.done import done
from portal.errors import ApiError, ErrorCode

if TYPE_CHECKING:
    from eligibility.operations.answers import Created, Entry

ROWS = "/requests"


def created_tasks(created: Created, *, full: bool, dry_run: bool) -> dict[str, Any]:
    """The answer of `bulk/create-tasks`. `full` says what became of each row."""
    total = created.total_created
    message = f"Bulk tasks created successfully. {total} tasks created."
    if dry_run:
        message = f"Dry run: {total} tasks would be created."
    tasks = _accepted(created, full=full)
    return done(message, tasks=tasks, total_created=total, **_rejections(created))


def created_task(created: Created, *, full: bool, dry_run: bool) -> dict[str, Any]:
    """The answer of `create-task`. A search says so, under the same keys as when it is polled."""
    entry = created.entries[0]
    is_search = bool(_task(entry)["is_search_all"])
    queued = words.SEARCHING if is_search else words.work_word("pending", "", partly_answered=False)
    data: dict[str, Any] = {
        "task_id": entry.task_id,
        "status": words.CREATED,
        "organization_api_task_db": {
            "task_id_in_db": entry.task_id,
            "task_id_in_celery": entry.task_id,
            "status": queued,
        },
    }
    if is_search:
        data |= {"is_search_all": True, "search_all_status": words.SEARCHING}
    if full:
        data |= {
            "row_status": entry.disposition.value,
            "warnings": [issue.as_detail() for issue in entry.warnings],
        }
    message = "Dry run: the task would be created." if dry_run else "Task created successfully"
    return done(message, **data)


def scheduled_batch(created: Created, *, zone: tzinfo, full: bool, dry_run: bool) -> dict[str, Any]:
    """The answer of `schedule-tasks`; its forecast is written in the clinic's zone."""
    total = created.total_created
    message = f"Dry run: {total} tasks would be scheduled."
    if not dry_run:
        message = (
            f"Tasks scheduled successfully. {total} tasks scheduled with batch ID: "
            f"{created.batch_id}.{_forecast(created.expected_by, zone)}"
        )
    data: dict[str, Any] = {"batch_id": created.batch_id, "total_scheduled": total}
    if full:
        data["tasks"] = _accepted(created, full=True)
    return done(message, **data, **_rejections(created))


def rejected_rows(created: Created, *, all_or_nothing: bool) -> ApiError:
    """The refusal of a request of which no row was accepted."""
    message = f"{created.total_errors} of {len(created.entries)} rows were rejected."
    if all_or_nothing:
        message += " Nothing was created, because handling=strict was preferred."
    return ApiError(ErrorCode.INVALID_REQUEST, message, details=_errors(created))


def rejected_row(created: Created) -> ApiError:
    """The refusal of the one row of `create-task`, whose pointers begin at the body."""
    errors = [issue.as_detail() for issue in created.entries[0].errors]
    return ApiError(ErrorCode.INVALID_REQUEST, "The task was rejected.", details=errors)


def _forecast(expected_by: datetime | None, zone: tzinfo) -> str:
    """When the results can be expected; a batch that was never scheduled has no forecast."""
    if expected_by is None:
        return ""
    return f" Results expected by {expected_by.astimezone(zone).isoformat()}."


def _accepted(created: Created, *, full: bool) -> list[dict[str, Any]]:
    return [
        _task(entry) | (_detail(entry) if full else {})
        for entry in created.entries
        if entry.disposition != "rejected"
    ]


def _task(entry: Entry) -> dict[str, Any]:
    """One accepted row under the documents' keys."""
    row = entry.checked.row
    payer = entry.checked.payer
    return {
        "task_id": entry.task_id,
        "status": words.CREATED,
        "patient_info": {
            "name": (row.name if row else "") or None,
            "id_value": row.id_value if row else None,
            "tpa_name": payer.code if payer else None,
        },
        "is_search_all": payer.is_search if payer else False,
    }


def _detail(entry: Entry) -> dict[str, Any]:
    """What a caller learns with `?detail=full`: what became of the row, and the doubts.

    `created`, `replayed` or `reused`; of a reused answer also its age in seconds.
    """
    age = {} if entry.age is None else {"age_seconds": entry.age}
    return {
        "index": entry.index,
        "row_status": entry.disposition.value,
        **age,
        "warnings": [issue.as_detail(**_place(entry)) for issue in entry.warnings],
    }


def _rejections(created: Created) -> dict[str, Any]:
    """What the answer gains when rows were rejected; nothing otherwise."""
    if not created.total_errors:
        return {}
    return {
        "total_errors": created.total_errors,
        "errors": _errors(created),
        "submission_id": created.submission_id,
    }


def _errors(created: Created) -> list[dict[str, Any]]:
    return [issue.as_detail(**_place(entry)) for entry in created.entries for issue in entry.errors]


def _place(entry: Entry) -> dict[str, Any]:
    """Where in the body a row stands."""
    return {"row": entry.index, "prefix": f"{ROWS}/{entry.index}"}
