"""A CSV file of practitioners, ten times as many as the most rows asked for, through the command's
own operation: whether the last ten thousand take as long as the first, and what memory it costs.

Each sample is one tenth of the file. The floor is their median, so the ratio says how much slower
the slowest tenth is. Memory is what the process holds at the end beyond what it held after the
first tenth.
"""

from __future__ import annotations

import io
import os
import resource
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from portal.intake.luhn import luhn_digit
from portal.models import Team
from records.importers.report import RecordReport
from records.models import Integration
from records.operations.filing import Watch, Wishes
from records.operations.imports import import_practitioners
from tests.benchmarks.database import versions
from tests.benchmarks.measure import Record
from tests.benchmarks.report import with_verdict

PARTS = 10
MOST_GROWTH = 50.0
"""MiB that the process may grow by between the first tenth and the last."""
STEADY = 1.5
"""The most that the slowest tenth may take, as a multiple of the median one."""
INTEGRATION = "5eb7cf5a86d9755df3a6c593"
HEADER = (
    "logicalId,npi,name,gender,status,qualification,languages,specialties.0.code,"
    "specialties.0.name,locations.0.locationId,locations.0.locationName,workingHours\n"
)


def measure(db: str, row_counts: Sequence[int], samples: int) -> list[Record]:
    """One record, `records.import`; one run, whatever the number of samples."""
    rows = max(row_counts) * PARTS
    team = Team.objects.create(name="Bench")
    Integration.objects.create(pk=INTEGRATION, team=team, name="Bench")
    watching = _Watching(rows // PARTS)
    wishes = Wishes(team=team, integration_id=INTEGRATION)
    import_practitioners(_file(100, "warm"), wishes, name="warm.csv")
    watching.begin()
    report = import_practitioners(
        _file(rows, "row"), wishes, name="rows.csv", watch=Watch(progress=watching.look)
    )
    assert (report.created, report.rejected) == (rows, 0), report.errors
    return [_record(db, rows, watching)]


def _file(rows: int, name: str) -> io.BytesIO:
    text = io.BytesIO()
    text.write(HEADER.encode())
    for number in range(rows):
        npi = f"{100_000_000 + number}"
        text.write(
            f"{name}-{number},{npi}{luhn_digit('80840' + npi)},Dr. Amna Haddad {number},female,"
            f"active,MD,en|ar,"
            f'207Q00000X,Family Medicine,L-{number % 50},Marina,"mon=09:00-12:30,13:30-17:00|'
            'tue=09:00-17:00"\n'.encode()
        )
    text.seek(0)
    return text


class _Watching:
    """Takes the time and the memory at each tenth."""

    def __init__(self, part: int) -> None:
        self._part = part
        self.times: list[float] = []
        self.worked: list[float] = []
        self.held: list[float] = []

    def begin(self) -> None:
        """From here on."""
        self._since, self._worked = time.perf_counter(), time.process_time()

    def look(self, report: RecordReport) -> None:
        """After each chunk."""
        if report.rows < self._part * (len(self.times) + 1):
            return
        now, worked = time.perf_counter(), time.process_time()
        self.times.append((now - self._since) * 1000)
        self.worked.append((worked - self._worked) * 1000)
        self.held.append(_megabytes())
        self._since, self._worked = now, worked

    @property
    def is_steady(self) -> bool:
        """Whether each tenth took about the same work, whatever the machine did beside it."""
        return max(self.worked) <= STEADY * median(self.worked)

    @property
    def growth(self) -> float:
        """MiB between the first tenth and the most after it."""
        return max(self.held) - self.held[0]


def _megabytes() -> float:
    """What the process holds now; on other systems than Linux, the most it ever held."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _record(db: str, rows: int, watching: _Watching) -> Record:
    middle = median(watching.times)
    per_second = [round(rows / PARTS / each * 1000) for each in watching.times]
    record = {
        "name": "records.import",
        "db": db,
        "rows": rows,
        "ratio": round(max(watching.times) / middle, 3),
        "median_ms": round(middle, 2),
        "floor_ms": round(middle, 2),
        "samples": [round(each, 2) for each in watching.times],
        "rows_per_second": per_second,
        "growth_mib": round(watching.growth, 1),
        "goals_mib": MOST_GROWTH,
        "cpu_ms": [round(each, 2) for each in watching.worked],
        # Our own work was steady: what slowed the clock was somebody else's.
        "noisy": max(watching.times) > STEADY * middle and watching.is_steady,
        "load": [round(each, 2) for each in os.getloadavg()],
        "cores": os.cpu_count(),
        **versions(),
    }
    judged = with_verdict(record, {"ratio": STEADY})
    if watching.growth > MOST_GROWTH:
        judged["verdict"] = f"missed: grew by {watching.growth:.0f} MiB"
    return judged
