"""How the database reads a page of a list, when one index in question is the only one there is."""

from __future__ import annotations

from typing import Any

from django.db import connection

TASKS = "eligibility_eligibilitytask"


def explained(rows: Any, index: str) -> str:
    """The plan of this list's first page, newest first.

    On PostgreSQL every other index of the tasks is taken away for this transaction, and sorting
    costs more than anything: among a handful of rows all indexes cost the same, so which of
    them is taken would be a matter of how full the table was before. What is left is the question
    that matters: does this index give these rows in this order?
    """
    newest = rows.order_by("-created_at", "-pk").values_list("created_at", "pk")[:50]
    sql, params = newest.query.sql_with_params()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        else:
            _leave_only(cursor, index)
            cursor.execute(f"EXPLAIN {sql}", params)
        return "\n".join(str(line) for line in cursor.fetchall())


def _leave_only(cursor: Any, index: str) -> None:
    """The transaction's end brings the others back."""
    cursor.execute(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass"
        " AND NOT indisunique AND indexrelid <> %s::regclass",
        [TASKS, index],
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f"DROP INDEX {name}")
    for way in ("seqscan", "bitmapscan", "sort"):
        cursor.execute(f"SET LOCAL enable_{way} = off")
