"""Seal the secrets of connections with the newest key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eligibility.operations.secrets import rotate_secrets
from portal.sealing import Unopenable


class Command(BaseCommand):
    """Put a new key in front of FIELD_KEY, restart, run this, then take the old key away."""

    help = "Seal every connection's secrets with the first key of FIELD_KEY."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal and count; a second run changes nothing."""
        try:
            moved, already = rotate_secrets()
        except Unopenable as error:
            raise CommandError(
                f"Nothing was changed: {error}. Add the key that sealed it to FIELD_KEY."
            ) from None
        self.stdout.write(f"{moved} sealed with the newest key, {already} already were.")
