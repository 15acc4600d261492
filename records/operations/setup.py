"""Find a team, and the integration through which its files come in."""

from __future__ import annotations

from django.db import transaction

from portal import audit
from portal.models import Team, Verb
from records.models import Integration
from records.querysets import is_object_id


class SetupFault(Exception):
    """What was named is not there, or not clear. The message says so to whoever named it."""


def find_team(text: str | None) -> Team:
    """The team of this name or 24-hex id; without any, the only one there is. Raises SetupFault."""
    if text is None:
        teams = list(Team.objects.order_by("name")[:2])
        if len(teams) == 1:
            return teams[0]
        said = "There are several teams: name one." if teams else "There is no team yet."
        raise SetupFault(said)
    wanted = text.strip()
    found = Team.objects.filter(name=wanted).first() or Team.objects.filter(pk=wanted).first()
    if found is None:
        raise SetupFault(f"There is no team {wanted!r}.")
    return found


@transaction.atomic
def create_integration(
    *, team: Team, integration_id: str, actor: audit.Actor, name: str = ""
) -> Integration:
    """The team's integration with exactly this id, made when there is none.

    Raises SetupFault for what is no id, and for one that another team has.
    """
    require_id(integration_id)
    found, is_new = Integration.objects.get_or_create(
        pk=integration_id, defaults={"team": team, "name": name or integration_id}
    )
    if found.team_id != team.pk:
        raise SetupFault("Another team has the integration of this id.")
    if is_new:
        audit.record(verb=Verb.CREATED, actor=actor, obj=found)
    return found


def require_id(integration_id: str) -> None:
    """Raise SetupFault unless this can be an integration's id."""
    if not is_object_id(integration_id):
        raise SetupFault("An integration's id is 24 lower-case hex characters.")
