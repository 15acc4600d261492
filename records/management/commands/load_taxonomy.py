"""Load the provider taxonomy from a file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from records import taxonomy_file
from records.operations.taxonomy import load_taxonomy

UNUSABLE: Final = 2


class Command(BaseCommand):
    """Make the table of specialty codes say what a published file says."""

    help = (
        "Load the published table of NUCC provider taxonomy codes (CSV or .xlsx) for all teams."
        " From then on records' specialty codes and names are checked against it; until then those"
        " two rules rest. Exit code: 0 loaded, 2 the file is of no use and nothing was changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file."""
        parser.add_argument("file", type=Path, help="CSV or .xlsx with code and display name")
        parser.add_argument("--dry-run", action="store_true", help="say what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, compare, write."""
        try:
            entries = taxonomy_file.read(options["file"])
        except (OSError, taxonomy_file.TaxonomyFileError) as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        counts = load_taxonomy(entries=entries, dry_run=options["dry_run"])
        self.stdout.write(", ".join(f"{count} {word}" for word, count in counts.items()))
