"""Issue an API key from the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from eligibility.operations.setup import find_by_id_or_name, prepare_team
from portal import audit
from portal.keys import issue_key
from portal.management.commands.api_keys import read_end
from portal.models import Clinic, Scope, Team

LONGEST_NAME = 200


class Command(BaseCommand):
    """Print a new key of a team for one of its clinics."""

    help = (
        "Issue an API key. The key is printed once and can never be shown again. "
        "`api_keys` lists, replaces and revokes keys."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose key it is, for which clinic, and what it may do."""
        parser.add_argument("--team", required=True, help="the team's name or 24-hex id")
        parser.add_argument("--clinic", required=True, help="the clinic's name or UUID")
        parser.add_argument("--scopes", default="all", help="comma-separated, or: all")
        parser.add_argument("--name", default="command line", help="what the key is for")
        parser.add_argument(
            "--expires", default="never", help="ISO 8601 with a zone, or: never (default)"
        )
        parser.add_argument("--quiet", action="store_true", help="print only the key")
        parser.add_argument(
            "--create",
            action="store_true",
            help="make what is missing: payer registry, team, clinic, synthetic connections",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Issue the key."""
        scopes, expires_at = read_scopes(options["scopes"]), read_end(options["expires"])
        if not 0 < len(options["name"].strip()) <= LONGEST_NAME:
            raise CommandError(f"A key's name has 1 to {LONGEST_NAME} characters.")
        with transaction.atomic():
            team, clinic = self._find(options)
            key, text = issue_key(
                team=team,
                name=options["name"],
                scopes=scopes,
                clinics=[clinic],
                actor=audit.command("create_api_key"),
                expires_at=expires_at,
            )
        if not options["quiet"]:
            self.stdout.write(
                f"Key {key.public_id} of team {team.name} ({team.pk}) for clinic {clinic.name}"
                f" ({clinic.pk}): {', '.join(key.scopes)}.\nIt is shown only now:"
            )
        self.stdout.write(text)

    def _find(self, options: dict[str, Any]) -> tuple[Team, Clinic]:
        if options["create"]:
            try:
                return prepare_team(team=options["team"], clinic=options["clinic"])
            except ValidationError as error:
                raise CommandError(f"That is no name: {' '.join(error.messages)}") from error
        team = find_by_id_or_name(Team.objects, options["team"])
        if team is None:
            raise CommandError(f"There is no team {options['team']!r}; --create makes it.")
        clinic = find_by_id_or_name(Clinic.objects.filter(team=team), options["clinic"])
        if clinic is None:
            raise CommandError(
                f"Team {team.name!r} has no clinic {options['clinic']!r}; --create makes it."
            )
        return team, clinic


def read_scopes(text: str) -> list[str]:
    """The scopes that a comma-separated list names; `all` is every one."""
    if text.strip() == "all":
        return list(Scope.values)
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    unknown = [scope for scope in wanted if scope not in Scope.values]
    if unknown or not wanted:
        raise CommandError(
            f"{', '.join(unknown) or 'Nothing'} is not a scope; known: {', '.join(Scope.values)}."
        )
    return wanted
