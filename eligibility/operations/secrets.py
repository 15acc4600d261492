"""Set, remove and seal anew the secrets of connections. Their values never leave this module."""

from __future__ import annotations

import re
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from eligibility.engine import slots
from eligibility.engine.lane import login, patience, states
from eligibility.engine.lane.standing import standings
from eligibility.models import Connection, ConnectionSecret, LaneState
from portal import audit
from portal.audit import Actor
from portal.models import Verb
from portal.sealing import is_sealed_with_first_key, seal, unseal

SHORTEST: Final = 6
"""Characters: shorter ones could not be taken out of a payer's answer without harming it."""

LONGEST: Final = 8_000
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


@transaction.atomic
def set_secret(*, connection: Connection, name: str, value: str, actor: Actor) -> None:
    """Seal this value as the connection's secret of this name, in place of an earlier one.

    The workers use it from their next claim on. Raises ValidationError for a name that is not
    lower case letters, digits and underscores, and for a value that is blank, too short, too
    long or holds a line break. The audit log says that it changed, and nothing else.
    """
    fault = value_fault(value)
    if not _NAME.fullmatch(name) or fault:
        raise ValidationError(fault or "A secret's name has small letters, digits and _ only.")
    values = {
        "sealed": seal(value),
        "changed_at": timezone.now(),
        "changed_by": actor.name[:200],
    }
    _, is_new = ConnectionSecret.objects.update_or_create(
        connection=connection, name=name, defaults=values
    )
    before = f"{name}: not set" if is_new else f"{name}: set"
    _note_change(connection, actor, before, f"{name}: {'set' if is_new else 'changed'}")


@transaction.atomic
def remove_secret(*, connection: Connection, name: str, actor: Actor) -> bool:
    """Forget a secret. Returns whether there was one."""
    removed, _ = ConnectionSecret.objects.filter(connection=connection, name=name).delete()
    if removed:
        _note_change(connection, actor, f"{name}: set", f"{name}: removed")
    return bool(removed)


def value_fault(value: str) -> str | None:
    """What is wrong with a secret's value, in words; None when it can be used."""
    if any(ord(character) < 32 for character in value):
        return "A secret is one line: this one holds a line break or another control character."
    if not SHORTEST <= len(value) <= LONGEST or value != value.strip():
        return f"A secret has {SHORTEST} to {LONGEST} characters, without blanks around it."
    return None


@transaction.atomic
def trust_login(*, connection: Connection) -> None:
    """Something about how we reach the payer has changed: try its login again.

    Opens a lane that two refused logins have locked, and lets the workers open the secrets
    anew. Part of every change of a secret; call it after a change of the settings.
    """
    Connection.objects.filter(pk=connection.pk).update(secrets_version=F("secrets_version") + 1)
    if not LaneState.objects.filter(connection=connection.pk, login_failures__gt=0).exists():
        return
    state = states.lock([connection.pk])[connection.pk]
    states.change(state, login.unlocked())
    lane = Connection.objects.get(pk=connection.pk)
    states.change(state, patience.follow(lane, state, standings([lane])[0].now))
    slots.wake()


@transaction.atomic
def rotate_secrets() -> tuple[int, int]:
    """Seal every secret with the first key of FIELD_KEY.

    Returns how many were sealed anew and how many already were. Raises Unopenable, and changes
    nothing, when a secret was sealed with a key that FIELD_KEY no longer holds.
    """
    stale = []
    rows = list(ConnectionSecret.objects.select_for_update().order_by("pk"))
    for row in rows:
        if not is_sealed_with_first_key(row.sealed):
            row.sealed = seal(unseal(row.sealed))
            stale.append(row)
    ConnectionSecret.objects.bulk_update(stale, ["sealed"], batch_size=200)
    return len(stale), len(rows) - len(stale)


def _note_change(connection: Connection, actor: Actor, before: str, after: str) -> None:
    """Let the workers open the secrets anew, and write down who did it."""
    trust_login(connection=connection)
    audit.record(verb=Verb.CHANGED, actor=actor, obj=connection, changes={"login": (before, after)})
