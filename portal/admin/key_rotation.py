"""The page that replaces a key, and the one that shows a new key once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from portal import audit
from portal.admin.key_columns import key_page
from portal.admin_site import (
    Capability,
    ChangeList,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    action,
)
from portal.keys import OVERLAP, rotate_key, why_not_rotated
from portal.models import ApiKey

HOUR = 3_600
OVERLAPS = (
    (0, "Not at all: it stops now"),
    (HOUR, "1 hour"),
    (24 * HOUR, "24 hours"),
    (7 * 24 * HOUR, "7 days"),
    (30 * 24 * HOUR, "30 days"),
)


class NewestKeys(ChangeList):
    """A list with one row for a key and the one that it replaces."""

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Without the keys that another took the place of."""
        return super().get_queryset(request, *args, **kwargs).newest()


class RotationForm(forms.Form):
    """For how long the old key goes on, and when the new one ends."""

    overlap = forms.TypedChoiceField(
        label="The old key works for",
        coerce=int,
        choices=OVERLAPS,
        initial=int(OVERLAP.total_seconds()),
        widget=UnfoldAdminSelectWidget,
        help_text="As long as it takes to give the program its new key. Then it ends by itself.",
    )
    expires_at = forms.SplitDateTimeField(
        label="The new key ends",
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget,
        help_text="In your clinic's time. Empty: the key works until somebody revokes it.",
    )

    def clean_expires_at(self) -> datetime | None:
        """An end in the past is a slip."""
        end: datetime | None = self.cleaned_data["expires_at"]
        if end is not None and end <= timezone.now():
            raise ValidationError("This moment has passed. Leave it empty for a key without end.")
        return end


class KeyRotation:
    """Mixed into the keys' admin."""

    admin_site: Any

    @action(requires=Capability.MANAGE_KEYS, description="Replace", icon="autorenew")
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for how long both keys shall work, then show the new one, once."""
        me: Any = self
        key: ApiKey | None = me.get_object(request, object_id)
        if key is None:
            raise Http404
        if refused := why_not_rotated(key, timezone.now()):
            messages.error(request, refused)
            return redirect(key_page(key.pk))
        form = RotationForm(request.POST if request.method == "POST" else None, initial=_usual(key))
        if not form.is_valid():
            return self._ask_overlap(request, key, form)
        rotation = rotate_key(
            key_id=key.pk,
            actor=audit.actor_of(request),
            overlap=timedelta(seconds=form.cleaned_data["overlap"]),
            expires_at=form.cleaned_data["expires_at"],
        )
        if rotation.key is None:
            messages.error(request, rotation.refused)
            return redirect(key_page(key.pk))
        return self.show_issued(
            request, rotation.key, rotation.text, old=key, old_ends=rotation.old_ends
        )

    def _ask_overlap(self, request: HttpRequest, key: ApiKey, form: RotationForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Replace key",
            "crumbs": [*_crumbs(), {"title": str(key), "link": key_page(key.pk)}],
            "key": key,
            "form": form,
            "back": key_page(key.pk),
        }
        return TemplateResponse(request, "admin/key_rotate.html", context)

    def show_issued(
        self, request: HttpRequest, key: ApiKey, text: str, **of_old: Any
    ) -> HttpResponse:
        """The key itself, on a page that says that it will not be shown again."""
        context = {
            **self.admin_site.each_context(request),
            "title": "New key",
            "crumbs": _crumbs(),
            "key": key,
            "text": text,
            "clinics": key.clinics.order_by("name"),
            **of_old,
        }
        return TemplateResponse(request, "admin/key_issued.html", context)


def _usual(key: ApiKey) -> dict[str, Any]:
    """The successor lives as long as this key was to, unless somebody says otherwise."""
    return {"expires_at": key.next_end(timezone.now())}


def _crumbs() -> list[dict[str, str]]:
    return [{"title": "API keys", "link": reverse("admin:portal_apikey_changelist")}]
