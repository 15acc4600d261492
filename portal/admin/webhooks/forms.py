"""The forms of a webhook: a new endpoint, and what may be changed of one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from portal import audit
from portal.admin.own_team import team_clinics
from portal.admin.webhooks.lists import CRUMB
from portal.admin.webhooks.reading import own_endpoint
from portal.admin_site import Capability, Page, page
from portal.models import Clinic, Team, WebhookEndpoint
from portal.models.webhook import SUBSCRIBABLE
from portal.webhooks.address import LONGEST, url_fault
from portal.webhooks.operations import MOST_ENDPOINTS, change_endpoint, create_endpoint

_INPUT = {"class": "ep-input", "autocomplete": "off"}
FULL = f"A team has at most {MOST_ENDPOINTS} webhooks. Delete one that is no longer needed."


class EndpointForm(forms.Form):
    """Where events go, and which. `person` is who fills it in; `endpoint` None for a new one."""

    team = forms.ModelChoiceField(
        Team.objects.order_by("name"),
        label="Team",
        widget=forms.Select(_INPUT),
        help_text="Whose it is. It cannot be moved to another team later.",
    )
    url = forms.CharField(
        label="Address",
        max_length=LONGEST,
        widget=forms.URLInput({**_INPUT, "placeholder": "https://"}),
        help_text="Events are sent there as POST requests. It has to be public and speak https; "
        "redirects are not followed.",
    )
    description = forms.CharField(
        label="What it is for",
        required=False,
        max_length=200,
        widget=forms.TextInput(_INPUT),
        help_text="Such as the program that listens there, and whom to call when it does not.",
    )
    event_types = forms.MultipleChoiceField(
        label="Hears of",
        choices=[(each.value, str(each.label)) for each in SUBSCRIBABLE],
        widget=forms.CheckboxSelectMultiple,
        help_text="All ticked: also of what may be added here later.",
    )
    clinic = forms.ModelChoiceField(
        Clinic.objects.none(),
        label="Of",
        required=False,
        empty_label="The whole team",
        widget=forms.Select(_INPUT),
    )

    def __init__(
        self, *args: Any, request: HttpRequest, endpoint: WebhookEndpoint | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        person: Any = request.user
        self.endpoint = endpoint
        self.own_team: Team | None = endpoint.team if endpoint else person.team
        if self.own_team is not None:
            del self.fields["team"]
        clinic: Any = self.fields["clinic"]
        clinic.queryset = team_clinics(request, endpoint)

    def clean_url(self) -> str:
        """Judged as the API judges it; where it leads is checked when it is called."""
        url = str(self.cleaned_data["url"]).strip()
        if fault := url_fault(url):
            raise ValidationError(fault)
        return url

    def clean_event_types(self) -> list[str]:
        """Each once, in one order; everything is kept as no choice at all."""
        chosen = [each.value for each in SUBSCRIBABLE if each in self.cleaned_data["event_types"]]
        return [] if len(chosen) == len(SUBSCRIBABLE) else chosen

    def clean(self) -> dict[str, Any] | None:
        """A clinic of the team, and no second endpoint for a form that was sent twice."""
        said = self.cleaned_data
        team = self.own_team or said.get("team")
        clinic = said.get("clinic")
        if clinic is not None and team is not None and clinic.team_id != team.pk:
            self.add_error("clinic", "This is a clinic of another team.")
        if self.endpoint is None and team is not None and said.get("url"):
            mine = WebhookEndpoint.objects.filter(team=team, clinic=clinic, url=said["url"])
            if mine.exists():
                self.add_error("url", "There is a webhook to this address already.")
        return said

    def team_chosen(self) -> Team:
        """Whose the endpoint is or will be."""
        chosen: Team = self.own_team or self.cleaned_data["team"]
        return chosen


class _FormPage(Page):
    """What both forms have in common."""

    template_name = "portal/webhooks/form.html"
    crumbs = (CRUMB,)

    def form_for(self, endpoint: WebhookEndpoint | None, data: Any = None) -> EndpointForm:
        """Filled with what the endpoint says; a new one hears of everything."""
        every = [each.value for each in SUBSCRIBABLE]
        initial: dict[str, Any] = {"event_types": every}
        if endpoint is not None:
            initial = {
                "url": endpoint.url,
                "description": endpoint.description,
                "event_types": endpoint.event_types or every,
                "clinic": endpoint.clinic_id,
            }
        return EndpointForm(data, request=self.request, endpoint=endpoint, initial=initial)


@page("webhooks/new/", name="webhook_new", capability=Capability.MANAGE_WEBHOOKS)
class NewWebhook(_FormPage):
    """A new endpoint; its secret is shown once."""

    title = "New webhook"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The empty form, or the one that was sent."""
        kwargs.setdefault("form", self.form_for(None))
        words = {"button": "Make the webhook", "back": reverse("admin:webhooks")}
        return super().get_context_data(**{**words, **kwargs})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Make it, and show its secret."""
        form = self.form_for(None, request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        said = form.cleaned_data
        made = create_endpoint(
            team=form.team_chosen(),
            url=said["url"],
            description=said["description"],
            event_types=said["event_types"],
            clinic=said["clinic"],
            actor=audit.actor_of(request),
        )
        if made is None:
            form.add_error(None, FULL)
            return self.render_to_response(self.get_context_data(form=form))
        return show_secret(self, *made, title="New webhook")


@page("webhooks/<uuid:pk>/change/", name="webhook_change", capability=Capability.MANAGE_WEBHOOKS)
class ChangeWebhook(_FormPage):
    """Another address, other events."""

    title = "Change the webhook"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The form with what is stored, or the one that was sent."""
        endpoint = own_endpoint(self.request, self.kwargs["pk"])
        form = kwargs.pop("form", None) or self.form_for(endpoint)
        back = reverse("admin:webhook", args=[endpoint.pk])
        return super().get_context_data(form=form, button="Save", back=back, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save what differs."""
        endpoint = own_endpoint(request, self.kwargs["pk"])
        form = self.form_for(endpoint, request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        said = form.cleaned_data
        changes = {name: said[name] for name in ("url", "description", "event_types", "clinic")}
        change_endpoint(endpoint=endpoint, changes=changes, actor=audit.actor_of(request))
        messages.success(request, "Saved. What happens from now on is told as you chose.")
        return redirect("admin:webhook", endpoint.pk)


def show_secret(
    shown_by: Page, endpoint: WebhookEndpoint, secret: str, *, title: str, **more: Any
) -> HttpResponse:
    """The secret itself, on a page that says that it will not be shown again."""
    context = {
        **shown_by.admin_site.each_context(shown_by.request),
        "title": title,
        "crumbs": shown_by.get_crumbs(),
        "endpoint": endpoint,
        "secret": secret,
        **more,
    }
    return TemplateResponse(shown_by.request, "portal/webhooks/secret.html", context)
