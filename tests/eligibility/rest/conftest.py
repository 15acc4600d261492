"""The cast of the REST tests."""

from __future__ import annotations

import pytest
from django.test import Client

from portal.models import Clinic
from tests.factories import make_portal


@pytest.fixture
def portal() -> tuple[Clinic, Client]:
    """A clinic that can ask every payer, and a client with its key."""
    clinic, key = make_portal()
    return clinic, Client(headers={"x-api-key": key})


@pytest.fixture
def client(portal: tuple[Clinic, Client]) -> Client:
    """The portal's client, in the place of the one without a key."""
    return portal[1]
