"""Bring in a file of practitioners from the command line, or correct rows by one."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from portal import audit
from portal.exports import TooManyRows
from portal.intake.readers import Unreadable
from portal.management.progress import Progress
from records.choices import OnConflict
from records.importers.reading import AUTO, FORMATS, find_format
from records.importers.refused import ENDINGS, RefusedRecords
from records.importers.report import RecordReport
from records.importers.rows import Format
from records.importers.summary import summary
from records.operations.filing import Watch, Wishes
from records.operations.imports import import_practitioners
from records.operations.setup import SetupFault, create_integration, find_team, require_id

SOME_REJECTED: Final = 1
UNUSABLE: Final = 2
_ACTOR: Final = audit.command("import_practitioners")


class Command(BaseCommand):
    """Bring in a file of practitioners: good rows are stored, bad rows stay to be fixed."""

    help = (
        "Bring in a file of practitioners: CSV, Excel, JSON, NDJSON, FHIR NDJSON or NPPES. Good"
        " rows become records, bad ones are kept to be fixed. The file of --errors-out, edited and"
        " given back, corrects those rows. Exit code: 0 all rows are in, 1 some are not, 2 the file"
        " is of no use."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, whose it is, and how it is read."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--team", help="name or 24-hex id; not needed when there is one")
        parser.add_argument("--format", choices=FORMATS, default=AUTO, help="default: by content")
        parser.add_argument(
            "--integration", metavar="ID", help="24-hex id, for rows that name none themselves"
        )
        parser.add_argument(
            "--create-integration", action="store_true", help="make it, with exactly this id"
        )
        parser.add_argument("--profile", choices=["lenient", "strict"], default="lenient")
        parser.add_argument(
            "--on-conflict",
            choices=OnConflict.values,
            default=OnConflict.ERROR.value,
            help="what becomes of rows whose record is stored; default: they are rejected",
        )
        parser.add_argument(
            "--roles", type=Path, metavar="FILE", help="PractitionerRole file of a FHIR file"
        )
        parser.add_argument("--sheet", metavar="NAME", help="of a workbook; default: the first")
        parser.add_argument("--encoding", metavar="NAME", help="of a CSV file, such as cp1256")
        parser.add_argument("--again", action="store_true", help="even if it came in already")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument(
            "--errors-out",
            type=Path,
            metavar="FILE",
            help="write rejected rows: .csv, .xlsx, .ndjson or .json",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Bring it in, and tell."""
        path, errors_out = options["file"], options["errors_out"]
        if errors_out is not None and _ending(errors_out) not in ENDINGS:
            message = f"--errors-out takes a file of {', '.join(ENDINGS)}."
            raise CommandError(message, returncode=UNUSABLE)
        with RefusedRecords() as refused, ExitStack() as files:
            watch = Watch(
                progress=Progress(self.stderr).show, refused=refused.take if errors_out else None
            )
            file = files.enter_context(_opened(path))
            roles = options["roles"] or _roles_beside(path, file, options["format"])
            second = files.enter_context(_opened(roles)) if roles is not None else None
            report = _import(file, second, options, watch)
            for line in summary(report):
                self.stdout.write(line)
            if errors_out is not None:
                self._write(refused, errors_out, report)
        if report.accepted < report.rows or not report.is_done:
            sys.exit(SOME_REJECTED)

    def _write(self, refused: RefusedRecords, path: Path, report: RecordReport) -> None:
        try:
            with path.open("wb") as file:
                refused.write_as(file, _ending(path), submission_id=report.submission_id)
        except (OSError, TooManyRows) as error:
            raise CommandError(f"{path}: {error}", returncode=SOME_REJECTED) from error
        self.stdout.write(f"{refused.count:,} rejected rows are in {path}.")


def _import(
    file: BinaryIO, roles: BinaryIO | None, options: dict[str, Any], watch: Watch
) -> RecordReport:
    try:
        wishes = _wishes(options)
        with _rehearsing(options):
            if options["create_integration"]:
                create_integration(
                    team=wishes.team, integration_id=wishes.integration_id or "", actor=_ACTOR
                )
            return import_practitioners(
                file,
                wishes,
                name=options["file"].name,
                kind=options["format"],
                sheet=options["sheet"],
                encoding=options["encoding"],
                roles=roles,
                watch=watch,
            )
    except SetupFault as fault:
        raise CommandError(str(fault), returncode=UNUSABLE) from fault
    except Unreadable as unreadable:
        raise CommandError(unreadable.message, returncode=UNUSABLE) from unreadable


@contextmanager
def _rehearsing(options: dict[str, Any]) -> Iterator[None]:
    """A dry run that needs a new integration has it until it ends."""
    if not (options["dry_run"] and options["create_integration"]):
        yield
        return
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _wishes(options: dict[str, Any]) -> Wishes:
    integration_id = options["integration"]
    if integration_id is not None:
        require_id(integration_id)
    elif options["create_integration"]:
        raise SetupFault("--create-integration needs --integration ID.")
    return Wishes(
        team=find_team(options["team"]),
        known_as=_ACTOR,
        integration_id=integration_id,
        profile=options["profile"],
        on_conflict=options["on_conflict"],
        dry_run=options["dry_run"],
        again=options["again"],
    )


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.", returncode=UNUSABLE) from error


def _roles_beside(path: Path, file: BinaryIO, kind: str) -> Path | None:
    """The file of roles that a bulk export puts beside its practitioners, told by its name."""
    name = path.name.replace("Practitioner", "PractitionerRole")
    beside = path.with_name(name)
    if "PractitionerRole" in path.name or name == path.name or not beside.is_file():
        return None
    try:
        is_fhir = kind == Format.FHIR or (kind == AUTO and find_format(file) is Format.FHIR)
    except Unreadable:
        return None
    return beside if is_fhir else None


def _ending(path: Path) -> str:
    return path.suffix.lower().lstrip(".")
