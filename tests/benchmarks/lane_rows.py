"""Rows in line for the runner's benchmarks, stored by the request stack itself."""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import F
from django.test import Client

from eligibility.choices import FINAL
from eligibility.models import Connection, EligibilityTask
from tests.benchmarks.cast import Cast
from tests.benchmarks.rows import make_body

MOST_IN_A_REQUEST = 10_000
VACUUM = {"postgresql": "VACUUM ANALYZE eligibility_eligibilitytask", "sqlite": "ANALYZE"}
"""Not every table: PostgreSQL would plan for those that are still empty as if they stayed so."""
PATH = "/v2/api-integration/bulk/create-tasks"
EMPTIED = (
    "eligibility_taskevent",
    "eligibility_result",
    "eligibility_attempt",
    "eligibility_eligibilitytask",
    "django_q_ormq",
)


def make_lanes(*, most: int, slots: int) -> None:
    """Give the first `most` connections so many slots, and no limit that could slow them."""
    for lane in Connection.objects.order_by("pk")[:most]:
        lane.max_in_flight, lane.deadline = slots, 30.0
        lane.save()


def put_in_line(cast: Cast, rows: int, *, lanes: int) -> None:
    """Store so many rows and spread them over the first lanes, nothing else being there."""
    empty()
    client = Client(SERVER_NAME="localhost", headers={"authorization": f"Bearer {cast.key}"})
    for start in range(0, rows, MOST_IN_A_REQUEST):
        body = make_body(min(MOST_IN_A_REQUEST, rows - start), run=f"R{start}", seed=start + 1)
        response = client.post(PATH, body, content_type="application/json")
        assert response.status_code == 200, response.content[:500]
    _spread(list(Connection.objects.order_by("pk")[:lanes]))
    with connection.cursor() as cursor:
        cursor.execute(VACUUM[connection.vendor])


def _spread(lanes: list[Connection]) -> None:
    for number, lane in enumerate(lanes):
        rows = EligibilityTask.objects.alias(lane=F("line") % len(lanes)).filter(lane=number)
        rows.update(connection=lane, payer=lane.payer)


def empty() -> None:
    """Leave no row and no job."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(EMPTIED)} CASCADE")
        return
    # Row by row SQLite would look for who still points there, and not all pointers are indexed.
    disabled = connection.constraint_checks_disabled()
    with disabled, transaction.atomic(), connection.cursor() as cursor:
        for table in EMPTIED:
            cursor.execute(f"DELETE FROM {table}")


def unfinished() -> bool:
    """Whether some row has no answer."""
    return EligibilityTask.objects.exclude(status__in=FINAL).exists()
