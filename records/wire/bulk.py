"""The answer of the bulk endpoint, to the letter of the integrators' document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from portal.api.renderers import Rendered, render_json
from records.wire.records import error_text, record, stored_record

if TYPE_CHECKING:
    from records.operations.answers import Created, Entry, Stored

_SHARED = ("teamId", "createdBy", "updatedBy", "createdAt", "updatedAt")
_READ = frozenset({"skipped", "unchanged"})
"""What is answered with the record as the database has it."""


def bulk_answer(created: Created, *, full: bool) -> dict[str, Any]:
    """An entry for each row in the order of the request; `full` tells its doubts, too."""
    return {
        "total_created": created.total_created,
        "total_errors": created.total_errors,
        "results": [_result(entry, full=full) for entry in created.entries],
    }


def bulk_json(created: Created, *, full: bool) -> Rendered:
    """The same as JSON text, put together from the texts of the configs that were stored.

    To write the whole answer anew takes as long as to store it.
    """
    heads = _Heads()
    head = f'{{"total_created":{created.total_created},"total_errors":{created.total_errors},'
    results = (
        heads.created(entry.stored, entry.written)
        if entry.written is not None and entry.disposition.value == "created" and not full
        else render_json(_result(entry, full=full)).decode()
        for entry in created.entries
    )
    return Rendered(f'{head}"results":[{",".join(results)}]}}'.encode())


class _Heads:
    """What new records of one request have in common, written once."""

    def __init__(self) -> None:
        self._head = ""

    def created(self, stored: Stored | None, config: str) -> str:
        """The entry of a record that was made."""
        assert stored is not None
        if not self._head:
            common = record(stored)
            shared = {name: common[name] for name in _SHARED}
            self._head = f'{{"status":"created","record":{_text(shared)[:-1]},"_id":"'
        integration = f'"{stored.integration_id}"' if stored.integration_id else "null"
        logical_id = "null" if stored.logical_id is None else _text(stored.logical_id)
        return (
            f'{self._head}{stored.id}","logicalId":{logical_id},"integrationId":{integration},'
            f'"config":{config}}},"error":null}}'
        )


def _text(value: Any) -> str:
    return to_json(value).decode()


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
