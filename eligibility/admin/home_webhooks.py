"""What the home page says of webhooks that the portal switched off by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eligibility.admin.home_desk import Desk, address
from portal.admin.webhooks.reading import switched_off
from portal.admin.webhooks.words import why_not_sent
from portal.roles import Capability, can


@dataclass(frozen=True, slots=True)
class WebhookOff:
    """One of them: why, since when, and where it is put right."""

    why: str
    address: str


def switched_off_for(user: Any, desk: Desk) -> list[WebhookOff]:
    """Those of the person's teams, for who may see to them; others are not asked about."""
    if not can(user, Capability.MANAGE_WEBHOOKS):
        return []
    teams = desk.teams | ({user.team_id} if user.team_id else set())
    return [
        WebhookOff(why=why_not_sent(each, desk.zone), address=address("webhook", each.pk))
        for each in switched_off(teams)
    ]
