"""What the tests of the staff's pages share."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def cheap_passwords(settings: Settings) -> None:
    """A real hash takes as long as a hundred pages."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def quiet_refusals() -> Iterator[None]:
    """Where hundreds of pages are refused on purpose, writing each traceback takes longest."""
    logger = logging.getLogger("django.request")
    level = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(level)
