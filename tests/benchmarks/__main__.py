"""`python -m tests.benchmarks [all|NAME] [--db ...] [--rows N ...] [--samples N] [--json FILE]`

Measures and prints one table; FILE gets the records with every sample. Each database is measured
in a process of its own. The exit code says whether everything was measured, not how fast it was:
a test holds the ratios.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.database import DATABASES, fresh_database
from tests.benchmarks.measure import Record
from tests.benchmarks.report import table
from tests.cluster import Missing
from tests.postgres import in_ci

BENCHMARKS = {
    "api": "tests.benchmarks.api",
    "bulk": "tests.benchmarks.bulk",
    "engine.claim": "tests.benchmarks.claiming",
    "lists": "tests.benchmarks.lists",
    "records.bulk": "tests.benchmarks.records",
    "records.import": "tests.benchmarks.record_file",
    "runner.drain": "tests.benchmarks.runner",
    "runner.forecast": "tests.benchmarks.forecast",
}
"""Name → module. Its `measure(db, row_counts, samples)` is called on a fresh database; a module's
own ROWS and SAMPLES stand for the numbers that were not asked for."""

ROWS = (1_000, 10_000)
SAMPLES = 7


def main(arguments: list[str] | None = None) -> int:
    """Measure what is asked for; 1 when something could not be measured."""
    given = _parser().parse_args(arguments)
    names = list(BENCHMARKS) if given.name == "all" else [given.name]
    if len(names) == 1 and given.db:
        records = _measure(names[0], given.db, given.rows, given.samples)
    else:
        databases = [given.db] if given.db else DATABASES
        records = [
            record
            for name in names
            for db in databases
            for record in _in_a_process(name, db, given.rows, given.samples)
        ]
    if given.json:
        given.json.write_text(json.dumps(records, indent=1) + "\n")
    if records and not given.quiet:
        print(table(records))
    return 0 if records else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", default="all", choices=["all", *BENCHMARKS])
    parser.add_argument("--db", choices=DATABASES, help="default: both")
    parser.add_argument("--rows", type=int, nargs="+", default=[], metavar="N")
    parser.add_argument("--samples", type=int, default=0, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--quiet", action="store_true", help="no table")
    return parser


def _measure(name: str, db: str, rows: list[int], samples: int) -> list[Record]:
    try:
        with fresh_database(db):
            module = importlib.import_module(BENCHMARKS[name])
            rows = rows or list(getattr(module, "ROWS", ROWS))
            samples = samples or getattr(module, "SAMPLES", SAMPLES)
            records: list[Record] = module.measure(db, rows, samples)
            return records
    except Missing as reason:
        print(f"{'failed' if in_ci() else 'skipped'}: {reason}", file=sys.stderr, flush=True)
        return []


def _in_a_process(name: str, db: str, rows: list[int], samples: int) -> list[Record]:
    """Measure in a child: Django has one configuration for each process."""
    print(f"measuring {name} on {db} ...", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "records.json"
        options = ["--db", db, "--samples", str(samples), "--json", str(file), "--quiet"]
        command = [sys.executable, "-m", "tests.benchmarks", name, *options]
        counts = ["--rows", *map(str, rows)] if rows else []
        subprocess.run([*command, *counts], check=False)
        found: list[Record] = json.loads(file.read_text()) if file.exists() else []
        return found


if __name__ == "__main__":
    sys.exit(main())
