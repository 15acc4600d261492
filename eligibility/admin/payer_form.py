"""A payer and its rules, as a form that needs no manual."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from eligibility import payer_file
from eligibility.admin.chips import ChipsWidget
from eligibility.admin.requirements import RequirementsField
from eligibility.models import Payer
from eligibility.payer_file import faults_of
from eligibility.payer_rules import SEARCH, PayerRules
from eligibility.presentation.codes import id_type_name, visit_name
from eligibility.presentation.fields import ASKABLE, label
from eligibility.registry import rules_of
from portal.admin_site import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

LONGEST_CODE = 32
STALE = (
    "Somebody else changed this payer while you did. Open it again to see the new rules, then "
    "repeat your change."
)


class CodesField(forms.MultipleChoiceField):
    """Codes as boxes to tick. What is ticked keeps its order in the row, where it matters."""

    widget = ChipsWidget

    def valid_value(self, value: Any) -> bool:
        """A code that the row has already is known, whatever the vocabulary says."""
        return super().valid_value(value) or value in (self.initial or ())


class LinesField(forms.CharField):
    """Codes as text, one a line."""

    widget = UnfoldAdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        """A list as lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Lines as a list: upper case, without empty ones and repeats."""
        lines = [line.strip().upper() for line in str(value or "").splitlines()]
        return list(dict.fromkeys(line for line in lines if line))

    def validate(self, value: Any) -> None:
        """Each line is a code."""
        super().validate(value)
        long = [line for line in value if len(line) > LONGEST_CODE]
        if long:
            raise ValidationError(f"A name has at most {LONGEST_CODE} characters: {long[0]}")

    def run_validators(self, value: Any) -> None:
        """Those of texts do not fit a list."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare lists, not texts."""
        return (initial or []) != self.to_python(data)


class PayerForm(forms.ModelForm):
    """What a payer is called, what it takes and what it asks for."""

    code = forms.CharField(
        max_length=LONGEST_CODE,
        widget=UnfoldAdminTextInputWidget,
        help_text="What requests and files call it (tpa_name). It cannot be changed later.",
    )
    id_types = CodesField(
        label="Takes these identifiers",
        help_text="A row with another kind of identifier is not accepted; no payer is asked.",
    )
    visit_types = CodesField(
        label="Takes these visits",
        required=False,
        help_text="None ticked: the payer does not look at the visit, and none is checked.",
    )
    requires = RequirementsField(
        label="Also asks for",
        help_text="A row without such a field is not accepted, and says which one is missing.",
    )
    optional = CodesField(
        label="Can also use",
        required=False,
        help_text="Fields that the forms offer for this payer without asking for them.",
    )
    aliases = LinesField(
        label="Other names",
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        required=False,
        help_text="One a line. Requests and files may use them instead of the code.",
    )
    members = CodesField(
        label="Asks these payers",
        required=False,
        help_text="For a search only: who is asked when a patient is unsure of the insurance.",
    )
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Payer
        fields = (
            *("code", "name", "kind", "is_active", "id_types", "visit_types"),
            *("requires", "optional", "aliases", "members"),
        )
        labels = {"is_active": "In use", "kind": "What it is"}
        help_texts = {
            "name": "What staff see.",
            "kind": "A search asks several payers. It cannot be changed later.",
            "is_active": "Switched off: no new row for this payer is accepted. Nothing is deleted.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = payer_file.shipped().vocabulary
        self._offer("id_types", list(words.id_types), id_type_name)
        self._offer("visit_types", list(words.visit_spellings), visit_name)
        self._offer("optional", list(ASKABLE), label)
        if "members" in self.fields:
            payers = dict(Payer.objects.exclude(kind=SEARCH).values_list("code", "name"))
            self._offer("members", list(payers), lambda code: f"{payers.get(code, '')} ({code})")
        if "requires" in self.fields:
            widget: Any = self.fields["requires"].widget
            widget.id_types = [(code, "") for code in words.id_types]
            widget.visit_types = [(code, "") for code in words.visit_spellings]
        if "stamp" in self.fields:
            self.initial["stamp"] = _stamp(self.instance)

    def _offer(self, name: str, known: list[str], word: Any) -> None:
        """The row's own codes first, in their order, then the rest of the vocabulary."""
        if name not in self.fields:
            return
        own = list(getattr(self.instance, name, None) or [])
        codes = dict.fromkeys([*own, *known])
        field: Any = self.fields[name]
        field.initial = own
        field.choices = [(code, word(code)) for code in codes]

    def clean_code(self) -> str:
        """Codes are written in capitals."""
        code = str(self.cleaned_data["code"]).strip().upper()
        if Payer.objects.filter(code=code).exclude(pk=self.instance.pk).exists():
            raise ValidationError("There is a payer of this code already.")
        return code

    def clean(self) -> dict[str, Any] | None:
        """The rules as a whole, judged as a registry file is; each fault at its field."""
        cleaned = super().clean()
        if self._is_stale():
            self.add_error(None, STALE)
        rules = self._rules()
        if rules.is_search and not rules.members:
            self.add_error("members", "A search has to ask somebody.")
        others = [rules_of(payer) for payer in Payer.objects.exclude(pk=self.instance.pk)]
        for fault in faults_of([*others, rules]):
            where, _, text = fault.partition(": ")
            if where == rules.code:
                self.add_error(self._field_of(text, rules), f"{text[:1].upper()}{text[1:]}.")
        return cleaned

    def _is_stale(self) -> bool:
        """Whether somebody else changed the row while this form was open."""
        stamp = self.cleaned_data.get("stamp")
        return bool(self.instance.pk and stamp) and stamp != _stamp(
            Payer.objects.get(pk=self.instance.pk)
        )

    def _rules(self) -> PayerRules:
        """What the form says, on top of what it does not edit."""
        said = {name: self.cleaned_data.get(name) for name in self.fields}

        def value(name: str) -> Any:
            return said[name] if said.get(name) is not None else getattr(self.instance, name)

        requires = tuple((rule["field"], rule["when"]) for rule in value("requires"))
        lists = ("id_types", "visit_types", "optional", "aliases", "members")
        return PayerRules(
            code=value("code"),
            name=value("name"),
            kind=value("kind"),
            requires=requires,
            **{name: tuple(value(name)) for name in lists},
        )

    def _field_of(self, fault: str, rules: PayerRules) -> str | None:
        """Which field a fault of the registry is about."""
        word = fault.split()[-1]
        if "names two payers" in fault:
            name = "code" if fault.split()[0] == rules.code else "aliases"
        elif fault.startswith("no payer"):
            name = "members"
        else:
            name = "optional" if word in rules.optional else "requires"
        return name if name in self.fields else None


def _stamp(payer: Payer) -> str:
    """The state that a form was opened on."""
    return payer.updated_at.isoformat() if payer.pk else ""
