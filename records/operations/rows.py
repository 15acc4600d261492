"""One accepted row as the columns of a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from portal.intake.adapt import JsonText
from portal.intake.issues import Issue
from records.operations.answers import Entry, Intake, Stored
from records.rules import Checked
from records.shadow import SHADOWS, shadow_of

_SAID = ("config", "raw", "warnings", *SHADOWS)
_CHANGES = ("version", "updated_by", "updated_at")

COLUMNS = (
    "id",
    "team_id",
    "integration_key",
    "logical_id",
    *_SAID,
    *_CHANGES,
    "created_by",
    "created_at",
    "submission_id",
    "line",
)
"""What a new record is stored with, in the order of `new_row`."""

CHANGED = ("id", "integration_key", "logical_id", *_SAID, *_CHANGES)
"""What an update writes, in the order of `changed_row`."""

_KEPT_RAW = frozenset({"field.unknown", "hours.day"})
"""What a row says and its record does not keep."""


def new_row(intake: Intake, entry: Entry, submission_id: UUID | None) -> tuple[Any, ...]:
    """The values of one new record."""
    stored, checked = entry.stored, entry.checked
    assert stored is not None
    entry.written = JsonText(to_json(stored.config).decode())
    return (
        stored.id,
        stored.team_id,
        stored.integration_id or "",
        stored.logical_id,
        entry.written,
        *_said(stored.config, checked.raw, checked.warnings),
        stored.version,
        stored.updated_by,
        stored.updated_at,
        stored.created_by,
        stored.created_at,
        submission_id,
        intake.line_of(entry.index),
    )


def changed_row(stored: Stored, checked: Checked) -> tuple[Any, ...]:
    """The values of a record that was given what a row says."""
    return (
        stored.id,
        stored.integration_id or "",
        stored.logical_id,
        stored.config,
        *_said(stored.config, checked.raw, checked.warnings),
        stored.version,
        stored.updated_by,
        stored.updated_at,
    )


def _said(config: Mapping[str, Any], raw: Any, warnings: list[Issue]) -> tuple[Any, ...]:
    if not warnings:
        return (None, warnings, *shadow_of(config))
    says_more = any(issue.code in _KEPT_RAW for issue in warnings)
    details = [issue.as_detail() for issue in warnings]
    return (raw if says_more else None, details, *shadow_of(config))
