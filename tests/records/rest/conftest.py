"""The cast of the REST tests."""

from __future__ import annotations

import pytest
from django.test import Client

from portal.models import Team
from tests.factories import make_clinic, make_key


def make_client(team: Team, **options: object) -> Client:
    """A client with a key of this team."""
    _, text = make_key(make_clinic(team), **options)  # type: ignore[arg-type]
    return Client(headers={"authorization": f"Bearer {text}"})


@pytest.fixture
def team(db: None) -> Team:
    """The team whose key the client has."""
    return Team.objects.create(name="Palm Health")


@pytest.fixture
def client(team: Team) -> Client:
    """A client with a key of the team."""
    return make_client(team)


@pytest.fixture
def strangers(db: None) -> Client:
    """A client of another team."""
    return make_client(Team.objects.create(name="Creek Clinics"))
