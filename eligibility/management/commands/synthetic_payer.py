"""Run the synthetic payer, a test payer that answers and misbehaves on demand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from eligibility.synthetic.main import ServerOptions, run


class Command(BaseCommand):
    """Prints the address as its first line, then serves until it is told to stop."""

    help = "Run the synthetic payer. The first line printed is its address."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen, where to leave the address, when to end."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
        parser.add_argument("--socket", type=int, metavar="FD", help="an inherited, bound socket")
        parser.add_argument("--announce", type=Path, help="file to write the address to")
        parser.add_argument(
            "--with-parent",
            type=int,
            nargs="?",
            const=0,
            metavar="PID",
            help="end when the process that started this one is gone (its id closes the gap "
            "between the start and the first look)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve; a port that cannot be had is the one expected error."""
        parent: int | None = options["with_parent"]
        if parent == 0:
            parent = os.getppid()
        try:
            run(
                ServerOptions(
                    options["host"],
                    options["port"],
                    options["announce"],
                    parent,
                    options["socket"],
                ),
                self._say,
            )
        except OSError as error:
            raise CommandError(f"The synthetic payer cannot start: {error.strerror}") from error

    def _say(self, line: str) -> None:
        """Print at once: whoever started us waits for this line."""
        self.stdout.write(line)
        self.stdout.flush()
