"""Whether a claim costs more where many rows are due: 100 rows of a long line and of a short one.

Both lines stand in one table, in the same ten batches, so that only their length differs; each
claim is taken back. The floor is the short line's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import connection, transaction

from eligibility.engine.claim import claim
from eligibility.engine.intents import write_intents
from eligibility.models import Connection, EligibilityTask
from tests.benchmarks.cast import make_cast
from tests.benchmarks.database import versions
from tests.benchmarks.lane_rows import VACUUM, make_lanes, put_in_line
from tests.benchmarks.measure import Contender, Record, as_records, take_turns
from tests.benchmarks.report import with_verdict

ROWS = (10_000, 100_000)
SAMPLES = 21
CLAIMED = 100
SHORT = 1_000
MOST_TIMES = 1.5
"""A plan that walks the line costs a hundred times as much; so much is noise."""


def measure(db: str, row_counts: Sequence[int], samples: int) -> list[Record]:
    """Two records for each number of rows: the short line and the long one."""
    cast, records = make_cast(), []
    make_lanes(most=2, slots=CLAIMED)
    long, short = Connection.objects.order_by("pk")[:2]
    for rows in row_counts:
        put_in_line(cast, rows, lanes=1)
        _shorten(short, rows)
        contenders = [
            _contender("engine.claim.short", short, leave_out=long),
            _contender("engine.claim", long, leave_out=short),
        ]
        taken = take_turns(contenders, samples, _tidy)
        found = as_records(taken, floor="engine.claim.short", db=db, rows=rows, facts=versions())
        records += [found[0], with_verdict(found[1], {"ratio": MOST_TIMES})]
    return records


def _shorten(lane: Connection, rows: int) -> None:
    """Give this lane a few rows of each batch."""
    batches = max(1, rows // 10_000)
    few = EligibilityTask.objects.filter(line__lte=SHORT // batches)
    few.update(connection=lane, payer=lane.payer)
    _tidy()


def _tidy() -> None:
    with connection.cursor() as cursor:
        cursor.execute(VACUUM[connection.vendor])


def _contender(name: str, lane: Connection, *, leave_out: Connection) -> Contender:
    def run(take: Callable[[], int]) -> None:
        assert take() == CLAIMED

    def take() -> int:
        with transaction.atomic():
            claimed = claim("bench:1", most=CLAIMED, leave_out=frozenset([leave_out.pk]))
            assert {row.lane.id for row in claimed} == {lane.pk}
            write_intents(claimed, "bench:1")
            transaction.set_rollback(True)
        return len(claimed)

    return Contender(name, lambda: take, run)
