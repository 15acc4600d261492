from __future__ import annotations

import copy
from typing import Any

import pytest

from records.rules.suggestions import take
from tests.records.rules.cases import CASES, Case
from tests.records.rules.make_records import check_one, make_record, told

ANSWERED = [case for case in CASES if case.suggestion is not None]


@pytest.mark.parametrize("case", ANSWERED, ids=lambda case: f"{case.code}{case.pointer}")
def test_a_fault_is_gone_when_its_suggestion_is_taken(case: Case) -> None:
    before = copy.deepcopy(case.row)
    checked = check_one(case.row, "strict", case.facts)
    (issue,) = (*checked.errors, *checked.warnings)
    row = take(case.row, pointer=issue.pointer, code=issue.code, suggestion=issue.suggestion)
    assert case.row == before
    if case.code == "field.unknown" and row is None:
        return  # the place where the field should move to is taken in a full record
    codes = [code for _, code, _, _ in told(check_one(row, "strict", case.facts))]
    assert issue.code not in codes


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ({"speciality": [{"code": "207Q00000X"}]}, {"specialties": [{"code": "207Q00000X"}]}),
        ({"sex": "M"}, {"gender": "M"}),
    ],
)
def test_an_unknown_field_moves_to_the_name_that_was_meant(
    sent: dict[str, Any], meant: dict[str, Any]
) -> None:
    row = make_record("specialties", "gender", **sent)
    right = make_record("specialties", "gender")
    (issue,) = check_one(row).warnings
    taken = take(row, pointer=issue.pointer, code=issue.code, suggestion=issue.suggestion)
    assert taken == right | {"config": right["config"] | meant}


def test_a_field_that_stands_beside_the_config_moves_into_it() -> None:
    row = make_record("npi") | {"npi": "1234567893"}
    (issue,) = check_one(row).warnings
    taken = take(row, pointer=issue.pointer, code=issue.code, suggestion=issue.suggestion)
    assert taken == make_record("npi") | {"config": make_record()["config"] | {"npi": "1234567893"}}


def test_a_day_of_another_name_moves() -> None:
    row = make_record(workingHours={"Monday": [{"start": "09:00", "end": "10:00"}]})
    taken = take(row, pointer="/config/workingHours/Monday", code="hours.day", suggestion="mon")
    assert taken["config"]["workingHours"] == {"mon": [{"start": "09:00", "end": "10:00"}]}


@pytest.mark.parametrize(
    ("pointer", "code", "suggestion"),
    [
        ("/config/languages/9", "language.tag", "en"),
        ("/config/nowhere/0/x", "language.tag", "en"),
        ("/config/name/0", "language.tag", "en"),
        ("/config/speciality", "field.unknown", "specialties"),
        ("/config/sex", "field.unknown", "gender"),
        ("/config/workingHours/mon/0", "hours.order", "09:00"),
        ("", "row.type", "x"),
        ("/config/gender", "gender.value", None),
    ],
)
def test_a_suggestion_without_a_place_is_not_taken(
    pointer: str, code: str, suggestion: Any
) -> None:
    row = make_record(speciality=["x"])
    assert take(row, pointer=pointer, code=code, suggestion=suggestion) is None
