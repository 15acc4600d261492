"""A table of tasks as it is after some days: so many rows that a plan is chosen for a reason."""

from __future__ import annotations

from django.db import connection

from eligibility.models import Connection, EligibilityTask
from tests.copying import copy_row
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
            copy_row(row, count, {"reference_key": "NULL", **fields})
        with connection.cursor() as cursor:
            for model in (EligibilityTask, Connection):
                cursor.execute(f"ANALYZE {model._meta.db_table}")
