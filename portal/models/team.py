"""The tenant and its facilities."""

from __future__ import annotations

import zoneinfo

from django.core.exceptions import ValidationError
from django.db import models

from portal import objectid


def validate_timezone(value: str) -> None:
    """Refuse a name that the time zone database does not know."""
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise ValidationError(
            f"{value!r} is not a time zone, such as Asia/Dubai.", code="timezone"
        ) from error


class Team(models.Model):
    """The tenant (24-hex `teamId` on the wire). Nothing is visible across teams.

    A production team's own rows never reach a synthetic payer, unless they say `test_mode`.
    """

    id = models.CharField(primary_key=True, max_length=24, default=objectid.new, editable=False)
    name = models.CharField(max_length=200, unique=True)
    is_production = models.BooleanField(
        default=False, help_text="Refuse synthetic answers, except for rows in test mode."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Clinic(models.Model):
    """A facility of a team. Its zone decides what "today" is, its region how a phone is read."""

    id = models.UUIDField(primary_key=True, default=objectid.new_uuid, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="clinics")
    name = models.CharField(max_length=200)
    timezone = models.CharField(max_length=64, default="Asia/Dubai", validators=[validate_timezone])
    region = models.CharField(
        max_length=2, default="AE", help_text="ISO 3166 country of local phone numbers."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], name="clinic_name_once_a_team")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The clinic's time zone."""
        return zoneinfo.ZoneInfo(self.timezone)
