from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from eligibility.operations import FixStatus
from eligibility.presentation.fields import ASKABLE, LABELS
from eligibility.presentation.rejections import explain_rejection
from eligibility.schemas import WIRE_NAMES

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (
    *ROOT.glob("eligibility/*.py"),
    *ROOT.glob("eligibility/files/*.py"),
    *ROOT.glob("eligibility/operations/*.py"),
    *ROOT.glob("portal/intake/**/*.py"),
)
MADE_BY = {"Issue": 1, "Unreadable": 0, "Doubt": 0, "BadJson": 0, "_add": 0}
"""Who is given a whole code, at which place among the arguments."""

KIND_BY = {"field_issue": 1, "PydanticCustomError": 0}
"""Who is given the last part of a code alone; the first is the field's name."""

TYPES = {"string_type", "bool_type", "dict_type"}
"""Kinds of pydantic, which become `<field>.type`."""

MADE_OF_PARTS = {
    "{name}.{kind}": set[str](),
    "row.{fixed.status.value}": {
        f"row.{each.value}" for each in (FixStatus.CONFLICT, FixStatus.GONE)
    },
}
"""Codes put together while the program runs: the parts, and what they can come to."""


def emitted() -> set[str]:
    """Every code that the rules, the file readers and the importer can emit."""
    found = set[str]()
    for source in SOURCES:
        for call in calls(ast.parse(source.read_text(encoding="utf-8"))):
            found |= codes_of(call)
    return found


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def codes_of(call: ast.Call) -> set[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    place = MADE_BY.get(name, KIND_BY.get(name))
    if place is None or len(call.args) <= place:
        return set()
    given = call.args[place]
    if isinstance(given, ast.JoinedStr):
        return MADE_OF_PARTS[ast.unparse(given)[2:-1]]
    if not isinstance(given, ast.Constant):
        return set()
    code = str(given.value)
    return {code} if name in MADE_BY else {f"id_value.{code}"} - {f"id_value.{t}" for t in TYPES}


def test_the_search_finds_codes_of_rules_readers_and_importer() -> None:
    codes = emitted()
    assert {"row.type", "dob.ambiguous", "id_value.shortened", "row.totals"} <= codes
    assert {"file.encoding", "column.twice", "row_id.repeated", "batch.rolled_back"} <= codes
    assert {"id_value.required", "id_value.ambiguous", "row.conflict"} <= codes
    assert len(codes) > 50


@pytest.mark.parametrize("code", sorted(emitted()))
def test_every_code_has_words_of_its_own(code: str) -> None:
    thing = code.partition(".")[0]
    explained = explain_rejection(f"{code}/{thing}" if thing in LABELS else code)
    assert explained.title
    assert "has a fault" not in explained.title
    assert not {".", "_", "{"} & set(explained.title)
    assert explained.advice.endswith(".")


def test_what_a_payer_can_ask_for_has_a_label_and_is_a_field_of_a_row() -> None:
    assert set(ASKABLE) <= WIRE_NAMES
    assert LABELS.keys() >= WIRE_NAMES
