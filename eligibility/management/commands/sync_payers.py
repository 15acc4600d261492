"""Load the payer registry from a file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eligibility import payer_file
from eligibility.operations.setup import sync_payers


class Command(BaseCommand):
    """Make the registry say what a file says."""

    help = "Create and update payers and searches from a JSON file; others are left alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, compare, write."""
        try:
            payers = payer_file.read(options["file"]).payers
        except (OSError, payer_file.PayerFileError) as error:
            raise CommandError(str(error)) from error
        counts = sync_payers(payers=payers, dry_run=options["dry_run"])
        self.stdout.write(", ".join(f"{count} {word}" for word, count in counts.items()))
