"""The cast of the contract's tests, made once for each section."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cast import Cast, House
from tests.contract.calling import Caller


@pytest.fixture
def us(shared_cast: Cast, db: None) -> House:
    """The team whose key calls."""
    return shared_cast.us


@pytest.fixture
def api(us: House) -> Caller:
    """An integrator with our key."""
    return Caller({"Authorization": f"Bearer {us.key}"})


@pytest.fixture
def them(shared_cast: Cast, db: None) -> Caller:
    """An integrator of another team."""
    return Caller({"Authorization": f"Bearer {shared_cast.them.key}"})


@pytest.fixture
def anybody() -> Caller:
    """Somebody without a key."""
    return Caller({})


@pytest.fixture
def one_row_at_most(settings: Any) -> None:
    """A portal that takes one row a request."""
    settings.BULK_MAX_ROWS = 1
