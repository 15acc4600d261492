"""What a connection's page does beside its form: beginning, secrets, and the test call."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from eligibility.admin.connection_beginnings import beginnings, find_beginning
from eligibility.admin.connection_secrets import grant
from eligibility.models import Connection, LaneState
from eligibility.operations.lanes import probe_lane
from eligibility.operations.probes import LONGEST
from eligibility.operations.secrets import trust_login
from portal import audit
from portal.admin_site import Capability, action, badge, confirm, display, is_confirmed

BEGIN = "begin"
HEALTH = ("shown_probe", "shown_login")
PROBE_FACTS = (
    "One call with this connection's address, settings and secrets. No patient is asked about.",
    f"It takes {LONGEST:g} seconds at most. No row is touched.",
    "When it goes well, a locked login is unlocked.",
)


class ConnectionPage:
    """Mixed into the connections' admin, before the classes whose methods it completes."""

    admin_site: Any

    # --- beginning -----------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """Before a new connection's form: what it is to speak."""
        if object_id is None and request.method == "GET" and self._begun(request) is None:
            return self._choose(request)
        view: Any = super()
        answer: HttpResponse = view.changeform_view(request, object_id, form_url, extra_context)
        return answer

    def _choose(self, request: HttpRequest) -> HttpResponse:
        me: Any = self
        if not me.has_add_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "New connection",
            "beginnings": beginnings(),
            "back": reverse("admin:eligibility_connection_changelist"),
        }
        return TemplateResponse(request, "eligibility/connection_beginnings.html", context)

    def _begun(self, request: HttpRequest) -> Any:
        return find_beginning(request.GET.get(BEGIN, ""))

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form knows what a new connection begins with."""
        view: Any = super()
        form = view.get_form(request, obj, change=change, **kwargs)
        form.begin = None if obj is not None else self._begun(request)
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The preset, for a form that nobody has filled in yet."""
        begun = self._begun(request)
        return {"connector": begun.connector, "settings": dict(begun.settings)} if begun else {}

    # --- secrets -------------------------------------------------------------------------------

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The connection is written by now: seal its secrets, in the same transaction.

        A lane whose login was locked is tried again: something about it has changed.
        """
        view: Any = super()
        view.save_related(request, form, formsets, change)
        wishes = form.cleaned_data.get("secrets") or []
        grant(form.instance, wishes, audit.actor_of(request))
        if change and not wishes and {"settings", "base_url"} & set(form.changed_data):
            trust_login(connection=form.instance)

    # --- health --------------------------------------------------------------------------------

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """How the connection does is shown, not edited."""
        view: Any = super()
        return [*view.get_readonly_fields(request, obj), *HEALTH]

    @action(requires=Capability.MANAGE_CONNECTIONS, description="Test call", icon="network_ping")
    def probe(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask first: it is a call to somebody else's system."""
        me: Any = self
        connection = me.get_object(request, object_id)
        if connection is None:
            raise Http404
        here = reverse("admin:eligibility_connection_change", args=[connection.pk])
        if not is_confirmed(request):
            return confirm(
                request,
                self.admin_site,
                title="Test call",
                question=f"Make a test call with “{connection.name}”?",
                facts=PROBE_FACTS,
                button="Make the call",
                back=here,
            )
        _probe(request, connection)
        return redirect(here)

    @display(description="Last test call")
    def shown_probe(self, connection: Connection) -> SafeString | str:
        """When it was, and what came of it."""
        state = _state(connection)
        if state is None or state.last_probe_at is None:
            return "None yet. The button “Test call” above makes one."
        word = badge("All is well", "check_circle", "green")
        if not state.last_probe_ok:
            word = badge(f"Not well: {state.last_probe_code}", "error", "red")
        return format_html("{} {} ago", word, timesince(state.last_probe_at))

    @display(description="Login")
    def shown_login(self, connection: Connection) -> SafeString | str:
        """Whether the payer's refusals have locked it."""
        state = _state(connection)
        if state is not None and state.credential_locked_at is not None:
            words = "nothing is sent. Type in a new secret, or correct the settings."
            return format_html("{} {}", badge("Locked", "lock", "red"), words)
        if state is not None and state.login_failures:
            return f"The last {state.login_failures} calls were refused."
        return badge("Not locked", "lock_open", "green")


def _probe(request: HttpRequest, connection: Connection) -> None:
    """Say what came of it."""
    failed = probe_lane(connection=connection, actor=audit.actor_of(request))
    if failed is None:
        messages.success(request, "The payer answered, and all is well.")
    else:
        messages.error(request, f"{failed.message} ({failed.code})")


def _state(connection: Connection) -> LaneState | None:
    return LaneState.objects.filter(connection=connection.pk).first()
