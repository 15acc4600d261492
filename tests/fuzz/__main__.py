"""`python -m tests.fuzz [--database ...] [--cases N] [--minutes M] [--seed N] [--json FILE]`

Sends cases made from the API's schema to a portal of its own, as two teams in turns. Prints its
seed first, and ends with 1 when an answer was a server error, was not in the schema, or told one
team of the other.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from pathlib import Path
from typing import Any

from tests.cluster import Missing
from tests.postgres import in_ci

ROUND = 20
"""Cases of an operation before the next one's turn; after each round the teams get new rows."""


def main(arguments: list[str] | None = None) -> int:
    """Fuzz; 0 when nothing was found."""
    given = _parser().parse_args(arguments)
    number = secrets.randbelow(1_000_000) if given.seed is None else given.seed
    print(f"seed {number}: {given.cases:,} cases, {given.database}", flush=True)
    try:
        record = play(given.database, number, given.cases, given.minutes, given.log)
    except Missing as reason:
        print(f"{'failed' if in_ci() else 'skipped'}: {reason}", file=sys.stderr)
        return 1 if in_ci() else 0
    if given.json:
        given.json.write_text(json.dumps(record, indent=1) + "\n")
    _print(record)
    return 1 if record["failures"] else 0


def play(
    database: str, number: int, cases: int, minutes: float, log: Path | None = None
) -> dict[str, Any]:
    """The record of so many cases. Once in a process."""
    from tests.fuzz.stage import serving

    began = time.monotonic()
    with serving(database, log) as address:
        from tests.fuzz.peers import furnish, make_peers
        from tests.fuzz.run import Rounds

        peers = make_peers(address)
        rounds = Rounds(address, peers, number)
        while rounds.findings.cases < cases and time.monotonic() - began < minutes * 60:
            rounds.play(min(ROUND, max(cases // len(rounds.operations), 1)))
            for peer in peers:
                furnish(peer, address)
        return rounds.record() | {
            "database": database,
            "seed": number,
            "seconds": round(time.monotonic() - began, 1),
        }


def _print(record: dict[str, Any]) -> None:
    print(f"{record['cases']:,} cases of {len(record['operations'])} operations in")
    print(f"{record['seconds']} s, {record['foreign']:,} about the other team's rows")
    print("answers: " + ", ".join(f"{n:,} x {s}" for s, n in sorted(record["answers"].items())))
    for name, count in sorted(record["failures"].items()):
        print(f"\nFAILED {count} x {name}\n{record['shown'][name]}")
    print("nothing found" if not record["failures"] else f"{len(record['failures'])} kinds found")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="postgres")
    parser.add_argument("--seed", type=int, help="of the cases; default: a new one")
    parser.add_argument("--cases", type=int, default=2_000)
    parser.add_argument("--minutes", type=float, default=60.0, help="no new round after these")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the raw record")
    parser.add_argument("--log", type=Path, metavar="FILE", help="what the server said")
    return parser


if __name__ == "__main__":
    sys.exit(main())
