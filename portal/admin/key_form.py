"""What an API key may do, where and for how long."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from portal.admin.key_columns import SCOPE_WORDS, is_replaced
from portal.admin.own_team import OwnTeamForm
from portal.admin_site import UnfoldAdminCheckboxSelectMultipleWidget
from portal.models import Scope

REPLACED_HELP = (
    "In your clinic's time. Another key has taken its place: this one ends then, unless it is "
    "revoked before. A later end gives its program more time."
)


class KeyForm(OwnTeamForm):
    """An API key's form; `clinics` is limited to the team's by the page."""

    scopes = forms.MultipleChoiceField(
        label="May",
        choices=[(scope.value, SCOPE_WORDS[scope]) for scope in Scope],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Give a key only what its program needs; a second program gets a second key.",
    )

    class Meta:
        labels = {"name": "Used by", "clinics": "For the clinics", "expires_at": "Ends"}
        help_texts = {
            "name": "The program that will hold the key, such as the hospital's booking system.",
            "clinics": "With several, the program names one in each request (x-clinic-id).",
            "expires_at": "In your clinic's time. Empty: the key works until somebody revokes it.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "expires_at" in self.fields and self.instance.pk and is_replaced(self.instance):
            self.fields["expires_at"].help_text = REPLACED_HELP

    def clean_scopes(self) -> list[str]:
        """In one order, however they were ticked."""
        return sorted(self.cleaned_data["scopes"])

    def clean_expires_at(self) -> Any:
        """An end in the past is a slip."""
        end = self.cleaned_data["expires_at"]
        if end is not None and "expires_at" in self.changed_data and end <= timezone.now():
            raise ValidationError("This moment has passed. Leave it empty for a key without end.")
        if end is None and is_replaced(self.instance):
            raise ValidationError("Another key has taken its place: this one has to end.")
        return end

    def clean(self) -> dict[str, Any] | None:
        """A key acts for clinics of its own team only."""
        cleaned = super().clean()
        clinics = self.cleaned_data.get("clinics") or ()
        if any(clinic.team_id != self.team_id() for clinic in clinics):
            self.add_error("clinics", ValidationError("A clinic of another team is among these."))
        return cleaned
