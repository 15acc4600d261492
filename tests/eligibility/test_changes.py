"""What changed between two answers to the same question, in sentences."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from eligibility.presentation.changes import MOST_SHOWN, changes
from eligibility.results import Answer

BASE: dict[str, Any] = {
    "policy": {"plan": "Gold", "start": date(2026, 1, 1), "end": date(2026, 12, 31)},
    "member": {"name": "Zainab Testperson", "card": "C-1", "policy": "P-1"},
    "networks": [{"name": "GN+", "applies_to": "outpatient"}],
    "benefits": [
        {
            "service": "consultation",
            "coverage": "covered",
            "copay_percent": "20",
            "copay_cap_amount": "50",
            "copay_cap_scope": "visit",
            "deductible_amount": "100",
            "currency": "AED",
            "pre_approval": "conditional",
            "pre_approval_threshold": "500",
        },
        {"service": "dental", "coverage": "covered", "copay_percent": "30"},
    ],
}


def stored(**parts: Any) -> dict[str, Any]:
    return Answer.model_validate(BASE | parts).model_dump(mode="json")


def said(*outcomes: str, **parts: Any) -> list[str]:
    """What is new in an answer with these parts, after the base."""
    before, after = outcomes or ("eligible", "eligible")
    return changes(stored(), stored(**parts), outcomes=(before, after), visit_type="OUTPATIENT")


def policy(**fields: Any) -> dict[str, Any]:
    return {"policy": BASE["policy"] | fields}


def consultation(**fields: Any) -> dict[str, Any]:
    first, *others = BASE["benefits"]
    return {"benefits": [first | fields, *others]}


def test_the_same_answer_changes_nothing() -> None:
    assert said() == []


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (policy(end=date(2027, 12, 31)), "Policy ends: 31 Dec 2027, was: 31 Dec 2026."),
        (policy(end=None), "Policy ends: not stated, was: 31 Dec 2026."),
        (policy(end_is_placeholder=True), "Policy ends: not stated, was: 31 Dec 2026."),
        (policy(start=date(2026, 2, 1)), "Policy begins: 1 Feb 2026, was: 1 Jan 2026."),
        (policy(plan="Silver"), "Plan: Silver, was: Gold."),
        (policy(is_gatekeeper=True), "Gatekeeper: yes, was: not stated."),
        ({"networks": []}, "No longer in the network: GN+ (outpatient)."),
        (
            {"networks": [*BASE["networks"], {"name": "RN3"}]},
            "New network: RN3.",
        ),
        (
            consultation(copay_percent="10"),
            "Consultation, patient pays: 10 %, at most 50 AED a visit; Deductible 100 AED; "
            "was: 20 %, at most 50 AED a visit; Deductible 100 AED.",
        ),
        (
            consultation(copay_cap_amount="75"),
            "Consultation, patient pays: 20 %, at most 75 AED a visit; Deductible 100 AED; "
            "was: 20 %, at most 50 AED a visit; Deductible 100 AED.",
        ),
        (
            consultation(deductible_amount=None),
            "Consultation, patient pays: 20 %, at most 50 AED a visit; "
            "was: 20 %, at most 50 AED a visit; Deductible 100 AED.",
        ),
        (
            consultation(pre_approval_threshold="250"),
            "Consultation, pre-approval: above 250 AED; was: above 500 AED.",
        ),
        (
            consultation(pre_approval="no"),
            "Consultation, pre-approval: not needed; was: above 500 AED.",
        ),
        ({"benefits": []}, "Consultation: no longer stated."),
    ],
)
def test_each_difference_that_matters_is_one_sentence(parts: dict[str, Any], sentence: str) -> None:
    assert said(**parts) == [sentence]


def test_another_outcome_comes_first() -> None:
    found = said("eligible", "not_eligible", **policy(plan="Silver"))
    assert found == ["Not eligible, was: eligible.", "Plan: Silver, was: Gold."]


def test_numbers_and_names_are_called_other_and_never_written_out() -> None:
    found = said(member={"name": "Somebody Else", "card": "C-2", "policy": "P-2"})
    assert found == [
        "The payer gives another name for this member.",
        "The policy number is another one.",
        "The card number is another one.",
    ]
    assert not any(word in " ".join(found) for word in ("Somebody", "C-2", "P-1"))


def test_a_benefit_of_another_kind_of_visit_is_left_out() -> None:
    first, dental = BASE["benefits"]
    assert said(benefits=[first, dental | {"copay_percent": "50"}]) == []


def test_a_remark_and_a_reordered_answer_are_no_change() -> None:
    assert said(remarks=["Beware"], benefits=BASE["benefits"][::-1]) == []


def test_two_quite_different_answers_are_counted_not_listed() -> None:
    other = policy(plan="A", package="B", sponsor="C", authority="D", waiting_period="E")
    other["policy"] |= {"is_vip": True, "is_gatekeeper": False}
    found = said(
        "eligible", "not_eligible", **other, networks=[], **consultation(copay_percent="5")
    )
    assert len(found) == MOST_SHOWN + 1
    assert found[-1] == "2 more differences."


def test_answers_of_long_ago_may_lack_anything() -> None:
    assert changes({}, {}, outcomes=("undetermined", "undetermined"), visit_type="") == []
    assert changes({}, stored(), outcomes=("eligible", "eligible"), visit_type="OUTPATIENT")
