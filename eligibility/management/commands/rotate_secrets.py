"""Seal the secrets of connections and webhooks with the newest key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from eligibility.operations.secrets import rotate_secrets
from portal.sealing import Unopenable
from portal.webhooks.operations import reseal_secrets


class Command(BaseCommand):
    """Put a new key in front of FIELD_KEY, restart, run this, then take the old key away."""

    help = "Seal the secrets of connections and webhooks with the first key of FIELD_KEY."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal and count; a second run changes nothing."""
        try:
            with transaction.atomic():
                counts = (rotate_secrets(), reseal_secrets())
        except Unopenable as error:
            raise CommandError(
                f"Nothing was changed: {error}. Add the key that sealed it to FIELD_KEY."
            ) from None
        moved, already = (sum(each) for each in zip(*counts, strict=True))
        self.stdout.write(f"{moved} sealed with the newest key, {already} already were.")
