"""Wedge and orphan real workers ten times each, and print how long each recovery took.

`python -m tests.recovery.measure [--only wedged|orphaned]` on the database of DATABASE_URL (a
throw-away one: `python -m tests.postgres -- …`), or on a SQLite file of its own. Prints one JSON
object; ends with 1 when a recovery took longer than 90 seconds. About ten minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from tests.poison.measure import set_up


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="python -m tests.recovery.measure", description=__doc__)
    parser.add_argument("--only", choices=["wedged", "orphaned"])
    only = parser.parse_args().only
    with tempfile.TemporaryDirectory() as directory:
        url = os.environ.get("DATABASE_URL") or f"sqlite:///{Path(directory) / 'portal.sqlite3'}"
        set_up(url)
        from tests.recovery.faults import LONGEST

        measures = {"wedged": wedge, "orphaned": orphan}
        found = {name: each(url) for name, each in measures.items() if only in (None, name)}
        times = [seconds for each in found.values() for _, seconds in each]
        recovered = sum(seconds <= LONGEST for seconds in times)
        print(
            json.dumps(
                {
                    **found,
                    "recovered": recovered,
                    "of": len(times),
                    "limit": LONGEST,
                    "load": os.getloadavg(),
                }
            )
        )
        return 0 if recovered == len(times) else 1


def wedge(url: str) -> list[tuple[str, float]]:
    """(fault, seconds from the fault to the answer of a row that came after it), one command."""
    from tests.eligibility.test_workers import workers
    from tests.poison.runs import SETTINGS_MODULE, make_poison_lane
    from tests.recovery.faults import WEDGES, seconds_until_a_row_is_answered

    lane = make_poison_lane(latency=0.0, in_flight=10)
    found = []
    with workers(url, DJANGO_SETTINGS_MODULE=SETTINGS_MODULE) as running:
        for fault in WEDGES:
            seconds_until_a_row_is_answered(lane)
            fault(running)
            found.append((fault.__name__, round(seconds_until_a_row_is_answered(lane), 1)))
            print(*found[-1], file=sys.stderr, flush=True)
    return found


def orphan(url: str) -> list[tuple[str, float]]:
    """(fault, seconds until no process of the command is left), a command for each."""
    from tests.eligibility.test_workers import workers
    from tests.poison.runs import SETTINGS_MODULE
    from tests.recovery.faults import ORPHANINGS, seconds_until_gone

    found = []
    for fault in ORPHANINGS:
        with workers(url, DJANGO_SETTINGS_MODULE=SETTINGS_MODULE) as running:
            left = list(running.processes())
            fault(running)
            found.append((fault.__name__, round(seconds_until_gone(left), 1)))
            print(*found[-1], file=sys.stderr, flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
