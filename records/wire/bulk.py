"""The answer of the bulk endpoint, to the letter of the integrators' document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records.wire.records import error_text, record, stored_record

if TYPE_CHECKING:
    from records.operations.answers import Created, Entry

_READ = frozenset({"skipped", "unchanged"})
"""What is answered with the record as the database has it."""


def bulk_answer(created: Created, *, full: bool) -> dict[str, Any]:
    """An entry for each row in the order of the request; `full` tells its doubts, too."""
    return {
        "total_created": created.total_created,
        "total_errors": created.total_errors,
        "results": [_result(entry, full=full) for entry in created.entries],
    }


def _result(entry: Entry, *, full: bool) -> dict[str, Any]:
    status, errors = entry.disposition.value, entry.errors
    result = {
        "status": status,
        "record": _record(entry),
        "error": error_text(errors) if errors else None,
    }
    return result | _detail(entry) if full else result


def _record(entry: Entry) -> dict[str, Any] | None:
    if entry.stored is None:
        return None
    was_read = entry.disposition.value in _READ
    return stored_record(entry.stored) if was_read else record(entry.stored)


def _detail(entry: Entry) -> dict[str, Any]:
    """What a caller learns with `?detail=full`: where the row stood, its faults and doubts."""
    place: dict[str, Any] = {"row": entry.index, "prefix": f"/{entry.index}"}
    return {
        "index": entry.index,
        "errors": [issue.as_detail(**place) for issue in entry.errors],
        "warnings": [issue.as_detail(**place) for issue in entry.warnings],
    }
