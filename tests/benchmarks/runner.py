"""Draining: worker processes against a payer that takes 50 ms, 100 calls in flight at a time.

floor: the time that the rows would take if every slot were always in use, where the latency is what
the payer takes when a bare aiohttp client asks it, 100 at a time, in the same run. drain: one or
two worker processes on one lane of 100 slots; each row is claimed, its intent committed, asked, its
result, attempt and events written. wide: two processes on two such lanes. job: the ordinary way
(one_job.py), a django-q2 job for each row, on fewer rows; its floor is that of its own rows.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.conf import settings

from eligibility.models import EligibilityTask
from tests.benchmarks import one_job
from tests.benchmarks.bare_client import bare_calls
from tests.benchmarks.cast import Cast, make_cast
from tests.benchmarks.database import versions
from tests.benchmarks.lane_rows import empty, make_lanes, put_in_line, unfinished
from tests.benchmarks.measure import MOST_SPREAD, Record
from tests.benchmarks.quick_payer import quick_payer
from tests.benchmarks.report import with_verdict
from tests.benchmarks.worker import drain_with, waiting_workers

ROWS = (20_000,)
SAMPLES = 3
LATENCY = 0.05
SLOTS = 100
JOB = "runner.job"
ENOUGH = 10_000
"""Fewer rows than this run one course only: a short look, as a test takes it."""
JOBS_PER_ROW = 40
"""How many rows the lanes get for each one that gets a job of its own."""
LEAST_SHARE = {1: 0.9, 2: 0.8}
"""Of the pace that the payer allows, by the number of workers."""
MOST_CPU = 200.0
"""Microseconds of a whole worker for each row."""


@dataclass(frozen=True, slots=True)
class Course:
    """One way to run: so many worker processes on so many lanes."""

    name: str
    workers: int
    lanes: int


COURSES = (
    Course("runner.drain.one", 1, 1),
    Course("runner.drain.two", 2, 1),
    Course("runner.drain.wide", 2, 2),
)


@dataclass(slots=True)
class Run:
    """What one run took: seconds by the clock, and processor microseconds for each row.

    `sql_us` is the share of the thread that claims and writes, `bare_us` what a call costs the
    bare client.
    """

    seconds: float
    floor: float
    latency: float
    cpu_us: float = 0.0
    sql_us: float = 0.0
    bare_us: float = 0.0


def measure(db: str, row_counts: Sequence[int], samples: int) -> list[Record]:
    """The records of each course and of the jobs, for each number of rows."""
    cast = make_cast()
    make_lanes(most=max(course.lanes for course in COURSES), slots=SLOTS)
    records = []
    with quick_payer(LATENCY) as payer:
        settings.SYNTHETIC_PAYER_URL = payer.url
        os.environ["SYNTHETIC_PAYER_URL"] = payer.url
        for rows in row_counts:
            runs: dict[str, list[Run]] = {}
            for turn in range(samples):
                for course in _in_turn(COURSES if rows >= ENOUGH else COURSES[:1], turn):
                    runs.setdefault(course.name, []).append(_drain(cast, course, rows))
                if rows >= ENOUGH:
                    runs.setdefault(JOB, []).append(_jobs(cast, rows // JOBS_PER_ROW))
            records += _records(db, rows, runs)
    return records


def _in_turn(courses: Sequence[Course], turn: int) -> Sequence[Course]:
    shift = turn % len(courses)
    return (*courses[shift:], *courses[:shift])


def _drain(cast: Cast, course: Course, rows: int) -> Run:
    """One run; every row must have its answer in the end."""
    empty()
    with waiting_workers(settings.SYNTHETIC_PAYER_URL, course.workers) as workers:
        put_in_line(cast, rows, lanes=course.lanes)
        bare = bare_calls(settings.SYNTHETIC_PAYER_URL, SLOTS)
        seconds, said = drain_with(workers)
    assert sum(facts["rows"] for facts in said) >= rows, said
    assert not unfinished()
    return Run(
        seconds,
        floor=rows * bare.latency / (SLOTS * course.lanes),
        latency=bare.latency,
        cpu_us=sum(facts["cpu_s"] for facts in said) / rows * 1e6,
        sql_us=sum(facts["sql_cpu_s"] for facts in said) / rows * 1e6,
        bare_us=bare.cpu_us,
    )


def _jobs(cast: Cast, rows: int) -> Run:
    put_in_line(cast, rows, lanes=1)
    latency = bare_calls(settings.SYNTHETIC_PAYER_URL, SLOTS).latency
    seconds = one_job.run_all(list(EligibilityTask.objects.values_list("pk", flat=True)))
    assert not unfinished()
    return Run(seconds, floor=rows * latency / SLOTS, latency=latency)


def _records(db: str, rows: int, runs: dict[str, list[Run]]) -> list[Record]:
    floors = [run.floor for run in runs[COURSES[0].name]]
    facts: dict[str, Any] = {
        "noisy": max(floors) > MOST_SPREAD * min(floors),
        "cores": os.cpu_count(),
    }
    facts |= {"load": [round(each, 2) for each in os.getloadavg()], "slots": SLOTS, **versions()}
    found = []
    for course in COURSES:
        if course.name in runs:
            record = _record(course.name, db, rows, runs[course.name]) | facts
            goals = {"share": LEAST_SHARE[course.workers], "cpu_us": MOST_CPU}
            found.append(with_verdict(record | {"workers": course.workers}, goals))
    if JOB in runs:
        found.append(_record(JOB, db, rows // JOBS_PER_ROW, runs[JOB]) | facts)
    return found


def _record(name: str, db: str, rows: int, runs: Sequence[Run]) -> dict[str, Any]:
    seconds, floor = (median(getattr(run, of) for run in runs) for of in ("seconds", "floor"))
    shares = [run.floor / run.seconds for run in runs]
    return {
        "name": name,
        "db": db,
        "rows": rows,
        "ratio": round(1 / median(shares), 3),
        "median_ms": round(seconds * 1000, 2),
        "floor_ms": round(floor * 1000, 2),
        "samples": [round(run.seconds * 1000, 2) for run in runs],
        "share": round(median(shares), 3),
        "shares": [round(share, 3) for share in shares],
        "rows_per_second": round(rows / seconds),
        "nominal_ms": LATENCY * 1000,
        "measured_ms": [round(run.latency * 1000, 2) for run in runs],
        "cpu_us": round(median(run.cpu_us for run in runs), 1),
        "cpu_samples": [round(run.cpu_us, 1) for run in runs],
        "sql_us": round(median(run.sql_us for run in runs), 1),
        "bare_us": round(median(run.bare_us for run in runs), 1),
    }
