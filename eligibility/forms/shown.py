"""Which fields a form shows for a payer, and which of them must be filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eligibility.forms.catalogue import ABOUT_THE_PATIENT, ONLY_AT_FAULT, SPECS
from eligibility.payer_rules import PayerRules

ALWAYS_REQUIRED = ("tpa_name", "id_type", "id_value")

Conditions = list[dict[str, list[str]]]
"""Any of them must hold; one holds when every field in it has one of the values."""


def shown_names(payer: PayerRules, values: Mapping[str, Any]) -> list[str]:
    """The wire names that this payer's form has, in the order of the form.

    What a row already says is shown too, even if this payer does not ask for it.
    """
    asked = {name for name, _ in payer.requires} | set(payer.optional)
    wanted = {*ALWAYS_REQUIRED, *ABOUT_THE_PATIENT, *asked}
    if payer.visit_types:
        wanted.add("visit_type")
    wanted |= {name for name, value in values.items() if value}
    return [name for name in SPECS if name in wanted - ONLY_AT_FAULT]


def is_always_required(payer: PayerRules | None, name: str) -> bool:
    """Whether the field must be filled in whatever the others say."""
    if name in ALWAYS_REQUIRED:
        return True
    if payer is None:
        return False
    if name == "visit_type":
        return bool(payer.visit_types)
    return any(field == name and not when for field, when in payer.requires)


def conditions_of(payer: PayerRules | None, name: str) -> Conditions:
    """When the field must be filled in, if it is not always."""
    if payer is None or is_always_required(payer, name):
        return []
    return [
        {key: [*values] for key, values in when.items()}
        for field, when in payer.requires
        if field == name
    ]


def only_on_condition(payer: PayerRules | None, name: str) -> bool:
    """Whether this payer takes the field only where a condition holds."""
    if payer is None or name in ABOUT_THE_PATIENT or name in payer.optional:
        return False
    return bool(conditions_of(payer, name))


def any_holds(conditions: Conditions, values: Mapping[str, Any]) -> bool:
    """Whether one of the conditions is met by these values."""
    return any(
        all(str(values.get(key) or "").strip().upper() in codes for key, codes in each.items())
        for each in conditions
    )
