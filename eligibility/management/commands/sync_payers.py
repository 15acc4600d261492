"""Load the payer registry from a file."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError

from eligibility import payer_file
from eligibility.operations.payer_rules import announce_payers
from eligibility.operations.setup import sync_payers
from eligibility.payer_rules import PayerRules
from portal import audit


class Command(BaseCommand):
    """Make the registry say what a file says."""

    help = "Create and update payers and searches from a JSON file; others are left alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would change")
        parser.add_argument(
            "--from",
            dest="day",
            type=_day,
            help="announce the rules: they hold from the first minute of this day (2027-01-31) on;"
            " names change only without this option",
        )
        parser.add_argument(
            "--zone", type=_zone, help="where that day begins, with --from: Asia/Dubai"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, compare, write."""
        day, zone, dry_run = options["day"], options["zone"], options["dry_run"]
        if (day is None) != (zone is None):
            raise CommandError("--from and --zone go together: a day begins somewhere.")
        try:
            payers = payer_file.read(options["file"]).payers
        except (OSError, payer_file.PayerFileError) as error:
            raise CommandError(str(error)) from error
        if day is not None:
            self._announce(payers, day, zone, dry_run=dry_run)
            return
        counts = sync_payers(payers=payers, dry_run=dry_run)
        self.stdout.write(", ".join(f"{count} {word}" for word, count in counts.items()))

    def _announce(
        self, payers: Iterable[PayerRules], day: date, zone: ZoneInfo, *, dry_run: bool
    ) -> None:
        told = announce_payers(
            payers=payers,
            day=day,
            zone=zone,
            actor=audit.command("sync_payers"),
            dry_run=dry_run,
        )
        self.stdout.write(f"{len(told.announced)} announced, {len(told.unchanged)} unchanged")
        faults = [f"{code}: {why}" for code, why in told.refused.items()]
        if told.unknown:
            faults.append(f"not in the registry yet: {', '.join(told.unknown)}")
        if faults:
            raise CommandError(" ".join(faults))


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ValueError, ZoneInfoNotFoundError, OSError) as error:
        raise ArgumentTypeError(f"{text!r} is no zone, such as Asia/Dubai") from error
