"""Keep the rows that could not be accepted, so that people can fix them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

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


def mark_accepted(made: Sequence[tuple[RejectedRow, str]]) -> int:
    """Settle rows, which the caller has locked open, as what was made of them (row, its id).

    One statement however many they are; each row's version rises by one. What is made may have
    superseded the row itself, by its reference, on the way: it is accepted all the same. The
    submission's counts are the caller's to move.
    """
    table, now = RejectedRow._meta.db_table, timezone.now()
    facts = [(row.pk, became, row.version + 1) for row, became in made]
    if connection.vendor == "postgresql":
        source = "unnest(%s::uuid[], %s::text[], %s::int[]) AS made (row_id, became, version)"
        parameters: list[Any] = (
            [now, *map(list, zip(*facts, strict=True))] if facts else [now, [], [], []]
        )
    else:
        columns = "'$[0]') AS row_id, ", "'$[1]') AS became, ", "'$[2]') AS version"
        picked = "".join(f"json_extract(value, {column}" for column in columns)
        source = f"(SELECT {picked} FROM json_each(%s)) AS made"
        plain = [[row_id.hex, became, version] for row_id, became, version in facts]
        parameters = [connection.ops.adapt_datetimefield_value(now), json.dumps(plain)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET state = 'accepted', accepted_as = made.became,"
            f" version = made.version, updated_at = %s FROM {source}"
            f" WHERE {table}.id = made.row_id",
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
