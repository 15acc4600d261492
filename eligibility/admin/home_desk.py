"""Whose home page it is, and where it may lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import NoReverseMatch, reverse

from portal.models import Clinic
from portal.roles import clinics_of, zone_of


@dataclass(frozen=True, slots=True)
class Desk:
    """Whose home it is: the clinics and the zone of a person, and the moment of looking."""

    clinics: Sequence[Clinic]
    zone: ZoneInfo
    now: datetime

    @classmethod
    def of(cls, user: Any, now: datetime) -> Desk:
        """The desk of this person."""
        return cls(clinics_of(user), zone_of(user), now)

    @property
    def ids(self) -> list[UUID]:
        """The clinics' ids."""
        return [clinic.pk for clinic in self.clinics]

    @property
    def teams(self) -> set[Any]:
        """The teams of the clinics: one, but for who looks after the machine."""
        return {clinic.team_id for clinic in self.clinics}

    @property
    def today(self) -> datetime:
        """When today began, where the person works."""
        local = self.now.astimezone(self.zone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0)

    def name_of(self, clinic_id: UUID | None) -> str:
        """A clinic's name, where there are several to tell apart."""
        if len(self.clinics) < 2:
            return ""
        return next((clinic.name for clinic in self.clinics if clinic.pk == clinic_id), "")


def address(name: str, *arguments: Any, query: str = "") -> str:
    """The address of a staff's page; empty while there is no such page."""
    try:
        path = reverse(f"admin:{name}", args=arguments)
    except NoReverseMatch:
        return ""
    return f"{path}?{query}" if query else path
