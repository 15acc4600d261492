from __future__ import annotations

import json
from typing import Any

from eligibility.forms.catalogue import ABOUT_THE_PATIENT, SPECS, Kind
from eligibility.forms.fields import Field, fields_of
from eligibility.forms.payers import payer_groups
from eligibility.forms.shown import shown_names
from eligibility.presentation.fields import LABELS
from eligibility.rules import Registry
from eligibility.schemas import WIRE_NAMES
from tests.eligibility.make_rows import check, make_payer, make_row

SHIPPED = Registry.shipped()
BASE = {"tpa_name", "id_type", "id_value", *ABOUT_THE_PATIENT}


def payer(code: str) -> Any:
    return SHIPPED.find(code)


def fields(code: str, values: dict[str, Any] | None = None) -> dict[str, Field]:
    names = shown_names(payer(code), values or {})
    made = fields_of(names, payer=payer(code), registry=SHIPPED, values=values or {})
    return {each.name: each for each in made}


def test_every_field_of_a_row_can_be_asked_for_and_has_a_label() -> None:
    assert SPECS.keys() == WIRE_NAMES
    assert SPECS.keys() <= LABELS.keys()


def test_a_form_shows_exactly_what_the_payer_takes() -> None:
    assert set(shown_names(payer("TPA008"), {})) == BASE
    assert set(shown_names(payer("INS026"), {})) == BASE | {"visit_type", "doctorName", "pod_id"}
    assert set(shown_names(payer("TPA029"), {})) == BASE | {
        "visit_type",
        "serviceType",
        "doctorName",
    }
    assert set(shown_names(payer("TPA036"), {})) == BASE | {"visit_type", "is_emergency"}


def test_what_a_row_says_already_is_shown_whatever_the_payer_takes() -> None:
    values = {"referralCode": "R-1", "phone": "", "scheduled_for": "2026-11-24"}
    assert set(shown_names(payer("TPA008"), values)) == BASE | {"referralCode"}


def test_identifiers_and_visits_are_those_of_the_payer() -> None:
    daman = fields("INS026")
    assert [code for code, _ in daman["id_type"].options] == ["EMIRATESID", "CARDNUMBER"]
    assert [code for code, _ in daman["visit_type"].options] == [*payer("INS026").visit_types]
    assert dict(daman["visit_type"].options)["FREE_FOLLOWUP"] == "Free follow-up"


def test_required_fields_are_marked_by_the_payers_rules() -> None:
    daman, ecare = fields("INS026"), fields("TPA029")
    assert [name for name, each in daman.items() if each.is_required] == [
        "tpa_name",
        "id_type",
        "id_value",
        "visit_type",
        "doctorName",
    ]
    assert ecare["phone"].is_required
    assert ecare["serviceType"].is_required
    assert not ecare["doctorName"].is_required


def test_a_field_that_is_required_sometimes_says_when() -> None:
    nextcare = fields("TPA002", {"id_type": "CARDNUMBER"})
    assert not nextcare["payerName"].is_required
    assert nextcare["payerName"].is_conditional
    assert json.loads(nextcare["payerName"].conditions) == [{"id_type": ["POLICYNUMBER"]}]
    assert not nextcare["name"].is_conditional
    by_policy = fields("TPA002", {"id_type": "POLICYNUMBER"})
    assert by_policy["payerName"].is_required
    assert by_policy["name"].is_required


def test_marks_agree_with_what_the_rules_reject() -> None:
    for each in SHIPPED.payers:
        for id_type in each.id_types:
            for visit_type in each.visit_types or ("",):
                codes = {"tpa_name": each.code, "id_type": id_type, "visit_type": visit_type}
                rejected = check({**codes, "id_value": "1"})[0].errors
                shown = fields(each.code, codes)
                marked = {name for name, field in shown.items() if field.is_required}
                missing = {issue.pointer[1:] for issue in rejected}
                assert missing == marked - {"id_value", *codes}


def test_codes_are_recognised_however_they_are_written() -> None:
    shown = fields("TPA004", {"tpa_name": " tpa004 ", "id_type": "cardno", "visit_type": "dental"})
    assert [shown[name].value for name in ("tpa_name", "id_type", "visit_type")] == [
        "TPA004",
        "CARDNUMBER",
        "DENTAL",
    ]


def test_a_choice_keeps_what_it_does_not_offer_until_somebody_chooses() -> None:
    shown = fields("TPA004", {"visit_type": "OPD"})["visit_type"]
    assert (shown.value, shown.is_odd) == ("OPD", True)


def test_a_payer_without_visit_types_takes_text() -> None:
    assert fields("TPA008", {"visit_type": "OPD"})["visit_type"].kind is Kind.TEXT


def test_a_date_that_is_none_is_not_lost_in_a_calendar() -> None:
    shown = fields("TPA008", {"dob": "13/11/1986", "service_date": "2026-11-24"})
    assert shown["dob"].input_type == "text"
    assert shown["dob"].in_words == ""
    assert shown["service_date"].input_type == "date"
    assert shown["service_date"].in_words == "24 Nov 2026"


def test_a_suggestion_stands_at_its_field_in_words() -> None:
    row = make_row(visit_type="OPD", dob="13/11/1986")
    found = check(row)[0]
    made = fields_of(
        ["visit_type", "dob", "name"],
        payer=payer("TPA004"),
        registry=SHIPPED,
        values=row,
        errors=found.errors,
        warnings=found.warnings,
    )
    visit, born, name = made
    assert (visit.errors[0].suggestion, visit.errors[0].suggestion_label) == (
        "OUTPATIENT",
        "Outpatient",
    )
    assert born.warnings[0].suggestion == "1986-11-13"
    assert not name.errors
    assert not name.warnings


def test_payers_that_can_answer_come_first_and_searches_are_told_apart() -> None:
    payers = [
        make_payer("B", name="Beta"),
        make_payer("A", name="alpha"),
        make_payer("C", name="Gamma"),
        make_payer("S", name="All", kind="search", members=("A",)),
    ]
    groups = payer_groups(payers, frozenset({"A", "B"}))
    assert [[code for code, _ in group.options] for group in groups] == [["A", "B"], ["S"], ["C"]]
    assert len(payer_groups(payers[:2], frozenset({"A", "B"}))) == 1
