"""System checks of the portal's own settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from portal.durability import durability_faults
from portal.outgoing import networks_of


@register(Tags.security, deploy=True)
def secrets_are_set(**kwargs: Any) -> list[CheckMessage]:
    """Refuse weak or shared secrets in production."""
    if len(settings.API_KEY_PEPPER) < 32:
        return [
            Error(
                "API_KEY_PEPPER is shorter than 32 characters.",
                hint="Make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'",
                id="portal.E001",
            )
        ]
    if settings.API_KEY_PEPPER == settings.SECRET_KEY:
        return [
            Error("API_KEY_PEPPER and SECRET_KEY must not be the same value.", id="portal.E002")
        ]
    return []


@register(Tags.security, deploy=True)
def field_keys_are_strong(**kwargs: Any) -> list[CheckMessage]:
    """Refuse weak or shared keys of secrets in production."""
    keys = settings.FIELD_KEY
    if not keys or any(len(key) < 32 for key in keys):
        return [
            Error(
                "FIELD_KEY is missing, or one of its keys is shorter than 32 characters.",
                hint="Make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'",
                id="portal.E004",
            )
        ]
    if {settings.SECRET_KEY, settings.API_KEY_PEPPER} & set(keys):
        return [Error("FIELD_KEY must not be another key's value.", id="portal.E005")]
    return []


@register(Tags.security)
def outgoing_networks_are_networks(**kwargs: Any) -> list[CheckMessage]:
    """Refuse an OUTGOING_ALLOW that cannot be read, before a call has to."""
    try:
        networks_of(settings.OUTGOING_ALLOW)
    except ValueError as error:
        return [Error(f"OUTGOING_ALLOW: {error}.", id="portal.E006")]
    return []


@register(Tags.database)
def database_keeps_its_word(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse a PostgreSQL that loses acknowledged rows in a power cut, outside of DEBUG."""
    if not databases or settings.DEBUG:
        return []
    return [
        Error(f"PostgreSQL would lose acknowledged rows in a power cut: {fault}.", id="portal.E003")
        for fault in durability_faults()
    ]


@register()
def workers_leave_room(**kwargs: Any) -> list[CheckMessage]:
    """One worker answers heartbeats while the others drain."""
    if settings.WORKERS < 2:
        return [
            Warning(
                "WORKERS is below 2: a drain would keep the heartbeat waiting.",
                hint="Set WORKERS to 2 or more.",
                id="portal.W001",
            )
        ]
    return []
