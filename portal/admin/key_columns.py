"""How a key, and the one it replaces, are shown: state, use and what it may do."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.admin_site import badge, display
from portal.models import ApiKey, Scope
from portal.moments import at

SCOPE_WORDS: dict[str, str] = {
    Scope.ELIGIBILITY_READ: "Read checks and their answers",
    Scope.ELIGIBILITY_WRITE: "Create checks and batches",
    Scope.RECORDS_READ: "Read resource records",
    Scope.RECORDS_WRITE: "Create resource records",
    Scope.WEBHOOKS_MANAGE: "Manage webhooks",
}
"""Scope → what it lets a program do."""

LINE = '<span class="ep-nowrap">{}</span>'
LINES = '<span class="ep-nowrap">{}</span><br><span class="ep-nowrap ep-muted">{}</span>'


def is_replaced(key: ApiKey | None) -> bool:
    """Whether another key, which was not revoked, took this one's place."""
    return key is not None and key.successors.filter(revoked_at=None).exists()


def key_page(pk: str) -> str:
    """The page of a key."""
    return reverse("admin:portal_apikey_change", args=[pk])


def still_works(key: ApiKey) -> ApiKey | None:
    """The key that this one replaces, while it works."""
    old = key.replaces
    return old if old is not None and old.is_live() else None


class KeyColumns:
    """Mixed into the keys' admin."""

    @display(description="Used by", ordering="name")
    def shown_name(self, key: ApiKey) -> str:
        """The program that holds it."""
        return key.name

    @display(description="Last used", ordering="last_used_at")
    def shown_use(self, key: ApiKey) -> SafeString:
        """When a program came in with it, and with the one it replaces while that works."""
        old = still_works(key)
        if old is None:
            return format_html(LINE, _used(key))
        return format_html(LINES, _used(key), f"old key: {_used(old)}")

    @display(description="State")
    def shown_state(self, key: ApiKey) -> SafeString:
        """Whether it opens the door now, and until when the one that it replaces does."""
        old = still_works(key)
        if old is None or not key.is_live():
            return _state(key)
        ends = at(old.expires_at, timezone.get_current_timezone())
        return format_html("{}<br>{}", _state(key), format_html(LINE, f"old key until {ends}"))

    @display(description="May")
    def shown_scopes(self, key: ApiKey) -> SafeString:
        """Its scopes as the API writes them."""
        words = ((SCOPE_WORDS.get(scope, ""), scope) for scope in key.scopes)
        return format_html_join("", '<span class="ep-tag" title="{}">{}</span>', words)

    @display(description="Replacement")
    def shown_line(self, key: ApiKey) -> SafeString | str:
        """The key before it and the one after it, with links."""
        said = []
        if key.replaces is not None:
            said.append(_link("Replaces", key.replaces))
        successor = key.successors.order_by("-created_at").first()
        if successor is not None:
            said.append(_link("Replaced by", successor))
        return format_html_join("", "<p>{}</p>", ((each,) for each in said)) or "–"


def _state(key: ApiKey) -> SafeString:
    if key.revoked_at is not None:
        return badge("Revoked", "key_off", "red")
    if not key.is_live():
        return badge("Expired", "timer_off", "amber")
    return badge("Active", "check_circle", "green")


def _used(key: ApiKey) -> str:
    return at(key.last_used_at, timezone.get_current_timezone()) or "Never"


def _link(word: str, key: ApiKey) -> SafeString:
    """Another key of the line: its public id, its state, and when it was used last."""
    ends = at(key.expires_at, timezone.get_current_timezone()) if key.is_live() else ""
    return format_html(
        '{} <a class="ep-link ep-mono" href="{}">{}</a> {}{} last used: {}',
        word,
        key_page(key.pk),
        key.public_id,
        _state(key),
        f" until {ends}," if ends else "",
        _used(key),
    )
