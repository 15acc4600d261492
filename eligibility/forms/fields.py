"""The fields of a form, ready for a template: values, choices, marks, errors and suggestions."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eligibility.dates import iso_date
from eligibility.forms.catalogue import SPECS, YES_OR_NO, Kind, Spec
from eligibility.forms.reading import DETAIL
from eligibility.forms.shown import any_holds, conditions_of, is_always_required, only_on_condition
from eligibility.payer_rules import PayerRules
from eligibility.presentation.codes import short_id_type, visit_name
from eligibility.presentation.fields import label, message_in_words
from eligibility.rules import Registry
from portal import moments
from portal.intake.issues import Issue

_PRIORITIES = (("high", "High"), ("normal", "Normal"), ("low", "Low"))
_YES_NO = (("yes", "Yes"), ("no", "No"))
_USUAL_DETAILS = {"title": "", "value": ""}
_DETAIL_WORDS = {"title": "What", "value": "Value"}


@dataclass(frozen=True, slots=True)
class Note:
    """What is wrong or doubtful about a field; a `suggestion` is one click away."""

    text: str
    suggestion: str = ""
    suggestion_label: str = ""


@dataclass(slots=True)
class Field:
    """One field of a form.

    `options` are (value, label) of a choice. `conditions` is JSON for the page's script: when
    the field must be filled in; `is_conditional` says that it is otherwise not shown at all.
    `parts` are the single inputs of further details: (name, label, value). `theirs` is what
    somebody else put there meanwhile, when that differs.
    """

    name: str
    label: str
    kind: Kind
    value: str
    help: str
    most: int
    keyboard: str
    is_required: bool = False
    conditions: str = ""
    is_conditional: bool = False
    holds: bool = True
    options: list[tuple[str, str]] = field(default_factory=list)
    parts: list[tuple[str, str, str]] = field(default_factory=list)
    errors: list[Note] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
    has_focus: bool = False
    theirs: Note | None = None

    @property
    def input_type(self) -> str:
        """A calendar, unless what is there is no date and would be lost in one."""
        is_date = self.kind is Kind.DATE and (not self.value or iso_date(self.value) is not None)
        return "date" if is_date else "text"

    @property
    def in_words(self) -> str:
        """A date spelled out: a calendar shows day and month in the order of its own country."""
        day = iso_date(self.value) if self.kind is Kind.DATE else None
        return moments.day(day) if day else ""

    @property
    def is_odd(self) -> bool:
        """Whether a choice holds what it does not offer: it stays until somebody chooses."""
        return bool(self.value) and self.value not in dict(self.options)

    @property
    def notes_id(self) -> str:
        """The id of what is said about the field, for readers of screens."""
        return f"notes-{self.name}" if self.errors or self.warnings else ""


def fields_of(
    names: Sequence[str],
    *,
    payer: PayerRules | None,
    registry: Registry,
    values: Mapping[str, Any],
    errors: Collection[Issue] = (),
    warnings: Collection[Issue] = (),
) -> list[Field]:
    """The fields of these names for this payer, with what is wrong and doubtful about each."""
    made = [_field(name, SPECS[name], payer, registry, values) for name in names]
    for each in made:
        each.errors = [_note(issue, each, registry) for issue in errors if _about(issue, each)]
        each.warnings = [_note(issue, each, registry) for issue in warnings if _about(issue, each)]
    return made


def _field(
    name: str, spec: Spec, payer: PayerRules | None, registry: Registry, values: Mapping[str, Any]
) -> Field:
    conditions = conditions_of(payer, name)
    holds = any_holds(conditions, values)
    value = values.get(name) or ""
    made = Field(
        name=name,
        label=label(name),
        kind=spec.kind,
        value=canonical(name, value, registry) if isinstance(value, str) else "",
        help=spec.help,
        most=spec.most,
        keyboard=spec.keyboard,
        is_required=is_always_required(payer, name) or holds,
        conditions=json.dumps(conditions) if conditions else "",
        is_conditional=only_on_condition(payer, name) and not value,
        holds=holds,
    )
    if spec.kind is Kind.CHOICE:
        made.options = _options(name, payer, registry)
        if not made.options:
            made.kind = Kind.TEXT
    if spec.kind is Kind.DETAILS:
        given = value if isinstance(value, Mapping) and value else _USUAL_DETAILS
        made.parts = [(DETAIL + key, _DETAIL_WORDS.get(key, key), given[key]) for key in given]
    return made


def names_of(registry: Registry) -> dict[str, str]:
    """The payers' names by code, for messages of the rules."""
    return {payer.code: payer.name for payer in registry.payers}


def canonical(name: str, value: str, registry: Registry) -> str:
    """The registry's own code for what a row says, where there is one."""
    if name == "tpa_name":
        payer = registry.find(value)
        return payer.code if payer else value
    if name == "id_type":
        return registry.id_type(value) or value
    code = value.strip().upper()
    if name == "visit_type" and code in registry.visit_types:
        return code
    return value.strip().lower() if name == "priority" else value


def _options(name: str, payer: PayerRules | None, registry: Registry) -> list[tuple[str, str]]:
    if name == "id_type":
        codes = payer.id_types if payer else tuple(sorted(registry.id_types))
        return [(code, short_id_type(code)) for code in codes]
    if name == "visit_type":
        return [(code, visit_name(code)) for code in payer.visit_types] if payer else []
    return [*(_YES_NO if name in YES_OR_NO else _PRIORITIES)]


def _about(issue: Issue, field: Field) -> bool:
    return issue.pointer.split("/")[1:2] == [field.name]


def _note(issue: Issue, about: Field, registry: Registry) -> Note:
    """The issue in words; a suggestion that the field already holds is none."""
    text = message_in_words(issue.message, names_of(registry))
    suggestion = issue.suggestion if isinstance(issue.suggestion, str) else ""
    if not suggestion or suggestion == about.value:
        return Note(text)
    payer = registry.find(suggestion) if about.kind is Kind.PAYER else None
    words = payer.name if payer else dict(about.options).get(suggestion, suggestion)
    return Note(text, suggestion, words)
