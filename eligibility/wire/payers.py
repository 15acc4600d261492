"""A payer and its rules, as integrators read them: the same rules that judge their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from eligibility.payer_rules import LONGEST_VISIT_TYPE, PayerRules, Requirement
from eligibility.registry import Standing
from eligibility.schemas import row_json_schema
from eligibility.wire.results import moment

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ALWAYS: Final = ["id_value", "id_type", "tpa_name"]


def payer_head(standing: Standing) -> dict[str, Any]:
    """A payer of the list. Its rules hold from `effective_from` until an announced change."""
    rules, until = standing.rules, standing.upcoming_from
    return {
        "code": rules.code,
        "name": rules.name,
        "kind": rules.kind,
        "aliases": list(rules.aliases),
        "members": list(rules.members),
        "effective_from": moment(standing.since),
        "effective_until": None if until is None else moment(until),
    }


def payer(standing: Standing, *, id_aliases: Mapping[str, str]) -> dict[str, Any]:
    """A payer with its rules: in short, and as the JSON Schema of a row; what is announced too.

    `id_aliases` are other names of identifier types, each with the code that it stands for.
    """
    return {
        **payer_head(standing),
        **_rules(standing.rules, id_aliases),
        "upcoming": _upcoming(standing, id_aliases),
    }


def _rules(rules: PayerRules, id_aliases: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id_types": list(rules.id_types),
        "visit_types": list(rules.visit_types),
        "requires": [{"field": name, "when": dict(when)} for name, when in rules.requires],
        "optional": list(rules.optional),
        "json_schema": rules_schema(rules, id_aliases),
    }


def _upcoming(standing: Standing, id_aliases: Mapping[str, str]) -> dict[str, Any] | None:
    """The rules that were announced, from when they hold on; null when none were."""
    rules, begins = standing.upcoming, standing.upcoming_from
    if rules is None or begins is None:
        return None
    return {
        "effective_from": moment(begins),
        "members": list(rules.members),
        **_rules(rules, id_aliases),
    }


def rules_schema(rules: PayerRules, id_aliases: Mapping[str, str]) -> dict[str, Any]:
    """The JSON Schema of a row for this payer, with codes in capitals and text trimmed.

    A row that it refuses is rejected, and one that it takes is accepted; doubts about content
    (a check digit, a date of birth) are warnings and no part of it.
    """
    schema = row_json_schema()
    properties = schema["properties"]
    also = [alias for alias, code in id_aliases.items() if code in rules.id_types]
    properties["tpa_name"] = {"enum": [rules.code, *rules.aliases]}
    properties["id_type"] = {"enum": [*rules.id_types, *also]}
    properties["visit_type"] = _visit_type(rules)
    conditions = [_condition(requirement, id_aliases) for requirement in rules.requires]
    return {
        "$schema": _DIALECT,
        "title": f"A row for {rules.name} ({rules.code})",
        "type": "object",
        "properties": properties,
        "required": [*_ALWAYS, *(["visit_type"] if rules.visit_types else [])],
        **({"allOf": conditions} if conditions else {}),
        **({"$defs": schema["$defs"]} if "$defs" in schema else {}),
    }


def _visit_type(rules: PayerRules) -> dict[str, Any]:
    if rules.visit_types:
        return {"enum": list(rules.visit_types)}
    return {"type": ["string", "null"], "maxLength": LONGEST_VISIT_TYPE}


def _condition(requirement: Requirement, id_aliases: Mapping[str, str]) -> dict[str, Any]:
    """`requirement` as JSON Schema: always, or when every named field has one of its values."""
    name, when = requirement
    needed = {"required": [name], "properties": {name: _something(name)}}
    if not when:
        return needed
    values = {field: _values(field, codes, id_aliases) for field, codes in when.items()}
    condition = {
        "required": list(when),
        "properties": {field: {"enum": codes} for field, codes in values.items()},
    }
    return {"if": condition, "then": needed}


def _values(field: str, codes: Iterable[str], id_aliases: Mapping[str, str]) -> list[str]:
    wanted = list(codes)
    if field == "id_type":
        wanted += [alias for alias, code in id_aliases.items() if code in wanted]
    return wanted


def _something(name: str) -> dict[str, Any]:
    """What a required field must hold: a text that is not blank, or an argument with a value."""
    if name == "extra_args":
        blank = {"anyOf": [{"type": "null"}, {"type": "string", "pattern": r"^\s*$"}]}
        return {"type": "object", "not": {"additionalProperties": blank}}
    return {"type": "string", "pattern": r"\S"}
