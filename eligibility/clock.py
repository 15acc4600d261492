"""The database's clock, in the SQL of each database.

All times that decide who may touch a row, and whether announced rules hold, come from here, so a
machine whose own clock is wrong cannot take a row that is not its. Percent signs stand twice: what
is made here is executed with a list of parameters, be it an empty one.
"""

from __future__ import annotations

from django.db import connection


def now() -> str:
    """The moment of the statement, not of the transaction's start.

    Not clock_timestamp(): that may change from row to row, so no index can be searched by it.
    """
    if connection.vendor == "postgresql":
        return "statement_timestamp()"
    return "strftime('%%Y-%%m-%%d %%H:%%M:%%f','now')"


def now_plus(seconds: str) -> str:
    """The moment `seconds` (an SQL expression) from now."""
    if connection.vendor == "postgresql":
        return f"statement_timestamp() + ({seconds}) * interval '1 second'"
    return f"strftime('%%Y-%%m-%%d %%H:%%M:%%f','now',(({seconds}) || ' seconds'))"


def now_after(column: str) -> str:
    """Now, and never before `column`, also when the clock was set back meanwhile."""
    most = "GREATEST" if connection.vendor == "postgresql" else "MAX"
    return f"{most}({now()}, {column})"


def seconds_since(column: str) -> str:
    """How many seconds ago `column` was, as a number."""
    if connection.vendor == "postgresql":
        return f"EXTRACT(EPOCH FROM statement_timestamp() - {column})::float8"
    return f"((julianday('now') - julianday({column})) * 86400.0)"


def milliseconds_since(column: str) -> str:
    """The same in whole milliseconds, never below zero nor above what a column holds."""
    if connection.vendor == "postgresql":
        return f"LEAST(GREATEST({seconds_since(column)} * 1000, 0), 2147483647)::int"
    return f"CAST(MIN(MAX({seconds_since(column)} * 1000, 0), 2147483647) AS INTEGER)"
