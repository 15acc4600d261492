"""How a team reaches a payer, as a form: limits in plain words, within sensible bounds."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from eligibility.admin.connection_beginnings import Beginning, connector_word
from eligibility.admin.connection_secrets import SecretsField, names_for, stored_secrets
from eligibility.admin.connection_trial import TRY, SampleField, try_sample
from eligibility.admin.connector_settings import ConnectorSettingsField
from eligibility.admin.freshness_field import FreshnessField
from eligibility.connectors.registry import CONNECTORS
from eligibility.connectors.synthetic import SyntheticConnector
from eligibility.models import Connection, Payer
from eligibility.payer_rules import SEARCH
from portal.admin.own_team import OwnTeamForm
from portal.admin_site import UnfoldAdminSelectWidget
from portal.outgoing import address_fault

DAY = 86_400.0

BOUNDS: dict[str, tuple[float, float]] = {
    "max_in_flight": (1, 200),
    "deadline": (0.5, 300.0),
    "max_conversations": (1, 20),
    "give_up_after": (1.0, 7 * DAY),
    "answer_within": (1.0, 7 * DAY),
    "backoff_min": (0.1, 3_600.0),
    "backoff_max": (0.1, DAY),
    "expected_pace": (0.01, 1_000.0),
}
"""Lowest and highest value of each limit. Beyond them it is a slip of the finger."""

LABELS = {
    "max_in_flight": "Questions at the same time",
    "deadline": "Wait for an answer (seconds)",
    "max_conversations": "Tries",
    "give_up_after": "Give up after (seconds)",
    "answer_within": "Wait for a promised answer (seconds)",
    "backoff_min": "Shortest pause before a new try (seconds)",
    "backoff_max": "Longest pause before a new try (seconds)",
    "expected_pace": "Expected answers a second",
    "base_url": "Address",
    "is_active": "In use",
    "connector": "Speaks",
    "freshness": "Reuse a plain yes or no",
}
HELP = {
    "name": "What staff see, such as “Daman, live”.",
    "payer": "Each payer has one connection. None: the test connection, which answers rows in "
    "test mode and searches.",
    "connector": "The payer's protocol. It cannot be changed later.",
    "base_url": "The payer's address, such as https://payer.example/api. The synthetic payer "
    "needs none.",
    "is_active": "Switched off: nothing is sent. Rows in line wait, new ones fail and say why.",
    "max_in_flight": "How many questions may be open at the payer at once, from all workers "
    "together. Ask the payer what it allows; 4 is careful.",
    "deadline": "After so long without an answer the question counts as not answered.",
    "max_conversations": "A row fails for good after so many questions without an answer.",
    "give_up_after": "… or after so long, whichever comes first. 86400 is one day, 3600 an hour.",
    "answer_within": "Some payers take the question and answer minutes later. A row whose answer "
    "is not there after so long fails.",
    "backoff_min": "The pause after the first failure; it doubles with each further one.",
    "backoff_max": "The pause never gets longer than this.",
    "expected_pace": "Used for forecasts until there are enough answers to measure.",
    "freshness": "A new row whose question this clinic has had answered inside the window is done "
    "at once, without asking (and paying for) the payer; it shows the answer's age. The question "
    "is payer, identifier, kind of visit and day of the visit. Never past the policy's end. A "
    "re-run, and a row that says “ask again even if fresh”, always asks.",
}


SECRETS_HELP = (
    "What the settings name: tokens, passwords, keys. They are stored sealed and never shown again."
)


class ConnectionForm(OwnTeamForm):
    """A connection. Its connector and payer are chosen once."""

    connector = forms.ChoiceField(
        label=LABELS["connector"],
        help_text=HELP["connector"],
        choices=lambda: [(name, connector_word(name)) for name in CONNECTORS],
        widget=UnfoldAdminSelectWidget,
    )
    settings = ConnectorSettingsField(
        label="Settings of the connector",
        help_text="What is left empty keeps the connector's usual value.",
    )
    secrets = SecretsField(label="Secrets", help_text=SECRETS_HELP)
    sample = SampleField(label="Sample", help_text="Try the settings before a patient needs them.")
    freshness = FreshnessField(label=LABELS["freshness"], help_text=HELP["freshness"])

    begin: Beginning | None = None

    class Meta:
        model = Connection
        fields = "__all__"
        labels = LABELS
        help_texts = HELP

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "settings" in self.fields:
            widget: Any = self.fields["settings"].widget
            widget.connector = self._connector()
        if "secrets" in self.fields:
            self._ask_for_secrets(self.fields["secrets"].widget)
        if self.begin is not None and "connector" in self.fields:
            chosen: Any = self.fields["connector"]
            chosen.choices = [(self.begin.connector, connector_word(self.begin.connector))]
        if "freshness" in self.fields:
            self._set_visit_types(self.fields["freshness"].widget)
        if "payer" in self.fields:
            payer: Any = self.fields["payer"]
            payer.queryset = self._payers()
            payer.empty_label = "None: the test connection"
        for name, (low, high) in BOUNDS.items():
            if name in self.fields:
                self.fields[name].validators += [
                    MinValueValidator(low, f"At least {low:g}."),
                    MaxValueValidator(high, f"At most {high:g}."),
                ]

    def _set_visit_types(self, widget: Any) -> None:
        """The payer's visit types; a new connection has none yet, but for all visits together."""
        payer = self.instance.payer
        widget.visit_types = list(payer.visit_types) if payer else []
        widget.is_test = payer is None and self.instance.pk is not None

    def _connector(self) -> str:
        begun = self.begin.connector if self.begin else next(iter(CONNECTORS))
        return self.instance.connector or self.data.get("connector") or begun

    def _ask_for_secrets(self, widget: Any) -> None:
        """For the names in the settings: as they are typed in, stored, or begun with."""
        widget.stored = stored_secrets(self.instance)
        settings = self.instance.settings or (self.begin.settings if self.begin else {})
        if self.is_bound and "settings" in self.fields:
            field = self.fields["settings"]
            typed = field.widget.value_from_datadict(self.data, self.files, "settings")
            named = names_for(self._connector(), typed)
            widget.names = (*named, *names_for(self._connector(), settings))
        else:
            widget.names = names_for(self._connector(), settings)

    def _payers(self) -> Any:
        """Payers that the person's team does not reach yet; a search has no connection."""
        payers = Payer.objects.exclude(kind=SEARCH).order_by("code")
        if self.person.team_id:
            taken = Connection.objects.filter(team=self.person.team_id, payer__isnull=False)
            payers = payers.exclude(pk__in=taken.values("payer"))
        return payers

    def clean_base_url(self) -> str:
        """A web address, or none where the portal has its own payer."""
        address = str(self.cleaned_data["base_url"]).strip()
        if not address and self._connector() != SyntheticConnector.name:
            raise ValidationError("This connector needs the payer's address.")
        fault = address_fault(address) if address else None
        if fault:
            raise ValidationError(fault)
        return address

    def clean(self) -> dict[str, Any] | None:
        """What the database would refuse, and what would make no sense."""
        cleaned = super().clean()
        said = self.cleaned_data
        if not self.instance.pk and self._exists(said.get("payer")):
            self.add_error("payer", "Your team has a connection of this kind already.")
        if said.get("freshness") and not (self.instance.payer_id or said.get("payer")):
            self.add_error("freshness", "The test connection always asks.")
        shortest, longest = said.get("backoff_min"), said.get("backoff_max")
        if shortest and longest and longest < shortest:
            self.add_error("backoff_max", "It cannot be shorter than the shortest pause.")
        deadline, give_up = said.get("deadline"), said.get("give_up_after")
        if deadline and give_up and give_up < deadline:
            self.add_error("give_up_after", "It cannot be shorter than the wait for one answer.")
        if TRY in self.data and "sample" in self.fields:
            self._try_sample()
        return cleaned

    def _try_sample(self) -> None:
        """Show what the settings make of the sample, and save nothing."""
        widget: Any = self.fields["sample"].widget
        settings = self.cleaned_data.get("settings")
        if settings is None:
            widget.problem = "The settings must be understood first: see what is marked above."
        else:
            try_sample(widget, self._connector(), settings, self.cleaned_data["sample"])
        self.add_error(None, "This was only a try: nothing has been saved.")

    def _exists(self, payer: Payer | None) -> bool:
        return Connection.objects.filter(team=self.team_id(), payer=payer).exists()
