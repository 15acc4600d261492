"""Start a scheduled or paused batch now."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eligibility.models import Batch
from eligibility.operations import run_batch


class Command(BaseCommand):
    """Make a batch due now."""

    help = "Make a scheduled or paused batch due now, and print its counts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The batch."""
        parser.add_argument("id", help="the batch's UUID")
        parser.add_argument("--dry-run", action="store_true", help="only print the counts")

    def handle(self, *args: Any, **options: Any) -> None:
        """Move its rows to the front of their lanes' due rows."""
        try:
            pk = uuid.UUID(options["id"])
        except ValueError as error:
            raise CommandError(f"{options['id']!r} is not a batch's UUID.") from error
        batch = Batch.objects.filter(pk=pk).first()
        if batch is None:
            raise CommandError(f"There is no batch {pk}.")
        moved = 0 if options["dry_run"] else run_batch(batch=batch)
        counts: Any = Batch.objects.with_counts().get(pk=pk)
        self.stdout.write(
            f"Batch {pk}: {moved} made due now; {counts.total} rows, {counts.finished} finished,"
            f" {counts.cancelled} cancelled."
        )
