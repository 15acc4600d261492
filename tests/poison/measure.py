"""How much poison rows delay the good ones: two runs side by side, with and without.

`python -m tests.poison.measure [--rows 1000] [--latency 1.0] [--in-flight 30]` on the database of
DATABASE_URL (a throw-away one: `python -m tests.postgres -- …`), or on a SQLite file of its own.
Prints one JSON object; ends with 1 when the delay is above the goal or a good row failed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

GOAL = 1.10


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="python -m tests.poison.measure", description=__doc__)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--latency", type=float, default=1.0, help="seconds of a good answer")
    parser.add_argument("--in-flight", type=int, default=30)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        url = os.environ.get("DATABASE_URL") or f"sqlite:///{Path(directory) / 'portal.sqlite3'}"
        set_up(url)
        return _measure(url, given.rows, given.latency, given.in_flight)


def set_up(url: str) -> None:
    """Give this process Django on that database, with its tables."""
    os.environ["DATABASE_URL"] = url
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.poison.settings"
    import django
    from django.core.management import call_command

    import tests.environment  # noqa: F401 (fixes the environment)

    django.setup()
    call_command("migrate", verbosity=0)


def _measure(url: str, rows: int, latency: float, in_flight: int) -> int:
    from tests.eligibility.test_workers import workers
    from tests.poison.connector import KINDS
    from tests.poison.runs import SETTINGS_MODULE, make_poison_lane, run

    lane = make_poison_lane(latency=latency, in_flight=in_flight)
    with workers(url, DJANGO_SETTINGS_MODULE=SETTINGS_MODULE):
        without = run(lane, rows, (), within=1200.0)
        with_poison = run(lane, rows, KINDS, within=1200.0)
    ratio = with_poison.seconds / without.seconds
    print(
        json.dumps(
            {
                "without": asdict(without),
                "with": asdict(with_poison),
                "delay": round(ratio - 1, 4),
                "goal": round(GOAL - 1, 2),
                "latency": latency,
                "in_flight": in_flight,
            },
            indent=1,
        )
    )
    return 0 if ratio <= GOAL and with_poison.good == rows else 1


if __name__ == "__main__":
    sys.exit(main())
