"""Bring in a list of members: which payer has whom, so that searches ask that payer first."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from eligibility.files.members import MemberReport
from eligibility.files.refused import RefusedRows
from eligibility.operations.members import MemberWatch, import_members
from eligibility.operations.setup import find_by_id_or_name
from portal import audit
from portal.exports import TooManyRows
from portal.intake.readers import Unreadable
from portal.intake.reports import counts_line, how_it_was_read, reason_lines
from portal.management.progress import Progress
from portal.models import Team

SOME_REJECTED: Final = 1
UNUSABLE: Final = 2


class Command(BaseCommand):
    """Bring in a list of members."""

    help = (
        "Bring a CSV, Excel or NDJSON list of members (id_value, id_type, tpa_name, perhaps"
        " seen_on) into a team's directory, which searches ask first. Bringing it in again changes"
        " nothing. Exit code: 0 all lines are in, 1 some are not, 2 the file is of no use."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file and whose it is."""
        parser.add_argument("file", type=Path, help="CSV, .xlsx, .ndjson or .jsonl")
        parser.add_argument("--team", required=True, help="the team's name or 24-hex id")
        parser.add_argument("--sheet", metavar="NAME", help="of a workbook; default: the first")
        parser.add_argument("--encoding", metavar="NAME", help="of a CSV file, such as cp1256")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument(
            "--errors-out", type=Path, metavar="FILE", help="write rejected lines, CSV or .xlsx"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Bring it in, and tell."""
        team = find_by_id_or_name(Team.objects, options["team"])
        if team is None:
            raise CommandError(f"There is no team {options['team']!r}.", returncode=UNUSABLE)
        with RefusedRows() as refused:
            watch = MemberWatch(
                progress=Progress(self.stderr).show,
                refused=refused.add if options["errors_out"] else None,
            )
            report = _import(team, options, watch)
            for line in _summary(report):
                self.stdout.write(line)
            if options["errors_out"] is not None:
                self._write(refused, options["errors_out"])
        if report.rejected:
            sys.exit(SOME_REJECTED)

    def _write(self, refused: RefusedRows, path: Path) -> None:
        ending = "xlsx" if path.suffix.lower() == ".xlsx" else "csv"
        try:
            with path.open("wb") as file:
                refused.write(file, ending)
        except (OSError, TooManyRows) as error:
            raise CommandError(f"{path}: {error}", returncode=SOME_REJECTED) from error
        self.stdout.write(f"{refused.count:,} rejected lines are in {path}.")


def _import(team: Team, options: dict[str, Any], watch: MemberWatch) -> MemberReport:
    path = options["file"]
    try:
        with path.open("rb") as file:
            return import_members(
                file,
                team=team,
                name=path.name,
                actor=audit.command("import_members"),
                sheet=options["sheet"],
                encoding=options["encoding"],
                dry_run=options["dry_run"],
                watch=watch,
            )
    except Unreadable as unreadable:
        raise CommandError(unreadable.message, returncode=UNUSABLE) from unreadable
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.", returncode=UNUSABLE) from error


def _summary(report: MemberReport) -> list[str]:
    counts = {"new": report.created, "newer than known": report.fixed}
    counts |= {"known already": report.unchanged, "rejected": report.rejected}
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    return [*how_it_was_read(report), counts_line(report, told), *reason_lines(report)]
