"""API keys: issued once, shown once, revoked for good."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal import audit
from portal.admin.key_form import SCOPE_WORDS, KeyForm
from portal.admin.own_team import OwnTeamAdmin, team_clinics
from portal.admin_site import (
    ActionVariant,
    Capability,
    UnfoldAdminCheckboxSelectMultipleWidget,
    action,
    badge,
    confirm,
    display,
    is_confirmed,
)
from portal.keys import revoke_keys
from portal.models import ApiKey

WHAT = ["name", "scopes", "clinics", "expires_at"]
USE = ["public_id", "shown_state", "created_at", "last_used_at", "revoked_at"]
AFTERWARDS = (
    "Programs that use it are refused from their next request on.",
    "This cannot be undone. A new key can be made at any time.",
)


@admin.register(ApiKey)
class ApiKeyAdmin(OwnTeamAdmin):
    """The keys of the admin's team."""

    form = KeyForm
    view_with = add_with = change_with = Capability.MANAGE_KEYS
    editable = WHAT
    list_display = ("shown_name", "public_id", "shown_state", "shown_scopes", "shown_use")
    list_select_related = ("team",)
    search_fields = ("name", "public_id")
    search_help_text = "Program or public id"
    ordering = ("-created_at",)
    actions = ("revoke_selected",)
    actions_detail = ("revoke",)
    fieldsets = [(None, {"fields": WHAT}), ("Use", {"fields": USE})]
    add_fieldsets = [(None, {"fields": WHAT})]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A revoked key stays as it was."""
        is_open = not isinstance(obj, ApiKey) or obj.revoked_at is None
        return is_open and super().has_change_permission(request, obj)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The team's clinics, as boxes to tick."""
        kwargs["queryset"] = team_clinics(request)
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    # --- a new key is shown once --------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The text lives only until the answer to this request is sent."""
        if not change:
            form.text = obj.give_secret()
            request.issued = form.text  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The key itself, on a page that says that it will not be shown again."""
        context = {
            **self.admin_site.each_context(request),
            "title": "New key",
            "crumbs": [{"title": "API keys", "link": self._list()}],
            "key": obj,
            "text": request.issued,  # type: ignore[attr-defined]
            "clinics": obj.clinics.order_by("name"),
        }
        return TemplateResponse(request, "admin/key_issued.html", context)

    # --- revoking ------------------------------------------------------------------------------

    @action(requires=Capability.MANAGE_KEYS, description="Revoke the selected keys")
    def revoke_selected(
        self, request: HttpRequest, queryset: QuerySet[ApiKey]
    ) -> HttpResponse | None:
        """Ask first, then say how many were open."""
        if not is_confirmed(request):
            count = queryset.filter(revoked_at=None).count()
            return self.ask_first(
                request,
                queryset,
                action="revoke_selected",
                title="Revoke keys",
                question=f"Revoke {_keys(count)}?",
                facts=AFTERWARDS,
                button=f"Revoke {_keys(count)}",
                danger=True,
            )
        chosen = queryset.count()
        revoked = revoke_keys(keys=queryset, actor=audit.actor_of(request))
        messages.success(request, _outcome(revoked, chosen - revoked))
        return None

    @action(
        requires=Capability.MANAGE_KEYS,
        description="Revoke",
        icon="key_off",
        variant=ActionVariant.DANGER,
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The same for one key."""
        key = self.get_object(request, object_id)
        if key is None:
            raise Http404
        here = reverse("admin:portal_apikey_change", args=[key.pk])
        if not is_confirmed(request):
            return confirm(
                request,
                self.admin_site,
                title="Revoke key",
                question=f"Revoke the key of “{key.name}”?",
                facts=AFTERWARDS,
                button="Revoke the key",
                back=here,
                danger=True,
            )
        keys = self.get_queryset(request).filter(pk=key.pk)
        revoked = revoke_keys(keys=keys, actor=audit.actor_of(request))
        messages.success(request, _outcome(revoked, 1 - revoked))
        return redirect(self._list())

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """A revoked key cannot be revoked again."""
        still_open = self.get_queryset(request).filter(pk=object_id, revoked_at=None).exists()
        return super().get_actions_detail(request, object_id) if still_open else []

    # --- columns -------------------------------------------------------------------------------

    @display(description="Used by", ordering="name")
    def shown_name(self, key: ApiKey) -> str:
        """The program that holds it."""
        return key.name

    @display(description="Last used", ordering="last_used_at")
    def shown_use(self, key: ApiKey) -> SafeString | str:
        """When a program came in with it."""
        if key.last_used_at is None:
            return "Never"
        used = timezone.localtime(key.last_used_at).strftime("%-d %b %Y, %H:%M")
        return format_html('<span class="ep-nowrap">{}</span>', used)

    @display(description="State")
    def shown_state(self, key: ApiKey) -> SafeString:
        """Whether it opens the door now."""
        if key.revoked_at is not None:
            return badge("Revoked", "key_off", "red")
        if not key.is_live(timezone.now()):
            return badge("Expired", "timer_off", "amber")
        return badge("Active", "check_circle", "green")

    @display(description="May")
    def shown_scopes(self, key: ApiKey) -> SafeString:
        """Its scopes as the API writes them."""
        words = ((SCOPE_WORDS.get(scope, ""), scope) for scope in key.scopes)
        return format_html_join("", '<span class="ep-tag" title="{}">{}</span>', words)

    def get_editable(self, request: HttpRequest, obj: Any = None) -> Collection[str]:
        """All of it; nothing of a revoked key."""
        revoked = obj is not None and obj.revoked_at is not None
        return () if revoked else super().get_editable(request, obj)

    def _list(self) -> str:
        return reverse("admin:portal_apikey_changelist")


def _keys(count: int) -> str:
    return "1 key" if count == 1 else f"{count} keys"


def _outcome(revoked: int, left: int) -> str:
    """How many moved and how many did not."""
    already = f" {_keys(left)} had been revoked before." if left else ""
    return f"{_keys(revoked)} revoked.{already}"
