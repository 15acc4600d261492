"""Clinics: where "today" is, and how a phone number is read."""

from __future__ import annotations

import zoneinfo
from itertools import groupby
from typing import Any

import phonenumbers
from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from portal.admin.own_team import OwnTeamAdmin, OwnTeamForm, has_team
from portal.admin_site import Capability, UnfoldAdminSelectWidget, display
from portal.models import Clinic

USUAL_ZONES = ("Asia/Dubai", "Asia/Riyadh", "Asia/Muscat", "Asia/Qatar", "Asia/Bahrain")


def zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every zone by continent, the usual ones first."""
    areas = sorted(name for name in zoneinfo.available_timezones() if "/" in name)
    areas = [name for name in areas if not name.startswith(("Etc/", "posix/", "right/"))]
    groups = groupby(areas, key=lambda name: name.partition("/")[0])
    usual = [("Usual", [(name, name) for name in USUAL_ZONES])]
    rest = [(area, [(name, name) for name in names]) for area, names in groups]
    return usual + rest + [("Other", [("UTC", "UTC")])]


def region_choices() -> list[tuple[str, str]]:
    """Every country with phone numbers, with its calling code."""
    return [
        (region, f"{region}  +{phonenumbers.country_code_for_region(region)}")
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    ]


class ClinicForm(OwnTeamForm):
    """A clinic's form, with lists to choose from."""

    unique_name = True
    timezone = forms.ChoiceField(
        label="Time zone",
        choices=zone_choices,
        widget=UnfoldAdminSelectWidget,
        help_text='Decides what "today" is for this clinic, and the times its staff see.',
    )
    region = forms.ChoiceField(
        label="Phone numbers of",
        choices=region_choices,
        widget=UnfoldAdminSelectWidget,
        help_text="A number without country code, such as 050 123 4567, is read as one of this "
        "country.",
    )

    class Meta:
        help_texts = {
            "name": "What staff and lists call it, such as “Marina Clinic”. No two clinics of a "
            "team share a name."
        }


@admin.register(Clinic)
class ClinicAdmin(OwnTeamAdmin):
    """The clinics of the admin's team. Whoever makes one belongs to it at once."""

    form = ClinicForm
    view_with = add_with = change_with = Capability.MANAGE_USERS
    editable = ("name", "timezone", "region")
    list_display = ("name", "shown_people", "shown_zone", "shown_region")
    list_select_related = ("team",)
    search_fields = ("name", "id")
    search_help_text = "Name or id"
    ordering = ("name",)
    fieldsets = [
        (None, {"fields": ["name", "timezone", "region", "id"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Clinic]:
        """With how many people may log in for each."""
        active = Count("users", filter=Q(users__is_active=True))
        return super().get_queryset(request).annotate(people=active)

    @display(description="People", ordering="people")
    def shown_people(self, clinic: Any) -> str:
        """Who sees its patients; a clinic of nobody stands out by saying so."""
        return f"{clinic.people}" if clinic.people else "Nobody yet"

    @display(description="Time zone", ordering="timezone")
    def shown_zone(self, clinic: Clinic) -> str:
        """With the time it is there now, which tells a slip at a glance."""
        now = timezone.now().astimezone(clinic.zone)
        return f"{clinic.timezone} (now {now:%H:%M})"

    @display(description="Phone numbers of", ordering="region")
    def shown_region(self, clinic: Clinic) -> str:
        """The country and its calling code."""
        return f"{clinic.region} +{phonenumbers.country_code_for_region(clinic.region)}"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A clinic that nobody belongs to would be out of everybody's sight."""
        super().save_model(request, obj, form, change)
        if not change and has_team(request):
            obj.users.add(request.user)
            messages.info(
                request, "You belong to the new clinic. Add its other people under Users."
            )
