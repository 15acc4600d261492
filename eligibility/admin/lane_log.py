"""What people did to a lane, out of the audit log."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from eligibility.models import Connection
from portal import moments
from portal.admin.audit_changes import change_lines
from portal.admin.audit_kinds import fact_words
from portal.admin.audit_log import LOOKS
from portal.badges import Badge
from portal.models import AuditEvent, Verb

SHOWN = 12


def log_of(lane: Connection, zone: tzinfo) -> list[dict[str, Any]]:
    """The newest deeds on this connection, the newest first."""
    events = AuditEvent.objects.filter(object_kind="eligibility.connection", object_id=str(lane.pk))
    return [_entry(event, zone) for event in events.order_by("-at", "-pk")[:SHOWN]]


def _entry(event: AuditEvent, zone: tzinfo) -> dict[str, Any]:
    words = dict(Verb.choices)
    icon, colour = LOOKS.get(event.verb, ("edit", "grey"))
    changes = [f"{name}: {before} → {after}" for name, before, after in change_lines(event)]
    facts = [fact_words(event.object_kind, name, value) for name, value in event.details.items()]
    return {
        "badge": Badge(str(words.get(event.verb, event.verb)), icon, colour),
        "who": event.actor_name or "The portal",
        "at": moments.at_second(event.at, zone),
        "facts": [*changes, *(": ".join(fact) for fact in facts)],
    }
