"""Announce a change of a payer's rules for a day to come, and take it back."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from eligibility.admin.payer_form import PayerForm
from eligibility.admin.payer_versions import announced_of, difference_words, words_of_begin
from eligibility.models import Payer, RulesVersion
from eligibility.models.rules_version import RULES, rules_in
from eligibility.operations.payer_rules import announce_rules, withdraw_rules
from eligibility.payer_rules import SEARCH
from portal import audit
from portal.admin_site import ActionVariant, Capability, action, confirm, is_confirmed
from portal.roles import zone_of

SAVED_AT_ONCE = (
    "A change is announced for this payer, with all of its rules: {}. What you saved holds until "
    "then. Look at the announced rules, too."
)


class AnnouncementForm(PayerForm):
    """All rules as they will be, and the day they begin."""

    code = None  # type: ignore[assignment]
    aliases = None  # type: ignore[assignment]
    day = forms.DateField(
        label="Holds from",
        widget=forms.DateInput(attrs={"type": "date", "class": "ep-input"}, format="%Y-%m-%d"),
    )
    note = forms.CharField(
        label="Why",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "ep-input", "autocomplete": "off"}),
        help_text="Such as the payer's circular. Everybody sees it beside the change.",
    )
    replacing = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Payer
        fields = RULES

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.fields["day"].help_text = (
            f"From its first minute in {zone}. Rows that come in before that are judged by the "
            "rules of today, whatever the date of the visit."
        )
        if self.instance.kind != SEARCH:
            del self.fields["members"]

    def clean_day(self) -> date:
        """A day to come, by the zone that is named beside it."""
        day: date = self.cleaned_data["day"]
        if day <= timezone.now().astimezone(self.zone).date():
            raise ValidationError("This day has begun already. Choose one from tomorrow on.")
        return day

    def rules(self) -> dict[str, Any]:
        """The rules as a version keeps them."""
        said = self.cleaned_data
        return {name: list(said.get(name, getattr(self.instance, name))) for name in RULES}


class PayerAnnouncing:
    """Mixed into the payers' admin."""

    admin_site: Any

    @action(requires=Capability.EDIT_RULES, description="Announce a change", icon="event_upcoming")
    def announce(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The rules as they will be; with what is announced already, if anything is."""
        payer = self._payer(request, object_id)
        known = announced_of(payer)
        form = _form(request, payer, known)
        if request.method != "POST" or not form.is_valid():
            return self._ask(request, payer, known, form)
        said = form.cleaned_data
        done = announce_rules(
            payer_id=payer.pk,
            rules=form.rules(),
            day=said["day"],
            zone=form.zone,
            note=said["note"],
            replacing=said["replacing"],
            actor=audit.actor_of(request),
        )
        if done.version is None:
            form.add_error(None, done.refused)
            return self._ask(request, payer, known, form)
        messages.success(request, f"The new rules hold {words_of_begin(done.version)}.")
        return redirect(_page(payer))

    @action(
        requires=Capability.EDIT_RULES,
        description="Withdraw the change",
        icon="event_busy",
        variant=ActionVariant.DANGER,
    )
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask first; the rules stay as they are."""
        payer = self._payer(request, object_id)
        known = announced_of(payer)
        if known is None:
            messages.error(request, "Nothing is announced for this payer.")
            return redirect(_page(payer))
        if not is_confirmed(request):
            return confirm(
                request,
                self.admin_site,
                title="Withdraw the announced change",
                question=f"Withdraw the change of {payer.code} {words_of_begin(known)}?",
                facts=[*difference_words(rules_in(payer), known.rules), "None of this will hold."],
                button="Withdraw the change",
                back=_page(payer),
                danger=True,
            )
        if withdraw_rules(version_id=known.pk, actor=audit.actor_of(request)):
            messages.success(request, "The announced change was withdrawn.")
        else:
            messages.error(request, "Its day has begun, or somebody was quicker: see below.")
        return redirect(_page(payer))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """Only what is announced can be withdrawn."""
        view: Any = super()
        offered = view.get_actions_detail(request, object_id)
        if RulesVersion.objects.announced().filter(payer=object_id).exists():
            return offered
        return [each for each in offered if not each.action_name.endswith("withdraw")]

    def _payer(self, request: HttpRequest, object_id: str) -> Payer:
        me: Any = self
        payer: Payer | None = me.get_object(request, object_id)
        if payer is None:
            raise Http404
        return payer

    def _ask(
        self, request: HttpRequest, payer: Payer, known: RulesVersion | None, form: AnnouncementForm
    ) -> HttpResponse:
        title = "Announce a change" if known is None else "The announced change"
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "crumbs": [
                {"title": "Payers", "link": reverse("admin:eligibility_payer_changelist")},
                {"title": payer.code, "link": _page(payer)},
            ],
            "payer": payer,
            "known": known and words_of_begin(known),
            "form": form,
            "back": _page(payer),
        }
        return TemplateResponse(request, "eligibility/payer_announce.html", context)


def _form(request: HttpRequest, payer: Payer, known: RulesVersion | None) -> AnnouncementForm:
    """Filled with the rules as they are, or as they were announced."""
    drawn = Payer.objects.get(pk=payer.pk)
    initial: dict[str, Any] = {}
    if known is not None:
        for name in RULES:
            setattr(drawn, name, known.rules[name])
        initial = {"day": known.day, "note": known.note, "replacing": known.pk}
    data = request.POST if request.method == "POST" else None
    return AnnouncementForm(data, instance=drawn, initial=initial, zone=zone_of(request.user))


def _page(payer: Payer) -> str:
    return reverse("admin:eligibility_payer_change", args=[payer.pk])
