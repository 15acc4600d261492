"""Connections' secrets as the calls need them: opened once, then kept in this process's memory.

What is kept goes by the connection's `secrets_version`, which comes with its lane, so a claim
costs no query of its own and a changed secret is used by the next claim.
"""

from __future__ import annotations

from typing import Final

import structlog

from eligibility.connectors.base import NO_SECRETS, Secrets
from eligibility.models import ConnectionSecret
from portal.sealing import Unopenable, unseal

_MOST_KEPT: Final = 1_000
_kept: dict[int, tuple[int, Secrets]] = {}
log = structlog.get_logger(__name__)


def secrets_of(connection_id: int, version: int) -> Secrets:
    """The secrets of a connection. One that no key opens is left out: its call says so.

    `version` is the connection's; 0 means that it never had any. Asks the database only when
    this version is not the one in memory.
    """
    if not version:
        return NO_SECRETS
    kept = _kept.get(connection_id)
    if kept is not None and kept[0] == version:
        return kept[1]
    secrets = _opened(connection_id)
    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    _kept[connection_id] = (version, secrets)
    return secrets


def forget() -> None:
    """Keep nothing."""
    _kept.clear()


def _opened(connection_id: int) -> Secrets:
    values = {}
    rows = ConnectionSecret.objects.filter(connection=connection_id)
    for name, sealed in rows.values_list("name", "sealed"):
        try:
            values[name] = unseal(sealed)
        except Unopenable:
            log.error("secret_not_opened", connection=connection_id, secret=name)
    return Secrets(values)
