from __future__ import annotations

from typing import Any

import pytest

from eligibility.rules import Registry
from tests.eligibility.make_rows import (
    check,
    errors,
    make_payer,
    make_row,
    only_error,
)

REGISTRY = Registry.shipped()
VISIT_TYPES = sorted(REGISTRY.visit_types)


@pytest.mark.parametrize("sent", ["TPA004", "tpa004", " Tpa004\t"])
def test_a_payer_is_found_whatever_the_case(sent: str) -> None:
    (checked,) = check(make_row(tpa_name=sent))
    assert checked.errors == []
    assert checked.row is not None
    assert checked.row.tpa_name == "TPA004"


def test_aliases_become_the_registrys_own_codes() -> None:
    row = make_row(tpa_name="search_all", id_type="CardNo", id_value="A1")
    (checked,) = check(row)
    assert checked.errors == []
    assert checked.row is not None
    assert checked.payer is not None
    assert (checked.row.tpa_name, checked.row.id_type) == ("BOTH", "CARDNUMBER")
    assert checked.payer.is_search
    assert checked.raw["tpa_name"] == "search_all"


@pytest.mark.parametrize(
    ("sent", "suggestion"),
    [
        ("NEXTCARE", "TPA002"),
        ("Nextcare TPA", "TPA002"),
        ("TPA-002", "TPA002"),
        ("NAS", "TPA004"),
        ("Daman", "INS026"),
        ("ADNIC", "INS017"),
        ("MEDNETT UAE", "TPA036"),
        ("INSO26", "INS026"),
        ("Abu Dhabi National Insurance Company (ADNIC)", "INS017"),
        ("zzz", None),
        ("?", None),
        ("insurance", None),
    ],
)
def test_an_unknown_payer_is_rejected_with_the_one_probably_meant(
    sent: str, suggestion: str | None
) -> None:
    issue = only_error(make_row(tpa_name=sent))
    assert (issue.code, issue.pointer) == ("tpa_name.unknown", "/tpa_name")
    assert (issue.value, issue.suggestion) == (sent, suggestion)
    assert suggestion is None or suggestion in issue.message
    assert sent not in issue.message or suggestion


@pytest.mark.parametrize(
    ("sent", "suggestion"),
    [("EMIRATES ID", "EMIRATESID"), ("eid", "EMIRATESID"), ("CARD NO", "CARDNUMBER")],
)
def test_an_unknown_id_type_is_rejected_with_the_one_probably_meant(
    sent: str, suggestion: str
) -> None:
    issue = only_error(make_row(id_type=sent, id_value="1"))
    assert (issue.code, issue.pointer) == ("id_type.unknown", "/id_type")
    assert (issue.value, issue.suggestion) == (sent, suggestion)


def test_an_id_type_that_no_payer_takes_is_never_suggested_for_one() -> None:
    issue = only_error(make_row(id_type="PASSPORTNO", id_value="N1234567"))
    assert (issue.code, issue.suggestion) == ("id_type.unknown", None)


def test_a_payer_that_does_not_take_an_id_type_says_what_it_takes() -> None:
    issue = only_error(make_row(id_type="passport", id_value="N1234567"))
    assert (issue.code, issue.value) == ("id_type.unsupported", "passport")
    assert issue.message == "TPA004 takes EMIRATESID, CARDNUMBER or DHAMEMBERID."
    assert issue.suggestion is None


def test_an_emirates_id_under_another_type_is_recognised() -> None:
    issue = only_error(make_row(id_type="PASSPORT"))
    assert (issue.code, issue.suggestion) == ("id_type.unsupported", "EMIRATESID")


def test_the_contracts_own_example_of_an_error_is_met_to_the_letter() -> None:
    issue = only_error(make_row(tpa_name="TPA010", visit_type="DENTAL"))
    assert issue.as_detail(row=1, prefix="/requests/1") == {
        "row": 1,
        "pointer": "/requests/1/visit_type",
        "code": "visit_type.unsupported",
        "message": "TPA010 takes OUTPATIENT or INPATIENT.",
        "value": "DENTAL",
        "suggestion": "OUTPATIENT",
    }


@pytest.mark.parametrize(
    ("payer", "sent", "suggestion"),
    [
        ("TPA004", "OPD", "OUTPATIENT"),
        ("TPA004", "Consultation", "OUTPATIENT"),
        ("TPA004", "OUT-PATIENT", "OUTPATIENT"),
        ("TPA004", "INPATEINT", "INPATIENT"),
        ("TPA004", "DENTAL_SURGERY", "DENTAL"),
        ("INS026", "DENTAL_SURGERY", "DENTAL_SERVICES"),
        ("TPA036", "DENTAL_SURGERY", None),
    ],
)
def test_an_unknown_visit_type_is_rejected_with_one_that_this_payer_takes(
    payer: str, sent: str, suggestion: str | None
) -> None:
    issue = only_error(make_row(tpa_name=payer, visit_type=sent))
    assert (issue.code, issue.value, issue.suggestion) == ("visit_type.unknown", sent, suggestion)


@pytest.mark.parametrize("missing", [{"visit_type": ""}, {"visit_type": " "}, {"visit_type": None}])
def test_a_payer_with_visit_types_needs_one(missing: dict[str, Any]) -> None:
    assert errors(make_row(**missing)) == ["visit_type.required"]
    assert errors(make_row("visit_type")) == ["visit_type.required"]


