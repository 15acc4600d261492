"""The fixed cast: two teams with two clinics each, their people and keys, and every payer.

Fixtures of the whole test tree (`conftest.py` loads this file). Everybody can ask every shipped
payer, over synthetic connections; nobody has a password, since hashing one costs more than all
the rest: log people in by force.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction

from eligibility import payer_file
from eligibility.models import Payer
from eligibility.operations.setup import connect_to_synthetic
from portal.models import ApiKey, Clinic, Role, Scope, Team, User


@dataclass(frozen=True, slots=True)
class House:
    """One team: its two clinics, a key's text for each, and a person of each role.

    The viewer and the operator belong to the first clinic only, the others to both.
    """

    team: Team
    first: Clinic
    second: Clinic
    key: str
    second_key: str
    people: Mapping[Role, User]

    @property
    def viewer(self) -> User:
        """Who sees the first clinic."""
        return self.people[Role.VIEWER]

    @property
    def operator(self) -> User:
        """Who works in the first clinic."""
        return self.people[Role.OPERATOR]

    @property
    def supervisor(self) -> User:
        """Who oversees both clinics."""
        return self.people[Role.SUPERVISOR]

    @property
    def admin(self) -> User:
        """Who manages the team."""
        return self.people[Role.ADMIN]


@dataclass(frozen=True, slots=True)
class Cast:
    """Us, and the others, of whom we must never see anything."""

    us: House
    them: House


@pytest.fixture
def payers(db: None) -> Mapping[str, Payer]:
    """The shipped registry in the database, by code."""
    return {payer.code: payer for payer in load_payers()}


@pytest.fixture
def cast(payers: Mapping[str, Payer]) -> Cast:
    """Two teams that can ask every payer."""
    return make_cast()


@pytest.fixture(scope="module")
def shared_cast(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    """The same, made once for a module whose tests only read it, in a transaction around them.

    Each test's own rows are rolled back after it, as ever. Not beside `transactional_db`.
    """
    around = transaction.atomic()
    with django_db_blocker.unblock():
        around.__enter__()
        load_payers()
        cast = make_cast()
    yield cast
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture
def committed_cast(transactional_db: None) -> Cast:
    """The same, committed: for tests with threads or processes of their own."""
    load_payers()
    return make_cast()


def load_payers() -> list[Payer]:
    """The shipped registry, in one insert."""
    rules = [each.as_json() for each in payer_file.shipped().payers]
    return Payer.objects.bulk_create(Payer(**each) for each in rules)


def make_cast() -> Cast:
    """Both houses; the payers must be there."""
    return Cast(us=make_house("Palm Health"), them=make_house("Creek Clinics"))


def make_house(name: str) -> House:
    """A team of this name with all that belongs to it."""
    team = Team.objects.create(name=name)
    first, second = (Clinic(team=team, name=f"{name} {place}") for place in ("Marina", "Deira"))
    Clinic.objects.bulk_create([first, second])
    connect_to_synthetic(team=team)
    return House(
        team=team,
        first=first,
        second=second,
        key=_key(first),
        second_key=_key(second),
        people=_people(team, first, second),
    )


def _key(clinic: Clinic) -> str:
    _, text = ApiKey.issue(team=clinic.team, name="cast", scopes=Scope.values, clinics=[clinic])
    return text


def _people(team: Team, first: Clinic, second: Clinic) -> dict[Role, User]:
    slug = team.name.partition(" ")[0].lower()
    people = {
        role: User(
            username=f"{slug}-{role.value}",
            team=team,
            role=role,
            is_staff=True,
            password=UNUSABLE_PASSWORD_PREFIX,
        )
        for role in Role
    }
    User.objects.bulk_create(people.values())
    one_clinic = (Role.VIEWER, Role.OPERATOR)
    works_in = User.clinics.through
    works_in.objects.bulk_create(
        works_in(user_id=person.pk, clinic_id=clinic.pk)
        for role, person in people.items()
        for clinic in ((first,) if role in one_clinic else (first, second))
    )
    return people
