from __future__ import annotations

import math
from collections import Counter
from datetime import date
from typing import Any

import pytest

from eligibility.identifiers import search_key
from eligibility.rules import Registry
from eligibility.schemas import BulkRequest, ScheduleRequest
from portal.intake.text import find_unstorable
from tests.eligibility.make_rows import (
    check,
    errors,
    make_row,
    only_error,
    sample_rows,
    warnings,
)

REGISTRY = Registry.shipped()


@pytest.mark.parametrize("profile", ["lenient", "strict"])
@pytest.mark.parametrize("suspicious", [True, False])
def test_a_clean_row_has_no_errors_and_no_warnings(profile: str, suspicious: bool) -> None:
    row = make_row()
    (checked,) = check(row, profile=profile, suspicious=suspicious)
    assert (checked.errors, checked.warnings) == ([], [])
    assert checked.raw is row
    assert checked.row is not None
    assert checked.row.doctor_name == "DHA-P-0000202"
    assert checked.payer == REGISTRY.find("TPA004")
    assert checked.dob == date(1986, 11, 13)
    assert checked.search_key == search_key("EMIRATESID", row["id_value"])
    assert checked.scheduled_for is None


@pytest.mark.parametrize("body", [BulkRequest, ScheduleRequest])
def test_the_documents_examples_pass_under_lenient_and_not_under_strict(body: Any) -> None:
    (example,) = body.model_json_schema()["examples"]
    for row in example["requests"]:
        assert errors(row) == []
        assert "emirates_id.shape" in warnings(row)
        assert "emirates_id.shape" in errors(row, profile="strict")


def test_the_answer_has_one_entry_for_each_row_in_their_order() -> None:
    rows = [make_row(client_reference=str(number)) for number in range(50)]
    rows[7] = make_row(tpa_name="NOBODY")
    rows[9:10] = [None, [], "x"]  # type: ignore[list-item]
    checked = check(*rows)
    assert [each.raw for each in checked] == rows
    assert [index for index, each in enumerate(checked) if each.errors] == [7, 9, 10, 11]
    assert check() == []


def test_the_shipped_sample_holds_the_faults_of_a_real_morning() -> None:
    checked = check(*sample_rows())
    assert len(checked) == 400
    assert sum(bool(each.errors) for each in checked) == 19
    assert Counter(issue.code for each in checked for issue in each.errors) == {
        "visit_type.unknown": 8,
        "id_value.required": 6,
        "id_type.unknown": 2,
        "id_type.unsupported": 2,
        "tpa_name.unknown": 1,
    }
    assert Counter(issue.code for each in checked for issue in each.warnings) == {
        "emirates_id.check_digit": 3,
        "passport.shape": 2,
        "dob.format": 1,
    }


@pytest.mark.parametrize("row", [None, [], ["x"], "x", 1, 1.5, True, math.nan, [[[]]]])
def test_what_is_no_object_is_no_row(row: Any) -> None:
    (checked,) = check(row)
    assert [issue.code for issue in checked.errors] == ["row.type"]
    assert checked.errors[0].pointer == ""
    assert checked.row is None
    assert find_unstorable(checked.raw) is None


def test_an_empty_object_lacks_the_three_required_fields() -> None:
    assert errors({}) == ["id_value.required", "id_type.required", "tpa_name.required"]


def test_every_fault_of_a_row_is_reported_at_once() -> None:
    row = make_row(
        "id_value",
        tpa_name="TPA010",
        visit_type="DENTAL",
        phone=5,
        test_mode="yes",
        name="x" * 301,
        scheduled_for="soon",
        dob="13/01/1986",
        colour="red",
    )
    (checked,) = check(row)
    assert sorted(issue.code for issue in checked.errors) == [
        "id_value.required",
        "phone.type",
        "scheduled_for.format",
        "test_mode.type",
        "text.too_long",
        "visit_type.unsupported",
    ]
    assert sorted(issue.code for issue in checked.warnings) == ["dob.format", "field.unknown"]
    assert checked.row is None
    assert checked.payer == REGISTRY.find("TPA010")


def test_a_faulty_code_hides_no_fault_of_the_other_codes() -> None:
    assert errors(make_row(tpa_name=7, id_type="QID")) == ["tpa_name.type", "id_type.unknown"]
    assert errors(make_row(id_type=7, visit_type="OPD")) == ["id_type.type", "visit_type.unknown"]
    assert errors(make_row(visit_type=7, id_type="PASSPORT")) == [
        "visit_type.type",
        "id_type.unsupported",
    ]


def test_codes_of_a_broken_row_are_read_as_leniently_as_those_of_a_good_one() -> None:
    row = make_row(tpa_name=" tpa002 ", id_type="cardno", visit_type="inpatient", phone=1)
    assert errors(row) == ["phone.type"]


def test_a_number_that_should_be_text_is_suggested_in_quotes() -> None:
    issue = only_error(make_row(client_reference=42))
    assert (issue.pointer, issue.value, issue.suggestion) == ("/client_reference", 42, "42")
    assert "quotes" in issue.message
    assert only_error(make_row(client_reference=4.2)).suggestion is None
    assert only_error(make_row(client_reference=True)).suggestion is None


def test_huge_values_are_not_echoed() -> None:
    row = make_row(name="x" * 5_000_000, phone=["y"] * 100_000, pod_id=10**1000)
    for issue in check(row)[0].errors:
        assert len(str(issue.value)) < 300
        assert len(issue.message) < 300
