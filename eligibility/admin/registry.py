"""Payers with their rules, and the connections to them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from eligibility.admin.audit_kinds import requirement_words
from eligibility.admin.connection_beginnings import connector_word
from eligibility.admin.connection_form import BOUNDS, ConnectionForm
from eligibility.admin.connection_page import HEALTH, ConnectionPage
from eligibility.admin.freshness_field import windows_words
from eligibility.admin.payer_announcing import SAVED_AT_ONCE, PayerAnnouncing
from eligibility.admin.payer_form import PayerForm
from eligibility.admin.payer_versions import PayerVersions, announced_of, words_of_begin
from eligibility.connectors.synthetic import SyntheticConnector
from eligibility.engine.announced import begin_due
from eligibility.models import Connection, Payer, RulesVersion
from eligibility.models.rules_version import rules_in
from eligibility.operations.payer_rules import note_rules_changed
from eligibility.presentation.codes import id_type_name, visit_name
from eligibility.presentation.fields import label
from portal import audit
from portal.admin.own_team import OwnTeamAdmin
from portal.admin_site import Capability, PortalModelAdmin, action, badge, display, yes_no
from portal.switches import switch

KINDS: dict[str, str] = {
    Payer.Kind.TPA: "support_agent",
    Payer.Kind.INSURER: "shield",
    Payer.Kind.SEARCH: "manage_search",
}
WHEN = ["shown_since", "shown_announced", "shown_before"]


@admin.register(Payer)
class PayerAdmin(PayerAnnouncing, PayerVersions, PortalModelAdmin):
    """The registry: every team asks the same payers, by the same rules."""

    form = PayerForm
    is_global = True
    add_with = change_with = Capability.EDIT_RULES
    editable = (
        *("name", "is_active", "id_types", "visit_types", "requires", "optional"),
        *("aliases", "members", "stamp"),
    )
    editable_when_new = ("code", "kind")
    list_display = ("code", "name", "shown_kind", "shown_id_types", "shown_next", "shown_active")
    list_filter = ("kind", "is_active")
    search_fields = ("code", "name")
    search_help_text = "Code or name"
    ordering = ("code",)
    actions = ("activate", "deactivate")
    actions_detail = ("announce", "withdraw")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payer]:
        """With the moment at which announced rules begin."""
        announced = RulesVersion.objects.announced().filter(payer=OuterRef("pk"))
        begins = Subquery(announced.values("effective_from")[:1])
        return super().get_queryset(request).annotate(announced_from=begins)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Rules whose day has begun come first: nobody saves over what they have not seen."""
        if request.method == "POST" and self.has_change_permission(request):
            begin_due()
        return super().changeform_view(request, *args, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """With what the page says of other times."""
        return [*super().get_readonly_fields(request, obj), *WHEN]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """What held before is kept, with the moment at which it ended."""
        before = Payer.objects.get(pk=obj.pk) if change else None
        super().save_model(request, obj, form, change)
        if before is None or rules_in(before) == rules_in(obj):
            return
        note_rules_changed(before=before, actor=audit.actor_of(request).id)
        if version := announced_of(obj):
            messages.warning(request, SAVED_AT_ONCE.format(words_of_begin(version)))

    def get_fieldsets(self, request: HttpRequest, obj: Payer | None = None) -> Any:
        """What can be edited, or the same in words; members for a search only."""
        is_search = obj is None or obj.kind == Payer.Kind.SEARCH
        what = ["code", "name", "kind", "is_active"]
        rules = ["id_types", "visit_types", "requires", "optional"]
        known, lists = ["aliases", *(["members"] if is_search else [])], rules
        if obj is not None and not self.has_change_permission(request, obj):
            what = ["code", "name", "shown_kind", "shown_active"]
            lists = [f"shown_{name}" for name in rules]
            known = [f"shown_{name}" for name in known]
        elif obj is not None:
            what = [*what, "stamp"]
        return [
            (None, {"fields": what}),
            ("Rules", {"fields": lists}),
            ("Names", {"fields": known}),
            *([("When these rules hold", {"fields": WHEN})] if obj is not None else []),
        ]

    # --- switching -----------------------------------------------------------------------------

    @action(requires=Capability.EDIT_RULES, description="Put the selected payers in use")
    def activate(self, request: HttpRequest, queryset: QuerySet[Payer]) -> None:
        """New rows for them are accepted again."""
        _switch(request, queryset, on=True)

    @action(requires=Capability.EDIT_RULES, description="Switch the selected payers off")
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Payer]) -> None:
        """New rows for them are rejected."""
        _switch(request, queryset, on=False)

    # --- in words ------------------------------------------------------------------------------

    @display(description="Kind", ordering="kind")
    def shown_kind(self, payer: Payer) -> SafeString:
        """TPA, insurer or search."""
        return badge(payer.get_kind_display(), KINDS[payer.kind])

    @display(description="State", ordering="is_active")
    def shown_active(self, payer: Payer) -> SafeString:
        """Whether new rows are accepted."""
        return yes_no(payer.is_active, yes="In use", no="Off")

    @display(description="Takes identifiers")
    def shown_id_types(self, payer: Payer) -> SafeString:
        """The kinds of identifier, the usual first."""
        return _tags([(code, id_type_name(code)) for code in payer.id_types])

    @display(description="Takes visits")
    def shown_visit_types(self, payer: Payer) -> SafeString | str:
        """The kinds of visit."""
        if not payer.visit_types:
            return "Any: this payer does not look at the visit"
        return _tags([(code, visit_name(code)) for code in payer.visit_types], words=True)

    @display(description="Also asks for")
    def shown_requires(self, payer: Payer) -> SafeString | str:
        """Each requirement as a sentence."""
        if not payer.requires:
            return "Nothing beyond the identifier"
        words = ((requirement_words(rule),) for rule in payer.requires)
        return format_html_join("", "<p>{}</p>", words)

    @display(description="Can also use")
    def shown_optional(self, payer: Payer) -> SafeString | str:
        """Fields that may be given."""
        return _tags([(name, label(name)) for name in payer.optional], words=True) or "–"

    @display(description="Other names")
    def shown_aliases(self, payer: Payer) -> SafeString | str:
        """What else requests may call it."""
        return _tags([(name, name) for name in payer.aliases]) or "–"

    @display(description="Asks these payers")
    def shown_members(self, payer: Payer) -> SafeString | str:
        """Whom a search asks."""
        return _tags([(code, code) for code in payer.members]) or "–"


