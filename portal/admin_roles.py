"""Roles in the words that Django's actions ask in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from portal.roles import Capability, can


class AsksRoles:
    """`has_may_<capability>_permission` for each capability."""


def _asker(capability: Capability) -> Callable[..., bool]:
    def has_permission(self: Any, request: HttpRequest, obj: Any = None) -> bool:
        return can(request.user, capability)

    return has_permission


for _capability in Capability:
    setattr(AsksRoles, f"has_may_{_capability.value}_permission", _asker(_capability))
