"""Whom the demo brings: a team, its clinics, its staff, and a key for an integrator."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone

from eligibility.operations.setup import prepare_team
from portal.models import ApiKey, Clinic, Role, Scope, Team, User

TEAM: Final = "Demo Clinics"
CLINICS: Final = ("Marina Clinic", "Deira Clinic")
KEY_NAME: Final = "Demo run "

# Without the characters that people mistake for one another.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class NotForDemo(Exception):
    """The database holds what a demo must not touch; the message says what."""


@dataclass(frozen=True, slots=True)
class Person:
    """One of the staff, with the password that only this run knows."""

    username: str
    role: Role
    password: str


@dataclass(frozen=True, slots=True)
class Cast:
    """What a run works with. `run` counts from 1; `key` is the text of its key, for `clinic`."""

    run: int
    team: Team
    clinic: Clinic
    people: tuple[Person, ...]
    key: str


def refuse_production() -> None:
    """Raise NotForDemo when the database has a production team; before any migration runs."""
    tables = connection.introspection.table_names()
    if Team._meta.db_table in tables and Team.objects.filter(is_production=True).exists():
        raise NotForDemo("The database of DATABASE_URL holds a production team.")


@transaction.atomic
def prepare_cast() -> Cast:
    """Make what is missing, and give everybody a new password and the team a new key.

    The keys and passwords of earlier runs stop working. Raises NotForDemo when somebody of
    another team has one of the user names.
    """
    team, clinic = prepare_team(team=TEAM, clinic=CLINICS[0])
    clinics = [clinic, *(prepare_team(team=TEAM, clinic=name)[1] for name in CLINICS[1:])]
    people = tuple(Person(role.value, role, _password()) for role in Role)
    for person in people:
        _employ(person, team, clinics)
    run, key = _issue_key(team, clinic)
    return Cast(run=run, team=team, clinic=clinic, people=people, key=key)


def _password() -> str:
    """12 characters, about 59 bits, in three groups."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


def _employ(person: Person, team: Team, clinics: list[Clinic]) -> None:
    if User.objects.filter(username=person.username).exclude(team=team).exists():
        raise NotForDemo(f"The user {person.username!r} in this database is not of the demo team.")
    user, _ = User.objects.update_or_create(
        username=person.username,
        defaults={
            "team": team,
            "role": person.role,
            "password": make_password(person.password),
            "is_active": True,
            "is_staff": True,
        },
    )
    user.clinics.set(clinics)


def _issue_key(team: Team, clinic: Clinic) -> tuple[int, str]:
    """The number of this run and its key. The keys' names remember how many runs there were."""
    keys = ApiKey.objects.filter(team=team, name__startswith=KEY_NAME)
    numbers = [name.removeprefix(KEY_NAME) for name in keys.values_list("name", flat=True)]
    run = 1 + max((int(number) for number in numbers if number.isdecimal()), default=0)
    keys.live().update(revoked_at=timezone.now())
    _, text = ApiKey.issue(team=team, name=f"{KEY_NAME}{run}", scopes=Scope, clinics=[clinic])
    return run, text
