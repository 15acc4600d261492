"""Where a team's records come from."""

from __future__ import annotations

from django.db import models

from portal import objectid
from portal.models import Team
from records.choices import IntegrationStatus


class Integration(models.Model):
    """A foreign system whose resources a team mirrors (24-hex `integrationId` on the wire).

    Its status (`choices.IntegrationStatus`) is for people: an inactive one is no longer offered.
    A record may name an integration that is not here; the rules say what that means.
    """

    id = models.CharField(primary_key=True, max_length=24, default=objectid.new, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="integrations")
    name = models.CharField(max_length=200)
    provider = models.CharField(max_length=100, blank=True)
    status = models.CharField(
        max_length=16, choices=IntegrationStatus, default=IntegrationStatus.ACTIVE
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], name="integration_name_once_a_team"),
            models.CheckConstraint(
                condition=models.Q(status__in=IntegrationStatus.values),
                name="integration_status_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name
