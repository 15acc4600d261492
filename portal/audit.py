"""Write the audit log: call it in the transaction that does the deed, so that both stand or fall.

    audit.record(verb=Verb.CHANGED, actor=audit.actor_of(request), obj=payer, changes=changes)
    audit.record_many(verb=Verb.RERUN, actor="65f…", targets=[Target.of(task) for task in moved])

The request's id is added by itself. Values of secret fields and of patients' identifiers are
masked here, whoever calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

from portal import objectid
from portal.audit_values import Changes, masked_changes, masked_facts
from portal.intake.insert import insert_rows
from portal.models import ActorKind, ApiKey, AuditEvent, User, Verb

COLUMNS = (
    "id",
    "at",
    "team_id",
    "clinic_id",
    "actor_kind",
    "actor_id",
    "actor_name",
    "verb",
    "object_kind",
    "object_id",
    "object_name",
    "changes",
    "details",
    "request_id",
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `id` is the 24-hex id of a person or a key, `name` what people call them."""

    kind: ActorKind
    id: str = ""
    name: str = ""
    team_id: str | None = None


SYSTEM = Actor(ActorKind.SYSTEM, name="Portal")


def command(name: str) -> Actor:
    """A management command."""
    return Actor(ActorKind.COMMAND, name=name)


def actor_of(request: HttpRequest) -> Actor:
    """The person behind a page's request."""
    return of_user(request.user)


def of_user(user: Any) -> Actor:
    """A person."""
    name = user.get_full_name() or user.get_username()
    return Actor(ActorKind.USER, user.pk, name, user.team_id)


def find_actor(actor_id: str) -> Actor:
    """Who has this id, as rows and events name who made them; the portal when nobody has."""
    if user := User.objects.filter(pk=actor_id).first():
        return of_user(user)
    if key := ApiKey.objects.filter(pk=actor_id).first():
        return Actor(ActorKind.KEY, key.pk, str(key), key.team_id)
    return Actor(ActorKind.SYSTEM, id=actor_id, name="Portal")


@dataclass(frozen=True, slots=True)
class Target:
    """What a deed was done to, and what it changed there (fields before and after)."""

    kind: str = ""
    id: str = ""
    name: str = ""
    team_id: str | None = None
    clinic_id: UUID | None = None
    changes: Changes | None = None

    @classmethod
    def of(cls, obj: Model, changes: Changes | None = None) -> Target:
        """A row; its team and clinic are read off it."""
        is_team, is_clinic = obj._meta.label == "portal.Team", obj._meta.label == "portal.Clinic"
        return cls(
            kind=obj._meta.label_lower,
            id=str(obj.pk),
            name=str(obj)[:200],
            team_id=obj.pk if is_team else getattr(obj, "team_id", None),
            clinic_id=obj.pk if is_clinic else getattr(obj, "clinic_id", None),
            changes=changes,
        )


def record(
    *,
    verb: Verb,
    actor: Actor | str,
    obj: Model | None = None,
    changes: Changes | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """One deed, on this row or on none in particular (an export of a list, a login)."""
    target = Target(changes=changes) if obj is None else Target.of(obj, changes)
    record_many(verb=verb, actor=actor, targets=[target], details=details)


def record_many(
    *,
    verb: Verb,
    actor: Actor | str,
    targets: Iterable[Target],
    details: Mapping[str, Any] | None = None,
) -> int:
    """One deed on many rows: an event each, in one insert. Returns how many there were."""
    who = find_actor(actor) if isinstance(actor, str) else actor
    now, request_id = timezone.now(), _request_id()
    facts = masked_facts(details or {})
    return insert_rows(
        AuditEvent,
        COLUMNS,
        (
            (
                objectid.new_uuid(),
                now,
                target.team_id or who.team_id,
                target.clinic_id,
                ActorKind(who.kind).value,
                who.id,
                who.name[:200],
                Verb(verb).value,
                target.kind,
                target.id,
                target.name,
                masked_changes(target.changes or {}),
                facts,
                request_id,
            )
            for target in targets
        ),
    )


def _request_id() -> str:
    """The id that the middleware gave to the request this happens in; empty elsewhere."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))
