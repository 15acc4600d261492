"""Plain makers of rows. Each takes what a test cares about and fills in the rest."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import datetime

from portal.models import ApiKey, Clinic, Scope, Team

_numbers = itertools.count(1)


def make_team(name: str = "", *, is_production: bool = False) -> Team:
    """A team with a name of its own."""
    return Team.objects.create(name=name or f"Team {next(_numbers)}", is_production=is_production)


def make_clinic(team: Team | None = None, *, timezone: str = "Asia/Dubai") -> Clinic:
    """A clinic, of a new team unless one is given."""
    return Clinic.objects.create(
        team=team or make_team(), name=f"Clinic {next(_numbers)}", timezone=timezone
    )


def make_key(
    *clinics: Clinic,
    team: Team | None = None,
    scopes: Iterable[str] = tuple(Scope),
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A key for these clinics (a new one when none is given), and its text."""
    chosen = clinics or (make_clinic(team),)
    return ApiKey.issue(
        team=team or chosen[0].team,
        name="key for tests",
        scopes=scopes,
        clinics=chosen,
        expires_at=expires_at,
    )