@admin.register(Connection)
class ConnectionAdmin(ConnectionPage, OwnTeamAdmin):
    """How the person's team reaches its payers."""

    form = ConnectionForm
    add_with = change_with = Capability.MANAGE_CONNECTIONS
    editable = (
        *("name", "is_active", "base_url", "settings", "secrets", "sample"),
        *(*BOUNDS, "freshness"),
    )
    editable_when_new = ("payer", "connector")
    list_display = (
        "name",
        "shown_payer",
        "shown_connector",
        "shown_width",
        "shown_wait",
        "shown_active",
    )
    list_select_related = ("payer", "team")
    list_filter = ("is_active",)
    search_fields = ("name", "payer__code", "payer__name")
    search_help_text = "Name, or the payer's code or name"
    ordering = ("name",)
    actions = ("activate", "deactivate")
    actions_detail = ("probe",)

    def get_fieldsets(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        """The connector's settings only for those who may change them: they may hold secrets."""
        how = ["connector", "base_url"]
        may_change = obj is None or self.has_change_permission(request, obj)
        if may_change:
            how = [*how, "settings", "secrets", "sample"]
        health = HEALTH if obj is not None else ()
        self_made = [
            (None, {"fields": ["name", "payer", "is_active", *health]}),
            ("How", {"fields": how}),
            ("Limits", {"fields": list(BOUNDS)}),
            ("Fresh answers", {"fields": ["freshness" if may_change else "shown_freshness"]}),
        ]
        return self.with_team(request, self_made)

    # --- switching -----------------------------------------------------------------------------

    @action(requires=Capability.MANAGE_CONNECTIONS, description="Put the selected in use")
    def activate(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        """Their rows go on."""
        _switch(request, queryset, on=True)

    @action(requires=Capability.MANAGE_CONNECTIONS, description="Switch the selected off")
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        """Their rows wait."""
        _switch(request, queryset, on=False)

    # --- in words ------------------------------------------------------------------------------

    @display(description="Speaks", ordering="connector")
    def shown_connector(self, connection: Connection) -> SafeString:
        """The protocol; the synthetic one stands out."""
        word = connector_word(connection.connector)
        if connection.connector == SyntheticConnector.name:
            return badge(word, "science", "amber", title="Made-up answers, for trying out")
        return badge(word, "cable", "blue")

    @display(description="Open questions", ordering="max_in_flight")
    def shown_width(self, connection: Connection) -> str:
        """How many it asks at the same time."""
        return f"up to {connection.max_in_flight}"

    @display(description="Waits for an answer", ordering="deadline")
    def shown_wait(self, connection: Connection) -> str:
        """How long, with its unit."""
        return f"{connection.deadline:g} s"

    @display(description="Reuses a plain yes or no")
    def shown_freshness(self, connection: Connection) -> str:
        """For how long, by visit type."""
        return windows_words(connection.freshness)

    @display(description="Payer", ordering="payer__name")
    def shown_payer(self, connection: Connection) -> str:
        """Whom it reaches; the test connection reaches nobody in particular."""
        return str(connection.payer) if connection.payer else "Rows in test mode, and searches"

    @display(description="State", ordering="is_active")
    def shown_active(self, connection: Connection) -> SafeString:
        """Whether its rows are sent."""
        return yes_no(connection.is_active, yes="In use", no="Off")


def _switch(request: HttpRequest, rows: QuerySet[Any], *, on: bool) -> None:
    """Say how many moved and how many did not."""
    chosen = rows.count()
    moved = switch(rows=rows, on=on, actor=audit.actor_of(request))
    left = chosen - moved
    already = f", {left} already {'was' if left == 1 else 'were'}" if left else ""
    messages.success(request, f"{moved} {'put in use' if on else 'switched off'}{already}.")


def _tags(pairs: list[tuple[str, str]], *, words: bool = False) -> SafeString:
    """Codes as tags with their words as hints, or the other way round."""
    shown = ((code, word) if words else (word, code) for code, word in pairs)
    return format_html_join("", '<span class="ep-tag" title="{}">{}</span>', shown)
