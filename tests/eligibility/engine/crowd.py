"""A table of tasks as it is after some days: so many rows that a plan is chosen for a reason."""

from __future__ import annotations

from django.db import connection

from eligibility.models import Connection, EligibilityTask
from tests.eligibility.engine.helpers import make_lane, make_row

DONE = {
    "status": "'done'",
    "outcome": "'eligible'",
    "run_at": "NULL",
    "finished_at": "now() - n * interval '1 second'",
}
LATER = {"run_at": "now() + n * interval '1 second'"}
DUE = {"run_at": "now() - n * interval '1 second'"}


def make_crowd(
    lane: Connection | None = None, *, done: int = 3000, later: int = 300, due: int = 300
) -> None:
    """Rows of this lane or of another one, copied in the database; then its planner counts them.

    Only PostgreSQL chooses by numbers; elsewhere no row is made.
    """
    if connection.vendor == "postgresql":
        row = make_row(lane or make_lane(code="TPA099"))
        for count, fields in ((done, DONE), (later, LATER), (due, DUE)):
            _copy(row, count, fields)
        with connection.cursor() as cursor:
            for model in (EligibilityTask, Connection):
                cursor.execute(f"ANALYZE {model._meta.db_table}")


def _copy(row: EligibilityTask, count: int, fields: dict[str, str]) -> None:
    table = EligibilityTask._meta.db_table
    names = [str(field.column) for field in EligibilityTask._meta.concrete_fields]
    values = {"id": "gen_random_uuid()", "reference_key": "NULL", **fields}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)})"
            f" SELECT {', '.join(values.get(name, name) for name in names)}"
            f" FROM {table} CROSS JOIN generate_series(1, %s) AS n WHERE id = %s",
            [count, row.pk],
        )
