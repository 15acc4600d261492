"""How near a forecast comes: a real drain at a payer of 50 ms, ten calls in flight.

About a second into the run, when 200 rows have ended, the batch's finish is forecast; floor_ms is
the remaining time as it then was foreseen, median_ms what really remained. share: the smaller of
the two by the larger one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from statistics import median

from django.db.models import Max
from django.utils import timezone

from eligibility.choices import FINAL
from eligibility.engine.drain import Drain
from eligibility.engine.forecast.finishes import batch_finishes
from eligibility.engine.lane.measured import NEWEST
from eligibility.models import Batch, EligibilityTask
from tests.benchmarks.cast import make_cast
from tests.benchmarks.database import versions
from tests.benchmarks.lane_rows import make_lanes, put_in_line
from tests.benchmarks.measure import Record
from tests.benchmarks.quick_payer import quick_payer
from tests.benchmarks.report import with_verdict

ROWS = (2_000,)
SAMPLES = 3
LATENCY = 0.05
SLOTS = 10
LEAST_SHARE = 0.8
"""Within a quarter: 1 / 1.25."""


def measure(db: str, row_counts: Sequence[int], samples: int) -> list[Record]:
    """One record for each number of rows."""
    cast, records = make_cast(), []
    make_lanes(most=1, slots=SLOTS)
    with quick_payer(LATENCY) as payer:
        for rows in row_counts:
            runs = []
            for _ in range(samples):
                put_in_line(cast, rows, lanes=1)
                runs.append(_run(payer.url))
            records.append(_record(db, rows, runs))
    return records


def _run(payer_url: str) -> tuple[float, float]:
    """(foreseen, true) seconds that remained."""
    batch, seen = Batch.objects.order_by("-created_at")[0], list[tuple[datetime, datetime]]()

    def look() -> bool:
        rows = EligibilityTask.objects.filter(batch=batch, status__in=FINAL)
        if not seen and rows.count() >= NEWEST:
            now = timezone.now()
            found = batch_finishes([batch], now=now)[batch.pk].at
            assert found is not None
            seen.append((now, found))
        return True

    Drain(worker="bench:1", synthetic_url=payer_url, beat=look, time_box=60.0).run()
    ((asked_at, foreseen),) = seen
    ended = EligibilityTask.objects.filter(batch=batch).aggregate(last=Max("finished_at"))["last"]
    return (foreseen - asked_at).total_seconds(), (ended - asked_at).total_seconds()


def _record(db: str, rows: int, runs: Sequence[tuple[float, float]]) -> Record:
    shares = [min(foreseen, true) / max(foreseen, true) for foreseen, true in runs]
    record = {
        "name": "runner.forecast",
        "db": db,
        "rows": rows,
        "ratio": round(median(true / foreseen for foreseen, true in runs), 3),
        "median_ms": round(median(true for _, true in runs) * 1000, 2),
        "floor_ms": round(median(foreseen for foreseen, _ in runs) * 1000, 2),
        "samples": [round(true * 1000, 2) for _, true in runs],
        "share": round(median(shares), 3),
        "shares": [round(share, 3) for share in shares],
        "noisy": False,
        "load": [round(each, 2) for each in os.getloadavg()],
        "cores": os.cpu_count(),
        **versions(),
    }
    return with_verdict(record, {"share": LEAST_SHARE})
