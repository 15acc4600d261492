"""Where the team's records come from."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.admin.own_team import OwnTeamAdmin, OwnTeamForm
from portal.admin_site import Capability, display, yes_no
from records.admin.places import with_query
from records.choices import IntegrationStatus
from records.models import Integration


class IntegrationForm(OwnTeamForm):
    """A name is given once in a team."""

    unique_name = True

    class Meta:
        model = Integration
        fields = ("team", "name", "provider", "status")
        help_texts = {
            "name": "What your team calls the system, such as Hospital information system.",
            "provider": "Who makes or runs it, if that helps to tell them apart.",
            "status": "An inactive one keeps its records and is no longer offered.",
        }


@admin.register(Integration)
class IntegrationAdmin(OwnTeamAdmin):
    """The foreign systems whose practitioners the team mirrors."""

    form = IntegrationForm
    add_with = change_with = Capability.EDIT_RULES
    editable = ("name", "provider", "status")
    list_display = ("name", "provider", "shown_id", "shown_status", "shown_records")
    list_filter = ("status",)
    search_fields = ("name", "provider", "=id")
    search_help_text = "Name, provider or id"
    ordering = ("name",)

    def get_fieldsets(self, request: HttpRequest, obj: Integration | None = None) -> Any:
        """The id only once there is one."""
        own = ["name", "provider", "status", *(["id", "created_at"] if obj else [])]
        return self.with_team(request, [(None, {"fields": own})])

    @display(description="Id", ordering="id")
    def shown_id(self, integration: Integration) -> SafeString:
        """What rows name it by."""
        return format_html('<span class="ep-tag">{}</span>', integration.pk)

    @display(description="State", ordering="status")
    def shown_status(self, integration: Integration) -> SafeString:
        """Whether it is still offered."""
        return yes_no(integration.status == IntegrationStatus.ACTIVE, yes="Active", no="Inactive")

    @display(description="Records")
    def shown_records(self, integration: Integration) -> SafeString:
        """The way to them; counting each would read them all."""
        link = with_query(reverse("admin:records"), {"integration": integration.pk})
        return format_html('<a class="ep-link" href="{}">Show them</a>', link)
