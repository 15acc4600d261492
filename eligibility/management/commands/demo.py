"""The whole portal on one machine, with a team, its staff, a key and a morning's work."""

from __future__ import annotations

import fcntl
import io
import logging
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from eligibility.demo import guide
from eligibility.demo.cast import CLINICS, Cast, NotForDemo, prepare_cast, refuse_production
from eligibility.demo.client import Client, Refused
from eligibility.demo.practitioners import send_practitioners
from eligibility.demo.process import ProcessEnded
from eligibility.demo.run import (
    Sent,
    TookTooLong,
    follow,
    send_sample,
    show_progress,
    wait_until_ready,
)
from eligibility.demo.stage import Interrupted, Stage, listen

DEFAULT_PORT: Final = 8000
INTERRUPTED: Final = 130


class Command(BaseCommand):
    """Prepare, serve, send the sample, sum up; then keep serving until told to stop."""

    help = "Run the whole portal with a demo team and 400 sample rows until Ctrl-C."
    requires_system_checks: list[str] = []  # the web server makes them

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to stop after the summary, and how long the rows may take."""
        parser.add_argument("--once", action="store_true", help="stop after the summary")
        parser.add_argument(
            "--within", type=float, default=180.0, help="seconds for all rows to become final"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0 when the sums add up, 1 when something went wrong, 130 when interrupted."""
        home: Path | None = getattr(settings, "DEMO_DIR", None)
        if home is None:
            raise CommandError("The demo has settings of its own: unset DJANGO_SETTINGS_MODULE.")
        logging.disable(logging.WARNING)
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal may not know every character
        try:
            with _alone(home), Stage(home) as stage:
                self._run(stage, **options)
        except Interrupted:
            raise CommandError("Stopped before the end.", returncode=INTERRUPTED) from None
        except (NotForDemo, ProcessEnded) as error:
            raise CommandError(str(error)) from error
        except (Refused, TookTooLong) as error:
            raise CommandError(f"{error}\nThe logs: {home}/demo-*.log") from error

    def _run(self, stage: Stage, *, once: bool, within: float, **options: Any) -> None:
        self._say("Eligibility Portal, demo", "", "  Preparing the database")
        refuse_production()
        call_command("migrate", interactive=False, verbosity=0)
        stage.pause(0)
        client, cast = self._start(stage)
        sent = self._work(stage, client, cast, within=within)
        if once:
            self._say("", *guide.who(cast), "", "Done. Without --once the demo keeps serving.")
            return
        self._say("", *guide.lines(client, cast, sent), "")
        self._say("Serving until Ctrl-C. The next run has new passwords and a new key.")
        self._serve(stage)

    def _start(self, stage: Stage) -> tuple[Client, Cast]:
        """Web server, team and workers, ready for work."""
        self._say("  Starting the web server, the demo team and the workers")
        with listen(_port()) as listener:
            port = listener.getsockname()[1]
            stage.start_web(listener)
        if port != _port():
            self._say(f"  Port {_port()} is taken: http://127.0.0.1:{port} instead")
        cast = prepare_cast()
        client = Client(port, cast.key)
        wait_until_ready(stage, client, stage.start_workers())
        return client, cast

    def _work(self, stage: Stage, client: Client, cast: Cast, *, within: float) -> Sent:
        """Send the sample and wait for its answers; the sums must add up."""
        staff = send_practitioners(client, CLINICS)
        self._say(f"  Sent {staff.sent} practitioners: {staff.stored} are on record,")
        self._say(f"  {staff.rejected} with a slip wait under Needs attention")
        if not staff.is_whole:
            raise CommandError("Of the practitioners others were rejected than those with a slip.")
        sent = send_sample(client, cast)
        self._say(f"  Sent {sent.rows} appointments as run {cast.run}, in one request")
        self._say("  The answers are SYNTHETIC: the portal's own test payer makes them up", "")
        summary = follow(stage, sent, within=within, progress=show_progress)
        self._say(*summary.lines())
        if faults := summary.faults():
            raise CommandError("This run is not as it should be: " + "; ".join(faults))
        return sent

    def _serve(self, stage: Stage) -> None:
        """Until Ctrl-C, which is how a demo is meant to end."""
        connection.close()
        try:
            while True:
                stage.pause(3600.0)
        except Interrupted:
            self._say("", "Stopping")

    def _say(self, *lines: str) -> None:
        """Print at once, also into a pipe."""
        for line in lines:
            self.stdout.write(line)
        self.stdout.flush()


def _port() -> int:
    """PORT, or the usual one."""
    text = os.environ.get("PORT") or str(DEFAULT_PORT)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise CommandError(f"PORT={text} is not a port.")
    return int(text)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Keep a second demo out of this directory: it would overwrite logs and passwords."""
    with (home / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                f"Another demo runs in {home}. DEMO_DIR names another directory for a second one."
            ) from None
        yield
