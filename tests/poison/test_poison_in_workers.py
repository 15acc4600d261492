"""Poison rows of every kind in real workers: they fail, and nobody else does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.eligibility.test_workers import assert_no_promise_is_broken, workers
from tests.poison.connector import KINDS
from tests.poison.runs import SETTINGS_MODULE, make_poison_lane, run

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.whole
@pytest.mark.sqlite_only  # the counting is tested on both, by tests/eligibility/engine/test_poison
def test_poison_rows_fail_after_three_crashes_and_no_good_row_fails_for_them(
    transactional_db: None, database_url: str
) -> None:
    lane = make_poison_lane(latency=0.05, in_flight=20)

    with workers(database_url, DJANGO_SETTINGS_MODULE=SETTINGS_MODULE, WORKER_MEMORY_MB="400"):
        ended = run(lane, 200, KINDS, within=120.0)

    assert ended.good == 200
    assert ended.most_crashes_of_good <= 2
    assert ended.poison == (("FILL-1", 3), ("KILL-0", 3), ("SPIN-2", 3))
    assert_no_promise_is_broken()


def test_memory_is_bounded_by_an_error_and_not_by_the_machine() -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "from eligibility.engine.workers.mortality import limit_memory\n"
            "limit_memory(200)\n"
            "try:\n    bytearray(400 * 1024 * 1024)\n"
            "except MemoryError:\n    print('refused')\n",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert told.stdout == "refused\n"
