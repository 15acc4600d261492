"""Write a team's practitioners to a file, in any format that comes in."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from portal import audit
from portal.exports import MOST_XLSX_ROWS
from records.importers.rows import Format
from records.importers.writing import WRITTEN
from records.operations.exports import export_practitioners, records_to_export
from records.operations.setup import SetupFault, find_team, require_id

UNUSABLE: Final = 2
_OF_ENDING: Final = {each.ending: kind for kind, each in WRITTEN.items()} | {"jsonl": Format.NDJSON}


class Command(BaseCommand):
    """Write a team's practitioners to a file."""

    help = (
        "Write the practitioners of a team to a file. Given back by import_practitioners"
        " --on-conflict update, it changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, whose, and in which format."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--team", help="name or 24-hex id; not needed when there is one")
        parser.add_argument(
            "--format",
            choices=[each.value for each in Format],
            help="default: by the file's ending (.csv .xlsx .json .ndjson .fhir.ndjson .nppes.csv)",
        )
        parser.add_argument("--integration", metavar="ID", help="only those of this integration")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it, and tell."""
        path: Path = options["file"]
        kind = Format(options["format"]) if options["format"] else _by_ending(path.name)
        try:
            team = find_team(options["team"])
            if options["integration"] is not None:
                require_id(options["integration"])
        except SetupFault as fault:
            raise CommandError(str(fault), returncode=UNUSABLE) from fault
        records = records_to_export(team, integration_id=options["integration"])
        if kind is Format.XLSX and records.count() > MOST_XLSX_ROWS:
            message = "An Excel sheet does not hold that many rows; CSV does."
            raise CommandError(message, returncode=UNUSABLE)
        pieces = export_practitioners(
            team=team,
            kind=kind,
            records=records,
            actor=audit.command("export_practitioners"),
            integration_id=options["integration"],
        )
        try:
            with path.open("wb") as file:
                file.writelines(pieces)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.", returncode=UNUSABLE) from error
        self.stdout.write(f"{records.count():,} practitioners are in {path}.")


def _by_ending(name: str) -> Format:
    """The format of the longest ending that fits."""
    fitting = [ending for ending in _OF_ENDING if name.lower().endswith(f".{ending}")]
    if not fitting:
        message = "The file's ending names no format: say which with --format."
        raise CommandError(message, returncode=UNUSABLE)
    return _OF_ENDING[max(fitting, key=len)]
