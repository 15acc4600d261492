"""Codes that do not fit, and fields a payer asks for: the payers' rules in words for staff.

Called for rows that have such a fault, and for payers with requirements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from eligibility.faults import field_issue, too_long
from eligibility.identifiers import EMIRATES_ID, doubt_about
from eligibility.lookup import Registry
from eligibility.payer_rules import LONGEST_VISIT_TYPE, PayerRules, Requirement
from eligibility.schemas import ATTRIBUTES, Row
from portal.intake.issues import Issue

NOTHING: frozenset[str] = frozenset()


def of_codes(
    registry: Registry,
    payer: PayerRules | None,
    row: Row,
    given: Mapping[str, Any],
    skip: Set[str] = NOTHING,
) -> list[Issue]:
    """Unknown or unsupported payer, identifier type, visit type; then the payer's requirements.

    `given` is the row as sent; `skip` are the fields that are known to be wrong already.
    """
    found = []
    if payer is None and "tpa_name" not in skip:
        found.append(_unknown_payer(registry, given["tpa_name"]))
    id_type = registry.id_type(row.id_type)
    if "id_type" not in skip:
        found += _of_id_type(registry, payer, row, given["id_type"])
    if payer is None:
        return found
    if "visit_type" not in skip and not payer.takes_visit_type(row.visit_type):
        found.append(_of_visit_type(registry, payer, row.visit_type, given.get("visit_type")))
    requires = payer.required_for(id_type or "", row.visit_type)
    return found + of_requirements(requires, payer, row, skip)


def _unknown_payer(registry: Registry, value: str) -> Issue:
    code = registry.suggest_payer(value)
    payer = registry.find(code) if code else None
    hint = f" Did you mean {payer.code}, {payer.name}?" if payer else ""
    return field_issue("tpa_name", "unknown", f"No payer has this code.{hint}", value, code)


def _of_id_type(registry: Registry, payer: PayerRules | None, row: Row, value: str) -> list[Issue]:
    id_type = registry.id_type(row.id_type)
    takes = _takes(payer, payer.id_types) if payer else ""
    if id_type is None:
        message = f"No such id type. {takes}".rstrip()
        suggestion = registry.suggest_id_type(value, payer) or _seen(payer, row)
        return [field_issue("id_type", "unknown", message, value, suggestion)]
    if payer is None or id_type in payer.id_types:
        return []
    return [field_issue("id_type", "unsupported", takes, value, _seen(payer, row))]


def _seen(payer: PayerRules | None, row: Row) -> str | None:
    """EMIRATESID when the number is one beyond doubt, whatever its type is said to be."""
    is_one = row.id_value and doubt_about(EMIRATES_ID, row.id_value) is None
    return EMIRATES_ID if is_one and (payer is None or EMIRATES_ID in payer.id_types) else None


def _of_visit_type(registry: Registry, payer: PayerRules, text: str, value: Any) -> Issue:
    if not payer.visit_types:
        return too_long("visit_type", text, LONGEST_VISIT_TYPE)
    takes = _takes(payer, payer.visit_types)
    if not text:
        message = f"{payer.code} needs a visit type. {takes}"
        return field_issue("visit_type", "required", message, value)
    suggestion = registry.suggest_visit_type(text, payer)
    if text not in registry.visit_types:
        message = f"No such visit type. {takes}"
        return field_issue("visit_type", "unknown", message, value, suggestion)
    suggestion = suggestion or registry.usual_visit_type(payer)
    return field_issue("visit_type", "unsupported", takes, value, suggestion)


def of_requirements(
    requires: Sequence[Requirement], payer: PayerRules, row: Row, skip: Set[str] = NOTHING
) -> list[Issue]:
    """The fields that this payer requires for this row and that are absent or blank."""
    return [
        field_issue(name, "required", f"{payer.code} needs {name}{_condition(when)}.", None)
        for name, when in requires
        if name not in skip and _holds(when, row) and _is_blank(getattr(row, ATTRIBUTES[name]))
    ]


def _holds(when: Mapping[str, Sequence[str]], row: Row) -> bool:
    """Whether the row has one of the values of every field named; codes are judged elsewhere."""
    return all(
        str(getattr(row, ATTRIBUTES.get(name, name), "")).upper() in values
        for name, values in when.items()
        if name not in ("id_type", "visit_type")
    )


def _is_blank(value: Any) -> bool:
    """Blank text, nothing, or a container in which nothing else is. False and 0 are values."""
    if isinstance(value, dict):
        return all(map(_is_blank, value.values()))
    if isinstance(value, list):
        return all(map(_is_blank, value))
    return value is None or (isinstance(value, str) and not value.strip())


def _condition(when: Mapping[str, Sequence[str]]) -> str:
    parts = [f"{name} is {_any_of(values)}" for name, values in when.items()]
    return f" when {' and '.join(parts)}" if parts else ""


def _takes(payer: PayerRules, codes: Sequence[str]) -> str:
    return f"{payer.code} takes {_any_of(codes)}."


def _any_of(codes: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(codes[:-1]), codes[-1])))
