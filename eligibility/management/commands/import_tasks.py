"""Bring in a file of checks from the command line, or correct rows by one."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from eligibility.dates import read_scheduled_for
from eligibility.files.columns import WrongColumns
from eligibility.files.refused import RefusedRows
from eligibility.files.report import FileReport
from eligibility.files.summary import summary
from eligibility.operations.filing import Watch, Wishes
from eligibility.operations.imports import import_file
from eligibility.operations.setup import find_by_id_or_name
from portal import audit
from portal.exports import TooManyRows
from portal.intake.issues import Issue
from portal.intake.readers import Unreadable
from portal.management.progress import Progress
from portal.models import Clinic, Team

ACTOR: Final = "command"
SOME_REJECTED: Final = 1
UNUSABLE: Final = 2


class Command(BaseCommand):
    """Bring in a file of checks: good rows run, bad rows stay to be fixed."""

    help = (
        "Bring in a CSV or Excel file of checks. Good rows become checks, bad ones are kept to be"
        " fixed. A file of failed rows, exported and edited, corrects those rows. Exit code: 0 all"
        " rows are in, 1 some are not, 2 the file is of no use."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, the clinic, and how to read the one for the other."""
        parser.add_argument("file", type=Path, help="CSV or .xlsx")
        parser.add_argument("--clinic", required=True, help="the clinic's name or UUID")
        parser.add_argument(
            "--team", help="the team's name or 24-hex id, where clinics share names"
        )
        parser.add_argument("--schedule", metavar="ISO", help="when to run; default: at once")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="COLUMN=FIELD",
            help="which field a column is; COLUMN= leaves it out; may be repeated",
        )
        parser.add_argument("--sheet", metavar="NAME", help="of a workbook; default: the first")
        parser.add_argument("--encoding", metavar="NAME", help="of a CSV file, such as cp1256")
        parser.add_argument("--profile", choices=["lenient", "strict"], default="lenient")
        parser.add_argument("--description", default="", help="what staff see the batch under")
        parser.add_argument("--again", action="store_true", help="even if it came in already")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument(
            "--errors-out", type=Path, metavar="FILE", help="write rejected rows, CSV or .xlsx"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Bring it in, and tell."""
        wishes = _wishes(options)
        with RefusedRows() as refused:
            watch = Watch(
                progress=Progress(self.stderr).show,
                refused=refused.add if options["errors_out"] else None,
            )
            report = self._import(options, wishes, watch)
            self._tell(report)
            if options["errors_out"] is not None:
                self._write(refused, options["errors_out"], report)
        if report.rejected or report.conflicts or not report.is_done:
            sys.exit(SOME_REJECTED)

    def _import(self, options: dict[str, Any], wishes: Wishes, watch: Watch) -> FileReport:
        try:
            with options["file"].open("rb") as file:
                return import_file(
                    file,
                    wishes,
                    name=options["file"].name,
                    sheet=options["sheet"],
                    encoding=options["encoding"],
                    mapping=_mapping(options["map"]),
                    watch=watch,
                )
        except WrongColumns as wrong:
            lines = [wrong.message, *(_issue_line(issue) for issue in wrong.issues)]
            raise CommandError("\n".join(lines), returncode=UNUSABLE) from wrong
        except Unreadable as unreadable:
            raise CommandError(unreadable.message, returncode=UNUSABLE) from unreadable
        except OSError as error:
            message = f"{options['file']}: {error.strerror}."
            raise CommandError(message, returncode=UNUSABLE) from error

    def _tell(self, report: FileReport) -> None:
        for line in summary(report):
            self.stdout.write(line)

    def _write(self, refused: RefusedRows, path: Path, report: FileReport) -> None:
        ending = "xlsx" if path.suffix.lower() == ".xlsx" else "csv"
        try:
            with path.open("wb") as file:
                refused.write(file, ending, submission_id=report.submission_id)
        except (OSError, TooManyRows) as error:
            raise CommandError(f"{path}: {error}", returncode=SOME_REJECTED) from error
        self.stdout.write(f"{refused.count:,} rejected rows are in {path}.")


def _issue_line(issue: Issue) -> str:
    place = f"{issue.value!r}: " if issue.value else ""
    return f"  {place}{issue.message}"


def _wishes(options: dict[str, Any]) -> Wishes:
    clinic = _find_clinic(options["clinic"], options["team"])
    scheduled_for = None
    if options["schedule"] is not None:
        read = read_scheduled_for(options["schedule"], timezone=clinic.zone, now=timezone.now())
        if isinstance(read, Issue):
            raise CommandError(read.message.replace("scheduled_for", "--schedule"), returncode=2)
        scheduled_for = read
    return Wishes(
        clinic=clinic,
        actor=ACTOR,
        known_as=audit.command("import_tasks"),
        profile=options["profile"],
        scheduled=scheduled_for is not None,
        scheduled_for=scheduled_for,
        description=options["description"],
        dry_run=options["dry_run"],
        again=options["again"],
    )


def _find_clinic(text: str, team_text: str | None) -> Clinic:
    clinics = Clinic.objects.select_related("team")
    if team_text is not None:
        team = find_by_id_or_name(Team.objects, team_text)
        if team is None:
            raise CommandError(f"There is no team {team_text!r}.", returncode=UNUSABLE)
        clinics = clinics.filter(team=team)
    if clinics.filter(name=text).count() > 1:
        message = f"There are several clinics {text!r}: name the team, or give the UUID."
        raise CommandError(message, returncode=UNUSABLE)
    found: Clinic | None = find_by_id_or_name(clinics, text)
    if found is None:
        raise CommandError(f"There is no clinic {text!r}.", returncode=UNUSABLE)
    return found


def _mapping(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        column, equals, field = pair.rpartition("=")
        if not equals or not column.strip():
            raise CommandError(f"--map takes COLUMN=FIELD, not {pair!r}.", returncode=UNUSABLE)
        found[column.strip()] = field.strip()
    return found
