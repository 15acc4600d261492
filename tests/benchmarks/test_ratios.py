from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import Missing, binaries, unprivileged_user
from tests.postgres import in_ci

ROWS = 1_000
SLACK = 2.0
MOST_SECONDS = 300
USUAL_CALL = 110.0
"""Processor microseconds that a bare call costs where the goals were set: a slower machine may
take as much longer for a row."""
NAMES = ["bulk.floor", "bulk.drf", "bulk.ours"]

pytestmark = [pytest.mark.bench, pytest.mark.whole]
by_the_clock = pytest.mark.alone
"""Whoever counts processor time needs no machine of its own."""


def measured(name: str, db: str, file: Path, *, samples: int = 3) -> dict[str, dict[str, Any]]:
    """The records of a short run, by name."""
    command = [sys.executable, "-m", "tests.benchmarks", name, "--db", db, "--json", str(file)]
    command += ["--rows", str(ROWS), "--samples", str(samples)]
    subprocess.run(command, check=True, timeout=MOST_SECONDS)
    return {record["name"]: record for record in json.loads(file.read_text())}


def skip_without_postgres() -> None:
    if os.environ.get("TEST_POSTGRES_URL"):
        return
    try:
        binaries()
        unprivileged_user()
    except Missing as reason:
        if in_ci():
            raise
        pytest.skip(str(reason))


@by_the_clock
@pytest.mark.parametrize("db", ["sqlite", "postgres"])
def test_bulk_create_keeps_its_distance_to_the_bare_insert(db: str, tmp_path: Path) -> None:
    if db == "postgres":
        skip_without_postgres()
    records = measured("bulk", db, tmp_path / "records.json")
    assert list(records) == NAMES
    ours = records["bulk.ours"]
    assert ours["ratio"] <= SLACK * ours["goals"]["ratio"], ours["samples"]
    assert ours["faster_than"]["bulk.drf"] >= ours["goals"]["bulk.drf"] / SLACK, ours["samples"]
    check_each(records, db, floor="bulk.floor")


@by_the_clock
@pytest.mark.parametrize("db", ["sqlite", "postgres"])
def test_bulk_create_of_records_keeps_its_distance_to_the_bare_insert(
    db: str, tmp_path: Path
) -> None:
    if db == "postgres":
        skip_without_postgres()
    records = measured("records.bulk", db, tmp_path / "records.json")
    assert list(records) == ["records.bulk.floor", "records.bulk.ours"]
    ours = records["records.bulk.ours"]
    assert ours["ratio"] <= SLACK * ours["goals"]["ratio"], ours["samples"]
    check_each(records, db, floor="records.bulk.floor")


@pytest.mark.parametrize("db", ["sqlite", "postgres"])
def test_a_file_of_records_comes_in_at_a_steady_rate_in_little_memory(
    db: str, tmp_path: Path
) -> None:
    if db == "postgres":
        skip_without_postgres()
    (record,) = measured("records.import", db, tmp_path / "records.json").values()
    assert (record["rows"], len(record["samples"])) == (10 * ROWS, 10)
    worked = sorted(record["cpu_ms"])
    assert worked[-1] <= SLACK * record["goals"]["ratio"] * worked[5], record["cpu_ms"]
    assert record["growth_mib"] <= record["goals_mib"]


@pytest.mark.parametrize(("db", "slack"), [("sqlite", 2 * SLACK), ("postgres", 1.5 * SLACK)])
def test_a_drained_row_costs_a_worker_little_beyond_the_call(
    db: str, slack: float, tmp_path: Path
) -> None:
    if db == "postgres":
        skip_without_postgres()
    (record,) = measured("runner.drain", db, tmp_path / "records.json", samples=1).values()
    assert (record["name"], record["rows"], record["workers"]) == ("runner.drain.one", ROWS, 1)
    goal = record["goals"]["cpu_us"] / USUAL_CALL  # SQLite's own work is done in the worker, too
    assert record["cpu_us"] <= slack * goal * record["bare_us"], record["cpu_samples"]
    assert record["share"] <= 1.1, "faster than the payer allows"


def check_each(records: dict[str, dict[str, Any]], db: str, *, floor: str) -> None:
    for record in records.values():
        assert (record["db"], record["rows"], len(record["samples"])) == (db, ROWS, 3)
        assert min(record["samples"]) <= record["median_ms"] <= max(record["samples"])
        assert record["floor_ms"] == records[floor]["median_ms"]
    assert records[floor]["ratio"] == 1.0
