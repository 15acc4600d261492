"""Who may do what in the staff's pages, and whose rows they see.

A role may do all that the roles before it may. A button that a role may not use is not shown
(`can.FIX` in templates), and a request that was forged all the same is refused with a 403
(`@requires`, pages and model pages of `portal.admin_site`).

People without a team are superusers who look after the machine: they may do everything, but of
patients' rows they too see only the clinics they were given.
"""

from __future__ import annotations

import uuid
import zoneinfo
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from portal.models import Clinic, Role

View = TypeVar("View", bound=Callable[..., Any])


class Capability(StrEnum):
    """What a person may do."""

    VIEW = "view"
    FIX = "fix"
    RERUN = "rerun"
    IMPORT = "import"
    CREATE = "create"
    CANCEL = "cancel"
    DELETE = "delete"
    EXPORT = "export"
    REVEAL = "reveal"
    SEE_RAW = "see_raw"
    EDIT_RULES = "edit_rules"
    MANAGE_KEYS = "manage_keys"
    MANAGE_USERS = "manage_users"
    MANAGE_CONNECTIONS = "manage_connections"
    MANAGE_WEBHOOKS = "manage_webhooks"
    RUN_LANES = "run_lanes"


_VIEWER = frozenset({Capability.VIEW})
_OPERATOR = _VIEWER | {
    Capability.FIX,
    Capability.RERUN,
    Capability.IMPORT,
    Capability.CREATE,
}
_SUPERVISOR = _OPERATOR | {
    Capability.CANCEL,
    Capability.DELETE,
    Capability.EXPORT,
    Capability.REVEAL,
    Capability.SEE_RAW,
    Capability.EDIT_RULES,
    Capability.RUN_LANES,
}
_ADMIN = _SUPERVISOR | {
    Capability.MANAGE_KEYS,
    Capability.MANAGE_USERS,
    Capability.MANAGE_CONNECTIONS,
    Capability.MANAGE_WEBHOOKS,
}

CAPABILITIES: dict[str, frozenset[Capability]] = {
    Role.VIEWER: _VIEWER,
    Role.OPERATOR: _OPERATOR,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.ADMIN: _ADMIN,
}
"""What each role may do."""


def can(user: Any, capability: Capability) -> bool:
    """Whether this person may do that; nobody who is not active staff may do anything."""
    if user is None or not (user.is_active and user.is_staff):
        return False
    if user.is_superuser:
        return True
    return user.team_id is not None and capability in CAPABILITIES.get(user.role, frozenset())


def visible_clinics(user: Any) -> QuerySet[Clinic]:
    """The clinics whose patients this person sees: their own, within their team."""
    clinics = Clinic.objects.filter(users=user.pk)
    return clinics.filter(team_id=user.team_id) if user.team_id else clinics


def clinics_of(user: Any) -> list[Clinic]:
    """`visible_clinics` with their team, by name: asked for once per request and person."""
    if user is None or not user.is_authenticated:
        return []
    known = getattr(user, "_clinics_of", None)
    if known is None:
        known = list(visible_clinics(user).select_related("team").order_by("name"))
        user._clinics_of = known
    return cast("list[Clinic]", known)


def visible_clinic_ids(user: Any) -> list[uuid.UUID]:
    """The ids of `visible_clinics`, without a query of their own."""
    return [clinic.pk for clinic in clinics_of(user)]


def zone_of(user: Any) -> zoneinfo.ZoneInfo:
    """The zone that times are shown in: that of the person's first clinic, else the portal's."""
    clinics = clinics_of(user)
    return clinics[0].zone if clinics else zoneinfo.ZoneInfo(settings.TIME_ZONE)


def require(request: HttpRequest, capability: Capability) -> None:
    """Raise PermissionDenied (a 403) unless the request's person may do this."""
    if not can(getattr(request, "user", None), capability):
        raise PermissionDenied


def requires(capability: Capability) -> Callable[[View], View]:
    """Decorate a view, or a method that takes the request, so that others get a 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            request = next(each for each in args if isinstance(each, HttpRequest))
            require(request, capability)
            return view(*args, **kwargs)

        guarded.required_capability = capability  # type: ignore[attr-defined]
        return cast("View", guarded)

    return decorate


class Permitted:
    """`can.FIX` in a template: whether the request's person may do it. Unknown words fail."""

    def __init__(self, user: Any) -> None:
        self._user = user

    def __getitem__(self, name: str) -> bool:
        return can(self._user, Capability[name])


def permitted(request: HttpRequest) -> dict[str, Permitted]:
    """The context processor that puts `can` into every template."""
    return {"can": Permitted(getattr(request, "user", None))}
