"""Payers with their rules, and the connections to them."""

from __future__ import annotations

from django.contrib import admin

from eligibility.models import Connection, Payer
from portal.admin_site import Capability, PortalModelAdmin


@admin.register(Payer)
class PayerAdmin(PortalModelAdmin):
    """The registry: every team asks the same payers, by the same rules."""

    is_global = True
    change_with = Capability.EDIT_RULES
    list_display = ("code", "name", "kind", "is_active")
    search_fields = ("code", "name")


@admin.register(Connection)
class ConnectionAdmin(PortalModelAdmin):
    """How the person's team reaches its payers."""

    team_lookup = "team"
    change_with = Capability.MANAGE_CONNECTIONS
    list_display = ("name", "payer", "connector", "is_active")
    list_select_related = ("payer",)
    search_fields = ("name",)
