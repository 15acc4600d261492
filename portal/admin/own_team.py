"""Rows that belong to the team of whoever makes them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import HttpRequest

from portal.admin_site import PortalModelAdmin
from portal.models import Clinic


class OwnTeamForm(ModelForm):
    """A form whose row gets the person's team; superusers without one choose it.

    `person` is set by OwnTeamAdmin. The name is unique within the team where `unique_name`.
    """

    person: Any = None
    unique_name = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "team" in self.fields:
            self.fields["team"].required = True
            self.fields["team"].help_text = "Whose it is. It cannot be moved to another team later."

    def team_id(self) -> str | None:
        """The team that the row has or will have."""
        chosen = self.cleaned_data.get("team")
        return self.instance.team_id or self.person.team_id or (chosen.pk if chosen else None)

    def clean(self) -> dict[str, Any] | None:
        """Say at the field what the database would refuse."""
        cleaned = super().clean()
        name, same = self.cleaned_data.get("name"), self._meta.model._default_manager
        if self.unique_name and name and self.team_id():
            others = same.filter(team=self.team_id(), name=name).exclude(pk=self.instance.pk)
            if others.exists():
                self.add_error("name", ValidationError("Your team already has one of this name."))
        return cleaned


class OwnTeamAdmin(PortalModelAdmin):
    """A model page for rows with a `team`: set once, never shown to people who have only one."""

    team_lookup = "team"
    form = OwnTeamForm

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form knows who fills it in."""
        form = super().get_form(request, obj, change=change, **kwargs)
        form.person = request.user
        return form

    def get_editable(self, request: HttpRequest, obj: Any = None) -> Collection[str]:
        """Superusers without a team say whose the new row is."""
        editable = set(super().get_editable(request, obj))
        return editable | {"team"} if obj is None and not has_team(request) else editable

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """With the team, for those who look after several."""
        return self.with_team(request, super().get_fieldsets(request, obj))

    def with_team(self, request: HttpRequest, fieldsets: Any) -> Any:
        """The team first, for those who look after several."""
        return fieldsets if has_team(request) else [(None, {"fields": ["team"]}), *fieldsets]

    def get_list_display(self, request: HttpRequest) -> list[str]:
        """The team last, for the same people."""
        columns = list(super().get_list_display(request))
        return columns if has_team(request) else [*columns, "team"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new row belongs to the team of whoever makes it."""
        if not change and has_team(request):
            obj.team_id = request.user.team_id  # type: ignore[union-attr]
        super().save_model(request, obj, form, change)


def has_team(request: HttpRequest) -> bool:
    """Whether the person works in one team only."""
    user: Any = request.user
    return user.team_id is not None


def team_clinics(request: HttpRequest, obj: Any = None) -> Any:
    """The clinics that a row of this team may name: the person's team, or the row's own."""
    user: Any = request.user
    team_id = user.team_id or (obj.team_id if obj is not None else None)
    clinics = Clinic.objects.order_by("name")
    return clinics.filter(team_id=team_id) if team_id else clinics
