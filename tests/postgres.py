"""A PostgreSQL server of one's own for one run, on a free loopback port, gone at the end.

`python -m tests.postgres [--no-fsync] -- COMMAND ...` runs COMMAND with DATABASE_URL set to it and
ends with COMMAND's exit code. Where there is no PostgreSQL it says so and ends with 0; in CI
(CI=true) with 1. TEST_POSTGRES_URL names a server to use instead.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.cluster import Cluster, Missing


@contextmanager
def throwaway_postgres(
    *, fsync: bool = True, options: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The URL of a server for one test or one run; TEST_POSTGRES_URL when that is set.

    `fsync` and `options` are for a server made here. Raises Missing where there is none.
    """
    given = os.environ.get("TEST_POSTGRES_URL", "")
    if given:
        yield given
        return
    with Cluster(fsync=fsync, options=options) as cluster:
        yield cluster.url


def in_ci() -> bool:
    """Whether a missing component is an error rather than a reason to skip."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def main(arguments: list[str] | None = None) -> int:
    """Run a command with DATABASE_URL set to a throw-away PostgreSQL server."""
    parser = argparse.ArgumentParser(prog="python -m tests.postgres", description=main.__doc__)
    parser.add_argument(
        "--no-fsync", action="store_true", help="faster; a power cut would lose what was committed"
    )
    parser.add_argument("command", nargs="+", metavar="COMMAND")
    given = parser.parse_args(arguments)
    for signalled in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signalled, _leave_in_order)
    try:
        with throwaway_postgres(fsync=not given.no_fsync) as url:
            return _run(given.command, url)
    except Missing as reason:
        print(f"{'failed' if in_ci() else 'skipped'}: {reason}", flush=True)
        return 1 if in_ci() else 0


def _leave_in_order(number: int, frame: object) -> None:
    """Leave by an exception, so that the server is stopped and removed."""
    sys.exit(128 + number)


def _run(command: list[str], url: str) -> int:
    """Run the command to its end. Ctrl-C reaches it by itself: only wait for it."""
    child = subprocess.Popen(command, env=os.environ | {"DATABASE_URL": url})
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue
        except SystemExit:
            child.terminate()
            child.wait()
            raise


if __name__ == "__main__":
    sys.exit(main())
