"""What is done to API keys, whoever does it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from portal import audit
from portal.audit import Actor, Target
from portal.audit_values import difference, snapshot
from portal.models import ApiKey, Clinic, Team, Verb

OVERLAP = timedelta(hours=24)
"""How long a replaced key goes on working unless somebody says otherwise."""

LONGEST_OVERLAP = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Rotation:
    """What became of a rotation: the new key and its text, or why there is none.

    `old_ends` is when the replaced key stops by itself.
    """

    refused: str = ""
    key: ApiKey | None = None
    text: str = ""
    old_ends: datetime | None = None


@transaction.atomic
def issue_key(
    *,
    team: Team,
    name: str,
    scopes: Iterable[str],
    clinics: Iterable[Clinic],
    actor: Actor | str,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key. Returns the row and its text, which can never be had again."""
    key, text = ApiKey.issue(
        team=team, name=name, scopes=scopes, clinics=clinics, expires_at=expires_at
    )
    audit.record(verb=Verb.CREATED, actor=actor, obj=key, changes=_as_made(key))
    return key, text


@transaction.atomic
def rotate_key(
    *, key_id: str, actor: Actor | str, overlap: timedelta, expires_at: datetime | None
) -> Rotation:
    """Give a key a successor that may do the same; the old one works for `overlap` longer.

    The old key then ends by itself, never later than it was to end anyway. Two keys of one
    family may be alive, not three; a second rotation at the same moment is refused. Raises
    ValueError for an overlap below zero or beyond LONGEST_OVERLAP.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise ValueError("overlap out of bounds")
    old = ApiKey.objects.select_for_update().get(pk=key_id)
    now = timezone.now()
    if refused := why_not_rotated(old, now):
        return Rotation(refused=refused)
    key = ApiKey(
        team_id=old.team_id,
        name=old.name,
        scopes=old.scopes,
        family=old.family,
        replaces=old,
        expires_at=expires_at,
    )
    text = key.give_secret()
    key.save()
    key.clinics.set(old.clinics.all())
    ends = min(end for end in (old.expires_at, now + overlap) if end is not None)
    ApiKey.objects.filter(pk=old.pk).update(expires_at=ends)
    audit.record(
        verb=Verb.ROTATED,
        actor=actor,
        obj=old,
        changes={"expires_at": (old.expires_at, ends)},
        details={"successor": key.public_id},
    )
    audit.record(verb=Verb.CREATED, actor=actor, obj=key, changes=_as_made(key))
    return Rotation(key=key, text=text, old_ends=ends)


def why_not_rotated(key: ApiKey, now: datetime) -> str:
    """Why this key gets no successor, as a sentence; empty when it may get one."""
    if key.revoked_at is not None:
        return f"Key {key.public_id} was revoked. Issue a new one."
    if not key.is_live(now):
        return f"Key {key.public_id} has ended. Issue a new one."
    successor = key.successors.filter(revoked_at=None).first()
    if successor is not None:
        return f"Key {key.public_id} was replaced by {successor.public_id} already."
    older = ApiKey.objects.live(now).filter(pk=key.replaces_id).first()
    if older is not None:
        return (
            f"Key {older.public_id}, which {key.public_id} replaces, still works. "
            "Revoke it or let it end before you replace its successor."
        )
    return ""


@transaction.atomic
def revoke_keys(*, keys: QuerySet[ApiKey], actor: Actor | str, only: bool = False) -> int:
    """Close these keys for good, from the next request on. Returns how many were open.

    A key takes those along that it replaced and that still work, unless `only`: whoever revokes
    a program's key means the program. The one that replaced it is left alone.
    """
    ids = keys.order_by().values("pk")
    wanted = Q(pk__in=ids)
    if not only:
        wanted |= Q(pk__in=ApiKey.objects.replaced_by(keys))
    still_open = ApiKey.objects.filter(wanted, revoked_at=None)
    found = list(still_open.select_for_update().order_by("pk"))
    now = timezone.now()
    ApiKey.objects.filter(pk__in=[key.pk for key in found]).update(revoked_at=now)
    targets = [Target.of(key, {"revoked_at": (None, now)}) for key in found]
    audit.record_many(verb=Verb.REVOKED, actor=actor, targets=targets)
    return len(found)


@transaction.atomic
def share_rights(*, key: ApiKey, actor: Actor | str) -> int:
    """Let the keys that this one replaced, and that still work, do what it may, and no more.

    To people both are one key. Returns how many there were to change.
    """
    changed = 0
    older = ApiKey.objects.live().filter(pk=key.replaces_id)
    for old in older.select_for_update():
        before = snapshot(old)
        ApiKey.objects.filter(pk=old.pk).update(name=key.name, scopes=key.scopes)
        old.clinics.set(key.clinics.all())
        old.refresh_from_db()
        if changes := difference(before, snapshot(old)):
            audit.record(verb=Verb.CHANGED, actor=actor, obj=old, changes=changes)
            changed += 1
    return changed


def _as_made(key: ApiKey) -> dict[str, tuple[None, object]]:
    """A new key's fields as the log keeps them; what hides a secret is masked there."""
    return {name: (None, value) for name, value in snapshot(key).items()}
