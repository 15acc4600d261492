"""How much poison rows delay the good ones: two runs side by side, with and without.

`python -m tests.poison.measure [--rows 1000] [--latency 0.5] [--in-flight 10]` on the database of
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
    parser.add_argument("--latency", type=float, default=0.5, help="seconds of a good answer")
    parser.add_argument("--in-flight", type=int, default=10)
    parser.add_argument("--memory", type=int, default=400, help="megabytes that a worker may take")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        url = os.environ.get("DATABASE_URL") or f"sqlite:///{Path(directory) / 'portal.sqlite3'}"
        set_up(url)
        return _measure(url, given)


def set_up(url: str) -> None:
    """Give this process Django on that database, with its tables."""
    os.environ["DATABASE_URL"] = url
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.poison.settings"
    import django
    from django.core.management import call_command

    import tests.environment  # noqa: F401 (fixes the environment)

    django.setup()
    call_command("migrate", verbosity=0)


def _measure(url: str, given: argparse.Namespace) -> int:
    from tests.eligibility.test_workers import workers
    from tests.poison.connector import KINDS
    from tests.poison.runs import SETTINGS_MODULE, make_poison_lane, run

    lane = make_poison_lane(latency=given.latency, in_flight=given.in_flight)
    memory = str(given.memory)
    with workers(url, DJANGO_SETTINGS_MODULE=SETTINGS_MODULE, WORKER_MEMORY_MB=memory):
        run(lane, given.rows // 10, (), within=1200.0)  # the workers are warm from here on
        without = run(lane, given.rows, (), within=1200.0)
        with_poison = run(lane, given.rows, KINDS, within=1200.0)
    ratio = with_poison.seconds / without.seconds
    print(
        json.dumps(
            {
                "without": asdict(without),
                "with": asdict(with_poison),
                "delay": round(ratio - 1, 4),
                "goal": round(GOAL - 1, 2),
                "latency": given.latency,
                "in_flight": given.in_flight,
                "load": os.getloadavg(),
            },
            indent=1,
        )
    )
    return 0 if ratio <= GOAL and with_poison.good == given.rows else 1


if __name__ == "__main__":
    sys.exit(main())
