"""The answer of the bulk endpoint, to the letter of the integrators' document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records.wire.records import error_text, in_order, record

if TYPE_CHECKING:
    from records.operations.answers import Created, Entry

_STORED_BEFORE = frozenset({"skipped", "unchanged"})


def bulk_answer(created: Created, *, full: bool) -> dict[str, Any]:
    """An entry for each row in the order of the request; `full` tells its doubts, too."""
    return {
        "total_created": created.total_created,
        "total_errors": created.total_errors,
        "results": [_result(entry, full=full) for entry in created.entries],
    }


def _result(entry: Entry, *, full: bool) -> dict[str, Any]:
    stored, errors = entry.stored, entry.errors
    result = {
        "status": entry.disposition.value,
        "record": None if stored is None else record(stored),
        "error": error_text(errors) if errors else None,
    }
    if result["status"] in _STORED_BEFORE:
        result["record"]["config"] = in_order(result["record"]["config"])
    return result | _detail(entry) if full else result


def _detail(entry: Entry) -> dict[str, Any]:
    """What a caller learns with `?detail=full`: where the row stood, its faults and doubts."""
    place: dict[str, Any] = {"row": entry.index, "prefix": f"/{entry.index}"}
    return {
        "index": entry.index,
        "errors": [issue.as_detail(**place) for issue in entry.errors],
        "warnings": [issue.as_detail(**place) for issue in entry.warnings],
    }
