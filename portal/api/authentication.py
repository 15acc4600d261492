"""Who is calling (api-contract, section 1)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError, connection
from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from portal.errors import ApiError, ErrorCode, detail, invalid_request
from portal.models import ApiKey, Clinic, Team

CHALLENGE = 'Bearer realm="eligibility-portal"'
USED_EVERY = timedelta(minutes=1)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """The key behind a request and the clinic it acts for. DRF's `request.user`.

    `actor_id` is the key's 24-hex id, as rows and events name who made them.
    """

    key: ApiKey
    team: Team
    clinic: Clinic
    scopes: frozenset[str]
    is_authenticated: bool = True

    @property
    def actor_id(self) -> str:
        """Who did it, for `created_by` and events."""
        return self.key.pk

    def __str__(self) -> str:
        return f"key {self.key.public_id}"


class ApiKeyAuthentication(BaseAuthentication):
    """The key in `Authorization: Bearer KEY`, `x-api-key: KEY` or `x-api-key: Bearer KEY`.

    Two queries (three at most once a minute), however many clinics the key has.
    """

    def authenticate(self, request: Request) -> tuple[Caller, ApiKey] | None:
        """The caller, or None when the request carries no key at all."""
        text = key_text(request.headers)
        if text is None:
            return None
        key = ApiKey.objects.find(text)
        if key is None:
            raise unauthorized("This is not a key of ours.", "invalid_token")
        now = timezone.now()
        if not key.is_live(now):
            state = "was revoked" if key.revoked_at else "has expired"
            raise unauthorized(f"This key {state}.", "invalid_token")
        clinic = choose_clinic(key, request.headers.get("x-clinic-id", "").strip())
        note_use(key, now)
        return Caller(key, key.team, clinic, frozenset(key.scopes)), key

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return CHALLENGE


def unauthorized(message: str, error: str = "") -> ApiError:
    """A 401 with its challenge (RFC 6750); `error` is left out when no key was sent."""
    challenge = f'{CHALLENGE}, error="{error}"' if error else CHALLENGE
    return ApiError(ErrorCode.UNAUTHORIZED, message, headers={"WWW-Authenticate": challenge})


def key_text(headers: Mapping[str, str]) -> str | None:
    """The key as sent, None when there is none. Another Authorization scheme is not a key."""
    bearer = _after_bearer(headers.get("authorization", ""))
    plain = headers.get("x-api-key", "").strip()
    plain = _after_bearer(plain) or plain
    if bearer and plain and bearer != plain:
        raise invalid_request(
            "key.conflict", "Authorization and x-api-key carry different keys. Send one."
        )
    return bearer or plain or None


def _after_bearer(value: str) -> str:
    """What follows the word Bearer; empty when the value does not start with it."""
    scheme, _, rest = value.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else ""


def choose_clinic(key: ApiKey, wanted: str) -> Clinic:
    """The clinic that the request acts for, among those of the key."""
    clinics = key.clinics.filter(team=key.team_id)
    if wanted:
        found = clinics.filter(pk=_clinic_id(wanted)).first()
        if found is None:
            raise _clinic_refused("clinic.foreign", "This key may not act for that clinic.")
        return found
    few = list(clinics[:2])
    if not few:
        raise _clinic_refused("clinic.none", "This key may not act for any clinic.")
    if len(few) > 1:
        raise invalid_request(
            "clinic.required", "This key has several clinics: name one in the x-clinic-id header."
        )
    return few[0]


def _clinic_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise invalid_request(
            "clinic.malformed", "The x-clinic-id header must be a UUID.", value=text[:64]
        ) from None


def _clinic_refused(code: str, message: str) -> ApiError:
    return ApiError(ErrorCode.FORBIDDEN, message, details=[detail(code, message)])


def note_use(key: ApiKey, now: datetime) -> None:
    """Remember when the key was last used, to the minute.

    Never at the request's cost: nothing is written when the last note is recent, a busy
    database is not waited for, and a failure is only logged.
    """
    before = now - USED_EVERY
    if key.last_used_at is not None and key.last_used_at > before:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=before)
    try:
        with _NoWait():
            ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
    except DatabaseError as error:
        _log.info("key.use_not_noted", exception=type(error).__qualname__)


class _NoWait:
    """While open, SQLite answers "locked" at once instead of waiting for another writer."""

    def __enter__(self) -> None:
        self._set(0)

    def __exit__(self, *failure: Any) -> None:
        self._set(int(connection.settings_dict["OPTIONS"].get("timeout", 5) * 1000))

    def _set(self, milliseconds: int) -> None:
        if connection.vendor == "sqlite":
            connection.connection.execute(f"PRAGMA busy_timeout={milliseconds}")
