"""Contenders run in turns in one process, so that a busy moment of the machine hits them all."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

MOST_SPREAD = 1.5
"""A floor whose slowest sample takes more than this times its fastest is not a floor."""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to do the work. `prepare` makes its input and is not timed, `run` is."""

    name: str
    prepare: Callable[[], Any]
    run: Callable[[Any], object]


def take_turns(
    contenders: Sequence[Contender], samples: int, reset: Callable[[], None]
) -> dict[str, list[float]]:
    """Milliseconds of every run by contender, after one round that warms up and is not counted.

    Each round starts with another contender; `reset` and a garbage collection precede each run.
    """
    taken: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for turn in range(samples + 1):
        shift = turn % len(contenders)
        for contender in (*contenders[shift:], *contenders[:shift]):
            milliseconds = _one_run(contender, reset)
            if turn:
                taken[contender.name].append(milliseconds)
    return taken


def _one_run(contender: Contender, reset: Callable[[], None]) -> float:
    work = contender.prepare()
    reset()
    gc.collect()
    start = time.perf_counter()
    contender.run(work)
    return (time.perf_counter() - start) * 1000


def as_records(
    taken: dict[str, list[float]], *, floor: str, db: str, rows: int, facts: Record
) -> list[Record]:
    """One record for each contender, against the median of the contender named `floor`."""
    floor_ms = median(taken[floor])
    noisy = max(taken[floor]) > MOST_SPREAD * min(taken[floor])
    return [
        {
            "name": name,
            "db": db,
            "rows": rows,
            "ratio": round(median(times) / floor_ms, 3),
            "median_ms": round(median(times), 2),
            "floor_ms": round(floor_ms, 2),
            "samples": [round(each, 2) for each in times],
            "noisy": noisy,
            "load": [round(each, 2) for each in os.getloadavg()],
            "cores": os.cpu_count(),
            **facts,
        }
        for name, times in taken.items()
    ]
