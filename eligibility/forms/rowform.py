"""A whole form for one row: what to look at first, then the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eligibility import registry
from eligibility.forms.catalogue import SPECS
from eligibility.forms.checking import is_worth_a_stop, token_of
from eligibility.forms.fields import Field, Note, fields_of, names_of
from eligibility.forms.payers import PayerGroup, payer_groups
from eligibility.forms.reading import read_row
from eligibility.forms.shown import ALWAYS_REQUIRED, shown_names
from eligibility.models import Connection
from eligibility.payer_rules import PayerRules
from eligibility.presentation.fields import message_in_words
from eligibility.rules import Registry
from portal.intake.issues import Issue
from records.doctors import Doctor, doctors_of

_DOCTOR = "doctorName"


@dataclass(frozen=True, slots=True)
class RowForm:
    """`first` are the fields at fault, or likely to be; `rest` are the others.

    `payer` is None while none is chosen that the registry knows; `doctors` are offered where the
    form asks for one. `notes` are errors about no
    field of the form. `seen` names the doubts that the form shows, for its next coming.
    """

    payer: PayerRules | None
    first: list[Field]
    rest: list[Field]
    payers: list[PayerGroup]
    doctors: list[Doctor]
    notes: list[Note]
    seen: list[str]
    faults: int
    doubts: int

    @property
    def fields(self) -> list[Field]:
        """All fields, in the order of the page."""
        return [*self.first, *self.rest]


def row_form(
    values: Mapping[str, Any],
    *,
    team_id: str,
    errors: Collection[Issue] = (),
    warnings: Collection[Issue] = (),
    look_at: Sequence[str] = (),
    leave_out: Collection[str] = (),
) -> RowForm:
    """The form of a row that says these values (`reading.values_of`), to correct it.

    Faulty fields come first, doubtful ones after them; only where there are none, those of
    `look_at` do. `leave_out` are fields that this form never has. Three queries.
    """
    rules = registry.load().rules
    payer = rules.find(str(values.get("tpa_name") or ""))
    doubts = [doubt for doubt in warnings if is_worth_a_stop(doubt)]
    guilty = _fields_at_fault([*errors, *doubts])
    names = [n for n in _names(payer, values, guilty) if n not in leave_out]
    first = [name for name in guilty or look_at if name in names]
    rest = [name for name in names if name not in first]
    return _form(first, rest, payer, rules, values, errors, doubts, team_id)


def new_form(
    values: Mapping[str, Any],
    *,
    team_id: str,
    errors: Collection[Issue] = (),
    warnings: Collection[Issue] = (),
) -> RowForm:
    """The form of a row that is to be made: the payer alone, then what this payer takes.

    The fields keep their order whatever is wrong with them. Three queries.
    """
    rules = registry.load().rules
    payer = rules.find(str(values.get("tpa_name") or ""))
    doubts = [doubt for doubt in warnings if is_worth_a_stop(doubt)]
    names = ["tpa_name"]
    if payer is not None:
        shown = {*shown_names(payer, {}), "client_reference", *_fields_at_fault(errors)}
        names = [name for name in SPECS if name in shown]
    form = _form([], names, payer, rules, values, errors, doubts, team_id)
    wanted = next((each for each in form.rest if each.errors or each.warnings), None)
    empty = next((each for each in form.rest if each.is_required and not each.value), None)
    for each in form.rest:
        each.has_focus = each is (wanted or empty)
    return form


def _form(
    first: list[str],
    rest: list[str],
    payer: PayerRules | None,
    rules: Registry,
    values: Mapping[str, Any],
    errors: Collection[Issue],
    doubts: Collection[Issue],
    team_id: str,
) -> RowForm:
    made = fields_of(
        [*first, *rest],
        payer=payer,
        registry=rules,
        values=values,
        errors=errors,
        warnings=doubts,
    )
    made[0].has_focus = True
    names = {*first, *rest}
    elsewhere = [issue for issue in errors if _field_of(issue) not in names]
    return RowForm(
        payer=payer,
        first=made[: len(first)],
        rest=made[len(first) :],
        payers=payer_groups(rules.payers, _connected(team_id)),
        doctors=doctors_of(team_id) if _DOCTOR in names else [],
        notes=[Note(message_in_words(issue.message, names_of(rules))) for issue in elsewhere],
        seen=[token_of(doubt) for doubt in doubts],
        faults=len(errors),
        doubts=len(doubts),
    )


def take_over(row: Mapping[str, Any], wanted: str) -> dict[str, Any]:
    """The row with one suggestion taken over, named as the form's button does: "field=value"."""
    name, _, value = wanted.partition("=")
    return read_row({name: value}, row)


def _names(
    payer: PayerRules | None, values: Mapping[str, Any], guilty: Collection[str]
) -> list[str]:
    """The fields of the form. Without a known payer: what the row says, and what it must say."""
    if payer is not None:
        shown = set(shown_names(payer, values))
    else:
        shown = {*ALWAYS_REQUIRED, *(name for name, value in values.items() if value)}
    return [name for name in SPECS if name in shown or name in guilty]


def _fields_at_fault(issues: Collection[Issue]) -> list[str]:
    """The form's fields that the issues are about, each once, in their order."""
    named = (_field_of(issue) for issue in issues)
    return list(dict.fromkeys(name for name in named if name in SPECS))


def _field_of(issue: Issue) -> str:
    return (issue.pointer.split("/")[1:2] or [""])[0]


def _connected(team_id: str) -> frozenset[str]:
    active = Connection.objects.filter(team=team_id, is_active=True, payer__isnull=False)
    return frozenset(active.values_list("payer__code", flat=True))
