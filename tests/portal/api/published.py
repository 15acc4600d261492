"""The API's schema as the portal publishes it, written once for all tests of a process."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.test import Client


@cache
def published() -> dict[str, Any]:
    """The schema. Call it inside a test; nobody may change what it returns."""
    found: dict[str, Any] = Client().get("/api/schema/?format=json").json()
    return found
