"""Teams, for the people who look after the machine."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from portal.admin_site import Capability, PortalModelAdmin, badge, display
from portal.models import Team


class TeamForm(ModelForm):
    """A team's form."""

    class Meta:
        help_texts = {"name": "The company, as its people and integrators know it."}


@admin.register(Team)
class TeamAdmin(PortalModelAdmin):
    """The tenants. Only superusers make and change them; an admin may look at their own."""

    form = TeamForm
    team_lookup = "pk"
    view_with = add_with = change_with = Capability.MANAGE_USERS
    editable = ("name", "is_production")
    list_display = ("name", "shown_kind", "id", "created_at")
    search_fields = ("name", "id")
    search_help_text = "Name or id"
    ordering = ("name",)
    fieldsets = [
        (
            None,
            {
                "fields": ["name", "is_production", "id"],
                "description": "A team is a company with its clinics. Teams see nothing of each "
                "other. The id is what integrators get as teamId.",
            },
        )
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers only."""
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers only."""
        return _is_superuser(request)

    @display(description="Kind")
    def shown_kind(self, team: Team) -> str:
        """Whether synthetic answers are refused."""
        if team.is_production:
            return badge("Production", "verified", "green")
        return badge("Test", "science", "amber")


def _is_superuser(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.is_active and user.is_superuser)
