"""One record on the wire, and why one could not be stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from portal.errors import ApiError, ErrorCode
from portal.intake.issues import Issue
from records.schemas import Hours, Location, Practitioner, Specialty, WorkingHours

if TYPE_CHECKING:
    from records.operations.answers import Stored

_NAMES = [
    name
    for shape in (Practitioner, Specialty, Location, WorkingHours, Hours)
    for name in shape.__annotations__
]
_ORDER = {name: place for place, name in enumerate(dict.fromkeys(_NAMES))}


def record(stored: Stored) -> dict[str, Any]:
    """The record with all documented keys, absent ones null."""
    return {
        "teamId": stored.team_id,
        "createdBy": stored.created_by or None,
        "updatedBy": stored.updated_by or None,
        "createdAt": moment(stored.created_at),
        "updatedAt": moment(stored.updated_at),
        "_id": stored.id,
        "logicalId": stored.logical_id,
        "integrationId": stored.integration_id,
        "config": stored.config,
    }


def stored_record(stored: Stored) -> dict[str, Any]:
    """A record that was read from the database."""
    return record(stored) | {"config": in_order(stored.config)}


def in_order(config: Any) -> Any:
    """A config in the order of the documents: PostgreSQL keeps its keys in one of its own."""
    if isinstance(config, Mapping):
        names = sorted(config, key=lambda name: _ORDER.get(name, len(_ORDER)))
        return {name: in_order(config[name]) for name in names}
    return [in_order(each) for each in config] if isinstance(config, list) else config


@lru_cache(maxsize=256)
def moment(at: datetime) -> str:
    """A time of a record: UTC to the millisecond, with a Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def etag(stored: Stored) -> str:
    """What names this version of the record."""
    return f'"{stored.version}"'


def error_text(errors: Sequence[Issue]) -> str:
    """All errors of a row as one text: "/config/npi: must be text [npi.type]; ..."."""
    return "; ".join(map(_error, errors))


def _error(issue: Issue) -> str:
    said = f"{issue.message.removesuffix('.')} [{issue.code}]"
    return f"{issue.pointer}: {said}" if issue.pointer else said


def refusal(errors: Sequence[Issue], *, code: ErrorCode = ErrorCode.INVALID_REQUEST) -> ApiError:
    """The refusal of one record, with an entry for each fault."""
    message = errors[0].message if len(errors) == 1 else f"The record has {len(errors)} faults."
    return ApiError(code, message, details=[issue.as_detail() for issue in errors])
