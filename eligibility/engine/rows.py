"""Small tools for writing sets of rows in the SQL of each database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from pydantic_core import to_json

from eligibility.announce.tasks import announce
from eligibility.models import TaskEvent
from portal.intake.insert import insert_rows

TASK = "eligibility_eligibilitytask"
"""The table; written out because SQLite knows no alias in RETURNING."""

Event = tuple[UUID, str, str, str, str]
Hold = tuple[UUID, int]
"""A row's id and the fence it is held under."""


def database_uuid(value: UUID) -> Any:
    """A UUID as a raw statement takes it: SQLite stores 32 hex characters."""
    return value if connection.vendor == "postgresql" else value.hex


def python_uuid(value: Any) -> UUID:
    """A UUID as a raw statement gave it."""
    return value if isinstance(value, UUID) else UUID(hex=value)


def recordset(columns: Mapping[str, str]) -> str:
    """Rows that come as one parameter made by `as_records`: `FROM …` this; PostgreSQL only.

    `columns` are names and types. One statement for a group of rows, and one parameter in it:
    the driver quotes parameters one by one, arrays element by element.
    """
    said = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    return f"json_to_recordset(%s) AS v({said})"


def as_records(names: Iterable[str], rows: Iterable[Sequence[Any]]) -> str:
    """The parameter of a `recordset`. What is no JSON value goes as its text (UUIDs)."""
    names = tuple(names)
    return to_json([dict(zip(names, row, strict=True)) for row in rows]).decode()


def among(column: str) -> str:
    """That a UUID column is one of those in the parameter that `many_uuids` makes."""
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s::uuid[])"
    return f"{column} IN (SELECT value FROM json_each(%s))"


def many_uuids(ids: Iterable[UUID]) -> Any:
    """Any number of ids as one parameter: both databases limit the number of those."""
    if connection.vendor == "postgresql":
        return list(ids)
    return json.dumps([each.hex for each in ids])


def add_events(events: Sequence[Event]) -> None:
    """Write one event per move: (task id, before, after, actor, note), and tell who listens.

    To be called when the rows are as the moves leave them, in the same transaction.
    """
    if not events:
        return
    now = timezone.now()
    insert_rows(
        TaskEvent,
        ("task_id", "before", "after", "actor", "note", "at"),
        [
            (task_id, str(before), str(after), actor, note, now)
            for task_id, before, after, actor, note in events
        ],
    )
    announce(events)
