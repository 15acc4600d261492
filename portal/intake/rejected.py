"""Keep the rows that could not be accepted, so that people can fix them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from portal import objectid
from portal.intake.insert import insert_rows
from portal.intake.issues import Issue
from portal.intake.text import storable, storable_text
from portal.models import RejectedRow, RowState, Submission

_COLUMNS = (
    "id",
    "submission_id",
    "line",
    "raw",
    "errors",
    "topic",
    "cause",
    "client_reference",
    "state",
    "version",
    "accepted_as",
    "updated_at",
)
_REFERENCE_LENGTH = 200
_CAUSE_LENGTH = 100
_NAMED_BY_SENDER = frozenset({"field.unknown", "text.unstorable"})
"""Errors whose field may have a name that the sender made up."""


def store_rejected(
    submission: Submission,
    rows: Sequence[tuple[int, Any, Sequence[Issue], str]],
    reference: Callable[[Any], str] | None = None,
) -> None:
    """Store rejected rows: (line, the row as it came, its errors, its topic), in one insert.

    `reference` reads off a row by what a later one replaces it; default: `reference_of`.
    """
    reference = reference or reference_of
    now = timezone.now()
    ids = objectid.uuid_batch(len(rows))
    insert_rows(
        RejectedRow,
        _COLUMNS,
        [
            (
                row_id,
                submission.pk,
                line,
                storable(raw),
                [storable(issue.as_detail(row=line)) for issue in errors],
                topic,
                cause_of(errors),
                reference(raw),
                RowState.OPEN.value,
                1,
                "",
                now,
            )
            for row_id, (line, raw, errors, topic) in zip(ids, rows, strict=True)
        ],
    )


def mark_accepted(became: Mapping[UUID, str]) -> int:
    """Settle open rows, which the caller has locked, as what was made of them (row id → its id).

    One statement however many they are. The submission's counts are the caller's to move.
    """
    table, now = RejectedRow._meta.db_table, timezone.now()
    if connection.vendor == "postgresql":
        made = "unnest(%s::uuid[], %s::text[]) AS made (row_id, became)"
        parameters: list[Any] = [now, list(became), list(became.values())]
    else:
        pair = "json_extract(value, '$[0]') AS row_id, json_extract(value, '$[1]') AS became"
        made = f"(SELECT {pair} FROM json_each(%s)) AS made"
        pairs = [[row_id.hex, made_of_it] for row_id, made_of_it in became.items()]
        parameters = [connection.ops.adapt_datetimefield_value(now), json.dumps(pairs)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET state = 'accepted', accepted_as = made.became,"
            f" version = version + 1, updated_at = %s FROM {made}"
            f" WHERE {table}.id = made.row_id AND {table}.state = 'open'",
            parameters,
        )
        return int(cursor.rowcount)


def cause_of(errors: Sequence[Issue]) -> str:
    """The first error as "code/field", by which rows with the same fault are found."""
    if not errors:
        return ""
    code, field = errors[0].code, errors[0].pointer.split("/")[1:2]
    is_ours = bool(field) and code not in _NAMED_BY_SENDER
    return (f"{code}/{field[0]}" if is_ours else code)[:_CAUSE_LENGTH]


def reference_of(raw: Any) -> str:
    """The client reference of a row as it came, trimmed as an accepted one is.

    Empty when it has none that a row could bring again: none at all, no text, or too long.
    """
    given = raw.get("client_reference") if isinstance(raw, dict) else None
    reference = storable_text(given).strip() if isinstance(given, str) else ""
    return reference if len(reference) <= _REFERENCE_LENGTH else ""
