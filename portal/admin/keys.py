"""API keys: issued once, shown once, revoked for good."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from portal import audit
from portal.admin.key_columns import KeyColumns, is_replaced, key_page
from portal.admin.key_form import KeyForm
from portal.admin.key_rotation import KeyRotation, NewestKeys
from portal.admin.own_team import OwnTeamAdmin, team_clinics
from portal.admin_site import (
    ActionVariant,
    Capability,
    ChangeList,
    UnfoldAdminCheckboxSelectMultipleWidget,
    action,
    confirm,
    is_confirmed,
)
from portal.keys import revoke_keys, share_rights, why_not_rotated
from portal.models import ApiKey

WHAT = ["name", "scopes", "clinics", "expires_at"]
USE = ["public_id", "shown_state", "created_at", "last_used_at", "revoked_at", "shown_line"]
AFTERWARDS = (
    "Programs that use it are refused from their next request on.",
    "This cannot be undone. A new key can be made at any time.",
)
WITH_OLD = "The key that it replaces, and that still works, is revoked with it: {}."


@admin.register(ApiKey)
class ApiKeyAdmin(KeyRotation, KeyColumns, OwnTeamAdmin):
    """The keys of the admin's team; one that is being replaced and its successor are one entry."""

    form = KeyForm
    view_with = add_with = change_with = Capability.MANAGE_KEYS
    editable = WHAT
    list_display = ("shown_name", "public_id", "shown_state", "shown_scopes", "shown_use")
    list_select_related = ("team", "replaces")
    search_fields = ("name", "public_id", "replaces__public_id")
    search_help_text = "Program or public id"
    ordering = ("-created_at",)
    actions = ("revoke_selected",)
    actions_detail = ("rotate", "revoke")
    fieldsets = [(None, {"fields": WHAT}), ("Use", {"fields": USE})]
    add_fieldsets = [(None, {"fields": WHAT})]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A revoked key stays as it was, and so does one that was replaced and has ended."""
        stays = isinstance(obj, ApiKey) and (
            obj.revoked_at is not None or (is_replaced(obj) and not obj.is_live())
        )
        return not stays and super().has_change_permission(request, obj)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """One row for a key and the one that it replaces."""
        return NewestKeys

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

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """What the key may do from now on, the one that it replaces may do too, and no more."""
        super().save_related(request, form, formsets, change)
        if share_rights(key=form.instance, actor=audit.actor_of(request)):
            messages.info(request, "The key that it replaces was changed in the same way.")

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The key itself, on a page that says that it will not be shown again."""
        return self.show_issued(request, obj, request.issued)  # type: ignore[attr-defined]

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
                facts=[*self._taken_along(queryset), *AFTERWARDS],
                button=f"Revoke {_keys(count)}",
                danger=True,
            )
        before = queryset.exclude(revoked_at=None).count()
        revoked = revoke_keys(keys=queryset, actor=audit.actor_of(request))
        messages.success(request, _outcome(revoked, before))
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
        keys = self.get_queryset(request).filter(pk=key.pk)
        if not is_confirmed(request):
            return confirm(
                request,
                self.admin_site,
                title="Revoke key",
                question=f"Revoke the key of “{key.name}”?",
                facts=[*self._taken_along(keys), *AFTERWARDS],
                button="Revoke the key",
                back=key_page(key.pk),
                danger=True,
            )
        before = keys.exclude(revoked_at=None).count()
        revoked = revoke_keys(keys=keys, actor=audit.actor_of(request))
        messages.success(request, _outcome(revoked, before))
        return redirect("admin:portal_apikey_changelist")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """A revoked key cannot be revoked again, and only a key that works can be replaced."""
        key = self.get_queryset(request).filter(pk=object_id, revoked_at=None).first()
        if key is None:
            return []
        offered = super().get_actions_detail(request, object_id)
        if why_not_rotated(key, timezone.now()):
            return [each for each in offered if not each.action_name.endswith("rotate")]
        return offered

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What a key may do in words, where it can no longer be changed."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or "scopes" in self.get_editable(request, obj):
            return fieldsets
        said = {"scopes": "shown_scopes"}
        return [
            (title, {**options, "fields": [said.get(name, name) for name in options["fields"]]})
            for title, options in fieldsets
        ]

    def _taken_along(self, keys: QuerySet[ApiKey]) -> list[str]:
        """Which further keys end with these."""
        older = ApiKey.objects.live().replaced_by(keys).exclude(pk__in=keys.order_by().values("pk"))
        names = ", ".join(older.order_by("public_id").values_list("public_id", flat=True))
        return [WITH_OLD.format(names)] if names else []

    def get_editable(self, request: HttpRequest, obj: Any = None) -> Collection[str]:
        """All of it; of a replaced key only how long it goes on, and nothing of a revoked one."""
        if obj is not None and obj.revoked_at is not None:
            return ()
        return ("expires_at",) if is_replaced(obj) else super().get_editable(request, obj)


def _keys(count: int) -> str:
    return "1 key" if count == 1 else f"{count} keys"


def _outcome(revoked: int, left: int) -> str:
    """How many were closed, and how many of the chosen ones had been before."""
    already = f" {_keys(left)} had been revoked before." if left else ""
    return f"{_keys(revoked)} revoked.{already}"
