"""The audit log: read, never written by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.admin.audit_changes import change_lines
from portal.admin.audit_kinds import fact_words, field_words, object_words
from portal.admin.audit_links import links_to
from portal.admin_site import (
    Capability,
    Colour,
    DropdownFilter,
    PortalModelAdmin,
    SimpleListFilter,
    badge,
    display,
)
from portal.models import ApiKey, AuditEvent, User, Verb

LOOKS: dict[str, tuple[str, Colour]] = {
    Verb.CREATED: ("add_circle", "green"),
    Verb.CHANGED: ("edit", "blue"),
    Verb.ACTIVATED: ("toggle_on", "green"),
    Verb.DEACTIVATED: ("toggle_off", "amber"),
    Verb.REVOKED: ("key_off", "red"),
    Verb.PASSWORD_CHANGED: ("password", "amber"),
    Verb.SIGNED_IN: ("login", "grey"),
    Verb.SIGNED_OUT: ("logout", "grey"),
    Verb.FIXED: ("build", "blue"),
    Verb.UNDONE: ("undo", "amber"),
    Verb.RERUN: ("replay", "blue"),
    Verb.STARTED: ("play_arrow", "green"),
    Verb.CANCELLED: ("block", "red"),
    Verb.PAUSED: ("pause_circle", "amber"),
    Verb.RESUMED: ("play_circle", "green"),
    Verb.LOCKED: ("lock", "red"),
    Verb.UNLOCKED: ("lock_open", "green"),
    Verb.TESTED: ("network_check", "blue"),
    Verb.IMPORTED: ("upload_file", "green"),
    Verb.ACCEPTED: ("task_alt", "green"),
    Verb.RESOLVED: ("thumb_up", "green"),
    Verb.DELETED: ("delete_forever", "red"),
    Verb.DISCARDED: ("delete", "amber"),
    Verb.EXPORTED: ("download", "violet"),
    Verb.REVEALED: ("visibility", "violet"),
    Verb.ROTATED: ("autorenew", "blue"),
    Verb.ANNOUNCED: ("event_upcoming", "blue"),
    Verb.WITHDRAWN: ("event_busy", "amber"),
}


class VerbFilter(DropdownFilter):
    """By what was done."""

    title, parameter_name = "what was done", "verb"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every verb there is."""
        return [(verb.value, str(verb.label)) for verb in Verb]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The events of this verb."""
        return queryset.filter(verb=self.value()) if self.value() else queryset


class ActorFilter(DropdownFilter):
    """By who did it: the people and keys of the team."""

    title, parameter_name = "who", "actor"
    most = 200

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The team's people, then its keys; a very large team filters by search instead."""
        user: Any = request.user
        own = {"team": user.team_id} if user.team_id else {}
        people = User.objects.filter(**own).order_by("username")[: self.most]
        keys = ApiKey.objects.filter(**own).order_by("name")[: self.most]
        names = [(each.pk, each.get_full_name() or each.get_username()) for each in people]
        return names + [(key.pk, f"Key {key.name}") for key in keys]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """What this person or key did."""
        return queryset.filter(actor_id=self.value()) if self.value() else queryset


class WhenFilter(SimpleListFilter):
    """By time, back from now."""

    title, parameter_name = "when", "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Ranges that people ask for."""
        return [("1", "Last 24 hours"), ("7", "Last 7 days"), ("30", "Last 30 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Nothing older than this."""
        known = dict(self.lookup_choices)
        if self.value() not in known:
            return queryset
        return queryset.filter(at__gte=timezone.now() - timedelta(days=int(self.value() or 0)))


@admin.register(AuditEvent)
class AuditEventAdmin(PortalModelAdmin):
    """Who did what, newest first. Nobody can change or delete an entry, not even here."""

    view_with = Capability.MANAGE_USERS
    list_title = "Audit log"
    team_lookup = "team"
    list_display = ("shown_at", "shown_actor", "shown_verb", "shown_object", "shown_fields")
    list_display_links = ("shown_at",)
    list_filter = (WhenFilter, ActorFilter, VerbFilter)
    list_filter_submit = True
    search_fields = ("object_name", "=object_id", "=request_id", "actor_name")
    search_help_text = "A name, an id or a request id"
    ordering = ("-at", "-id")
    fieldsets = [
        (None, {"fields": ["shown_at", "shown_actor", "shown_verb", "shown_object"]}),
        ("What changed", {"fields": ["shown_changes", "shown_details"]}),
        ("Where from", {"fields": ["clinic", "object_id", "request_id"]}),
    ]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With the pages of all rows that are named, from one query."""
        changelist = super().get_changelist_instance(request)
        _with_links(request, changelist.result_list)
        return changelist

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> AuditEvent | None:
        """The same for one entry."""
        event = super().get_object(request, object_id, from_field)
        _with_links(request, [event] if event else [])
        return event

    @display(description="When", ordering="at")
    def shown_at(self, event: AuditEvent) -> SafeString:
        """To the second, in the reader's zone."""
        written = timezone.localtime(event.at).strftime("%-d %b %Y, %H:%M:%S")
        return format_html('<span class="ep-nowrap">{}</span>', written)

    @display(description="Who", ordering="actor_name")
    def shown_actor(self, event: AuditEvent) -> str:
        """Their name at the time."""
        kind = "" if event.actor_kind == "user" else f"{event.get_actor_kind_display()}: "
        return f"{kind}{event.actor_name or event.actor_id}"

    @display(description="What", ordering="verb")
    def shown_verb(self, event: AuditEvent) -> SafeString:
        """The verb with its icon."""
        word = dict(Verb.choices).get(event.verb, event.verb)
        return badge(str(word), *LOOKS.get(event.verb, ("circle", "grey")))

    @display(description="On")
    def shown_object(self, event: AuditEvent) -> SafeString | str:
        """The row's kind and what it is called, with its page where there is one for the reader."""
        words, link = object_words(event), getattr(event, "link", "")
        if not link:
            return words
        return format_html('<a class="ep-link" href="{}">{}</a>', link, words)

    @display(description="Fields")
    def shown_fields(self, event: AuditEvent) -> SafeString:
        """The names of what changed; of a new row it would be all of them."""
        names = [] if event.verb == Verb.CREATED else list(event.changes)
        words = ((field_words(event.object_kind, name),) for name in names)
        return format_html_join("", '<span class="ep-tag">{}</span>', words)

    @display(description="Before and after")
    def shown_changes(self, event: AuditEvent) -> SafeString | str:
        """A table of the changed fields."""
        if not event.changes:
            return "Nothing beside the deed itself."
        rows = format_html_join(
            "",
            "<tr><th>{}</th><td>{}</td><td>{}</td></tr>",
            change_lines(event),
        )
        return format_html(
            '<div class="ep-scroll"><table class="ep-table"><tr><th>Field</th><th>Before</th>'
            "<th>After</th></tr>{}</table></div>",
            rows,
        )

    @display(description="Further facts")
    def shown_details(self, event: AuditEvent) -> SafeString | str:
        """Counts and the like."""
        if not event.details:
            return "Nothing"
        facts = (fact_words(event.object_kind, k, v) for k, v in event.details.items())
        pairs = format_html_join("", "<dt>{}</dt><dd>{}</dd>", facts)
        return format_html('<dl class="ep-pairs">{}</dl>', pairs)


def _with_links(request: HttpRequest, events: Iterable[Any]) -> None:
    links = links_to(request, events)
    for event in events:
        event.link = links.get((event.object_kind, event.object_id), "")