@pytest.mark.parametrize("sent", [{}, {"visit_type": ""}, {"visit_type": "what ever"}])
def test_a_payer_without_visit_types_does_not_check_it(sent: dict[str, Any]) -> None:
    assert errors(make_row("visit_type", tpa_name="TPA008", **sent), profile="strict") == []


def test_a_visit_type_that_nobody_checks_still_has_to_be_stored() -> None:
    assert errors(make_row(tpa_name="TPA008", visit_type="x" * 32)) == []
    assert errors(make_row(tpa_name="TPA008", visit_type="x" * 33)) == ["text.too_long"]
    assert errors(make_row(tpa_name="TPA008", visit_type="ΐ" * 32)) == ["text.too_long"]


@pytest.mark.parametrize("payer", REGISTRY.payers, ids=lambda payer: payer.code)
def test_every_shipped_payer_takes_exactly_what_its_rules_say(payer: Any) -> None:
    whole = {"doctorName": "D", "payerName": "P", "serviceType": "S", "extra_args": {"t": "2"}}
    for id_type in sorted(REGISTRY.id_types):
        for visit_type in ["", *VISIT_TYPES]:
            row = make_row(tpa_name=payer.code, id_type=id_type, visit_type=visit_type, **whole)
            takes = id_type in payer.id_types and (
                not payer.visit_types or visit_type in payer.visit_types
            )
            assert (errors(row, registry=REGISTRY) == []) == takes


@pytest.mark.parametrize(
    ("row", "field", "message"),
    [
        (
            {"tpa_name": "TPA002", "id_type": "POLICYNUMBER", "payerName": ""},
            "payerName",
            "TPA002 needs payerName when id_type is POLICYNUMBER.",
        ),
        (
            {"tpa_name": "TPA003", "id_type": "CARDNO", "name": " "},
            "name",
            "TPA003 needs name when id_type is CARDNUMBER.",
        ),
        ({"tpa_name": "INS026", "doctorName": ""}, "doctorName", "INS026 needs doctorName."),
        (
            {"tpa_name": "TPA001", "visit_type": "MATERNITY"},
            "extra_args",
            "TPA001 needs extra_args when visit_type is MATERNITY.",
        ),
        ({"tpa_name": "TPA029"}, "serviceType", "TPA029 needs serviceType."),
    ],
)
def test_a_field_that_the_payer_requires_is_named_with_the_condition(
    row: dict[str, Any], field: str, message: str
) -> None:
    issue = only_error(make_row(**row))
    assert (issue.code, issue.pointer) == (f"{field}.required", f"/{field}")
    assert issue.message == message


def test_a_requirement_holds_only_under_its_condition() -> None:
    assert errors(make_row("name", tpa_name="TPA003")) == []
    assert errors(make_row("extra_args", tpa_name="TPA001")) == []


def test_a_field_of_the_wrong_type_is_not_reported_as_missing_too() -> None:
    assert errors(make_row(tpa_name="TPA029", phone=5, serviceType="S")) == ["phone.type"]


@pytest.mark.parametrize(
    ("extra_args", "is_enough"),
    [
        ({"title": "trimester", "value": "2"}, True),
        ({"title": "", "value": "2"}, True),
        ({"trimester": 2}, True),
        ({"trimester": 0}, True),
        ({"sure": False}, True),
        ({"a": {"b": ["", "x"]}}, True),
        ({}, False),
        ({"title": "", "value": " "}, False),
        ({"a": None, "b": [], "c": {"d": ""}}, False),
    ],
)
def test_required_extra_args_need_one_value_that_is_not_blank(
    extra_args: dict[str, Any], is_enough: bool
) -> None:
    row = make_row(tpa_name="TPA001", visit_type="MATERNITY", extra_args=extra_args)
    assert errors(row) == ([] if is_enough else ["extra_args.required"])


def test_requirements_of_another_rule_still_show_when_a_code_is_wrong() -> None:
    row = make_row("doctorName", tpa_name="INS026", visit_type="OPD")
    assert errors(row) == ["visit_type.unknown", "doctorName.required"]


def test_a_requirement_may_depend_on_any_field() -> None:
    payer = make_payer(
        requires=(("referralCode", {"is_emergency": ("FALSE",), "serviceType": ("SCAN", "LAB")}),)
    )
    registry = Registry([payer])
    row = make_row(tpa_name="PAY1", is_emergency=False, serviceType="Lab")
    assert errors(row, registry=registry) == ["referralCode.required"]
    assert errors(row | {"referralCode": "R1"}, registry=registry) == []
    assert errors(row | {"is_emergency": True}, registry=registry) == []
    assert errors(make_row(tpa_name="PAY1"), registry=registry) == []


def test_a_truth_value_can_be_required_and_false_is_an_answer() -> None:
    registry = Registry([make_payer(requires=(("is_emergency", {}),))])
    assert errors(make_row(tpa_name="PAY1"), registry=registry) == ["is_emergency.required"]
    assert errors(make_row(tpa_name="PAY1", is_emergency=False), registry=registry) == []


def test_a_rule_about_a_field_that_nobody_can_send_stops_no_row() -> None:
    registry = Registry([make_payer(requires=(("shoe_size", {}), ("name", {"colour": ("RED",)})))])
    assert errors(make_row("name", tpa_name="PAY1"), registry=registry) == []
