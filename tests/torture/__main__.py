"""`python -m tests.torture [--database sqlite|postgres|both] [--seed N] [--rows N] [--kills N]
[--minutes M] [--json FILE] [--log FILE]`

Plays the campaign of faults on each database in a process of its own, prints its seed first and
its judgement last. Ends with 1 when a promise was broken or a fault never struck. Only processes
that it started are struck, each by its id.
"""

from __future__ import annotations

import argparse
import json
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.cluster import Missing
from tests.postgres import in_ci

DATABASES = ("sqlite", "postgres")


def main(arguments: list[str] | None = None) -> int:
    """Play what is asked for; 0 when every promise was kept."""
    given = _parser().parse_args(arguments)
    seed = secrets.randbelow(1_000_000) if given.seed is None else given.seed
    if given.database == "both":
        records = [record for name in DATABASES for record in _in_a_process(name, seed, given)]
    else:
        records = _play(given.database, seed, given)
    if given.json:
        given.json.write_text(json.dumps(records, indent=1) + "\n")
    return 1 if any(record["violations"] for record in records) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--database", choices=[*DATABASES, "both"], default="both")
    parser.add_argument("--seed", type=int, help="of the faults and rows; default: a new one")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=8.0, help="of faults, for each database")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the raw records")
    parser.add_argument("--log", type=Path, metavar="FILE", help="what the processes said")
    return parser


def _play(database: str, seed: int, given: argparse.Namespace) -> list[dict[str, object]]:
    from tests.torture.report import summary

    print(f"seed {seed}: {given.rows:,} rows, {given.kills} kills, {database}", flush=True)
    try:
        from tests.torture.start import play

        record = play(database, seed, given.rows, given.kills, given.minutes * 60, given.log)
    except Missing as reason:
        print(f"{'failed' if in_ci() else 'skipped'}: {reason}", file=sys.stderr, flush=True)
        sys.exit(1 if in_ci() else 0)
    print(summary(record), flush=True)
    return [record]


def _in_a_process(database: str, seed: int, given: argparse.Namespace) -> list[dict[str, object]]:
    """Play in a child: Django has one configuration for each process."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "record.json"
        command = [sys.executable, "-m", "tests.torture", "--database", database]
        options = {"seed": seed, "rows": given.rows, "kills": given.kills}
        command += [part for name, value in options.items() for part in (f"--{name}", str(value))]
        command += ["--minutes", str(given.minutes), "--json", str(file)]
        ended = subprocess.run(command, check=False)
        if not file.exists() and ended.returncode:
            sys.exit(ended.returncode)
        found: list[dict[str, object]] = json.loads(file.read_text()) if file.exists() else []
        return found


if __name__ == "__main__":
    sys.exit(main())
