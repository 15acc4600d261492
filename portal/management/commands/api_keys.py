"""Look after API keys from the command line: list, rotate, revoke."""

from __future__ import annotations

import re
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from portal import audit
from portal.keys import LONGEST_OVERLAP, Rotation, revoke_keys, rotate_key
from portal.models import ApiKey

HELP = """List, replace and revoke API keys. `create_api_key` makes the first one.

  api_keys list [--team TEAM]          what there is, for whom, used when
  api_keys rotate ID [--overlap 24h]   a successor; both work for the overlap, then the old one ends
  api_keys revoke ID [--only]          closed for good, with the key it replaced if that still works

ID is a key's public id: the 12 characters after "ep_". It is no secret."""
_UNITS = {"m": 60, "h": 3_600, "d": 86_400}
_SAME = "same"


class Command(BaseCommand):
    """Three verbs over `portal.keys`."""

    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """The help keeps its lines."""
        return super().create_parser(
            prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="list|rotate|revoke")
        listed = verbs.add_parser("list", help="every key, the newest first")
        listed.add_argument("--team", default="", help="only this team's: its name or 24-hex id")
        rotate = verbs.add_parser("rotate", help="make a successor; the old key ends by itself")
        rotate.add_argument("key", metavar="ID", help="the public id of the key to replace")
        rotate.add_argument(
            "--overlap",
            default="24h",
            help="how long the old key goes on: 0, 30m, 24h (default), 7d; 30d at most",
        )
        rotate.add_argument(
            "--expires",
            default=_SAME,
            help="when the new key ends: ISO 8601 with a zone, or never (default: it lives as long"
            " as the old one was to)",
        )
        rotate.add_argument("--quiet", action="store_true", help="print only the key")
        revoke = verbs.add_parser("revoke", help="close a key for good")
        revoke.add_argument("key", metavar="ID", help="the public id of the key")
        revoke.add_argument(
            "--only", action="store_true", help="leave the key that it replaced alone"
        )
        revoke.add_argument("--dry-run", action="store_true", help="say what would be closed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do as the verb says."""
        match options["verb"]:
            case "list":
                for line in _lines(options["team"]):
                    self.stdout.write(line)
            case "rotate":
                self._rotate(options)
            case _:
                self._revoke(options)

    def _rotate(self, options: dict[str, Any]) -> None:
        key, overlap = find_key(options["key"]), read_overlap(options["overlap"])
        rotation = rotate_key(
            key_id=key.pk,
            actor=audit.command("api_keys rotate"),
            overlap=overlap,
            expires_at=_end_of_successor(key, options["expires"]),
        )
        if rotation.key is None:
            raise CommandError(rotation.refused)
        if not options["quiet"]:
            self.stdout.write(_told(key, rotation))
        self.stdout.write(rotation.text)

    def _revoke(self, options: dict[str, Any]) -> None:
        key, only = find_key(options["key"]), options["only"]
        keys = ApiKey.objects.filter(pk=key.pk)
        if options["dry_run"]:
            older = [] if only else list(ApiKey.objects.live().replaced_by(keys))
            found = [each for each in (key, *older) if each.revoked_at is None]
            names = ", ".join(each.public_id for each in found)
            self.stdout.write(f"Would revoke: {names or 'nothing'}.")
            return
        revoked = revoke_keys(keys=keys, actor=audit.command("api_keys revoke"), only=only)
        said = f"{revoked} revoked." if revoked else "It was revoked before; nothing changed."
        self.stdout.write(f"Key {key.public_id}: {said}")


def find_key(text: str) -> ApiKey:
    """The key of this public id, with or without its prefix. What was typed is not repeated."""
    public_id = text.strip().removeprefix("ep_").partition("_")[0]
    key = ApiKey.objects.select_related("team").filter(public_id=public_id).first()
    if key is None:
        raise CommandError("There is no key of this public id; `api_keys list` shows them.")
    return key


def read_overlap(text: str) -> timedelta:
    """`0`, `30m`, `24h` or `7d` as a length."""
    found = re.fullmatch(r"(\d{1,5})([mhd]?)", text.strip().lower())
    if found is None or (not found[2] and found[1].strip("0")):
        raise CommandError("An overlap is 0, or a number with m, h or d: 30m, 24h, 7d.")
    overlap = timedelta(seconds=int(found[1]) * _UNITS.get(found[2], 0))
    if overlap > LONGEST_OVERLAP:
        raise CommandError(f"An overlap has at most {LONGEST_OVERLAP.days} days.")
    return overlap


def read_end(text: str) -> datetime | None:
    """A moment to come, in ISO 8601 with its zone; None for `never`."""
    if text.strip().lower() == "never":
        return None
    try:
        end = parse_datetime(text.strip())
    except ValueError:
        end = None
    if end is None or end.tzinfo is None:
        raise CommandError("An end is ISO 8601 with its zone, 2027-01-31T00:00+04:00, or never.")
    if end <= timezone.now():
        raise CommandError("That moment has passed.")
    return end


def _end_of_successor(key: ApiKey, text: str) -> datetime | None:
    return key.next_end(timezone.now()) if text == _SAME else read_end(text)


def _told(old: ApiKey, rotation: Rotation) -> str:
    assert rotation.key is not None
    assert rotation.old_ends is not None
    new = rotation.key
    ends = new.expires_at.isoformat(timespec="seconds") if new.expires_at else "when revoked"
    return (
        f"Key {new.public_id} takes the place of {old.public_id} and ends {ends}.\n"
        f"{old.public_id} works until {rotation.old_ends.isoformat(timespec='seconds')}.\n"
        "The new key is shown only now:"
    )


def _lines(team: str) -> Iterator[str]:
    keys = ApiKey.objects.select_related("team", "replaces").order_by("-created_at", "pk")
    if team:
        keys = keys.filter(team__name=team) | keys.filter(team_id=team)
    for key in keys:
        state = "revoked" if key.revoked_at else "live" if key.is_live() else "ended"
        facts = [
            f"{key.public_id}  {state:7}  {key.team.name}  “{key.name}”  {','.join(key.scopes)}",
            f"used {_moment(key.last_used_at)}",
            *([f"ends {_moment(key.expires_at)}"] if key.expires_at else []),
            *([f"replaces {key.replaces.public_id}"] if key.replaces else []),
        ]
        yield "  ".join(facts)


def _moment(moment: datetime | None) -> str:
    return moment.isoformat(timespec="minutes") if moment else "never"
