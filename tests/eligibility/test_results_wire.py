from __future__ import annotations

import json
from typing import Any

import pytest

from eligibility.choices import Failure, Outcome
from eligibility.results import Answer, wire_data

KEYS = {
    "": {
        "payer_id",
        "is_eligible",
        "job_task_id",
        "patient_info",
        "policy_network",
        "copay_analysis",
        "copay_details_to_fill",
        "referral_documents",
        "failure_reason",
        "screenshot_key",
        "was_identified_by_aggregator",
    },
    "patient_info": {
        "patient_id_info",
        "policy_holder_name",
        "patient_emirates_id",
        "policy_holder_dob",
        "policy_primary_member_id",
        "policy_holder_gender",
        "policy_holder_relationship",
        "policy_holder_phone",
    },
    "policy_network": {
        "payer_name",
        "policy_plan_name",
        "package_name",
        "policy_authority",
        "start_date",
        "valid_upto",
        "is_vip",
        "is_gatekeeper",
        "all_networks",
    },
    "copay_analysis": {"copay_details", "waiting_period", "special_remarks"},
}


def make_answer(**values: Any) -> Answer:
    """An answer as a payer with much to say gives it."""
    return Answer.model_validate(
        {
            "payer_code": "INS026",
            "payer_name": "Example Insurer",
            "member": {
                "name": "Example Person",
                "dob": "1990-02-28",
                "emirates_id": "784-1901-0000001-3",
                "card": "SYN0000001",
            },
            "policy": {"plan": "Silver", "end": "2026-12-31", "is_vip": False},
            "networks": [
                {"name": "General Network", "code": "GN", "applies_to": "OUTPATIENT"},
                {"name": "Restricted Network"},
            ],
            "benefits": [
                {
                    "service": "consultation",
                    "setting": "outpatient",
                    "network_tier": "General Network",
                    "coverage": "covered",
                    "copay_percent": "20",
                    "copay_cap_amount": "50.00",
                    "deductible_amount": "25.00",
                    "currency": "AED",
                }
            ],
            "remarks": ["Bring the card."],
            "documents": [{"kind": "evidence", "sha256": "ab" * 32, "file": "d/1.pdf"}],
            **values,
        }
    )


def make_data(answer: Any, outcome: str = "eligible", **options: Any) -> dict[str, Any]:
    """The wire data of an answer to task T-1, asked of the search DHPO."""
    values = {"task_id": "T-1", "payer_code": "DHPO", "payer_name": "Unsure of insurance"}
    return wire_data(answer, outcome=outcome, **{**values, **options})


@pytest.mark.parametrize("answer", [None, {}, Answer(), make_answer()])
def test_every_documented_key_is_there_and_no_other(answer: Any) -> None:
    data = make_data(answer)

    for part, keys in KEYS.items():
        assert set(data[part] if part else data) == keys


def test_nothing_known_reads_as_null_and_empty_lists() -> None:
    data = make_data(None, "")

    assert data["patient_info"]["patient_id_info"] == {}
    assert [value for value in data["patient_info"].values() if value] == []
    assert data["policy_network"]["all_networks"] == []
    assert data["copay_analysis"] == {
        "copay_details": [],
        "waiting_period": None,
        "special_remarks": [],
    }
    assert data["copay_details_to_fill"] == data["referral_documents"] == []
    assert data["policy_network"]["is_vip"] is None


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.ELIGIBLE, True),
        (Outcome.NOT_ELIGIBLE, False),
        (Outcome.MEMBER_NOT_FOUND, None),
        (Outcome.AMBIGUOUS_MEMBER, None),
        (Outcome.UNDETERMINED, None),
        (Outcome.PARTIAL, None),
        ("", None),
    ],
)
def test_only_a_clear_answer_is_true_or_false(outcome: str, expected: bool | None) -> None:
    assert make_data(make_answer(), outcome)["is_eligible"] is expected
    assert make_data(make_answer(), str(outcome))["is_eligible"] is expected


def test_the_stored_answer_and_the_model_give_the_same_data() -> None:
    answer = make_answer()

    assert make_data(answer.model_dump(mode="json")) == make_data(answer)


def test_the_data_is_json_without_any_float() -> None:
    text = json.dumps(make_data(make_answer()))

    json.loads(text, parse_float=lambda number: pytest.fail(f"a float: {number}"))


def test_the_payer_that_answered_stands_before_the_one_that_was_asked() -> None:
    found, unknown = make_data(make_answer()), make_data(None)

    assert (found["payer_id"], unknown["payer_id"]) == ("INS026", "DHPO")
    assert found["policy_network"]["payer_name"] == "Example Insurer"
    assert unknown["policy_network"]["payer_name"] == "Unsure of insurance"


def test_all_networks_are_shown_not_only_the_first() -> None:
    assert make_data(make_answer())["policy_network"]["all_networks"] == [
        {"network": "General Network", "visit_type": "OUTPATIENT", "network_value": "GN"},
        {"network": "Restricted Network", "visit_type": None, "network_value": None},
    ]


def test_the_identifiers_that_the_payer_gave_are_told_and_no_others() -> None:
    info = make_data(make_answer())["patient_info"]

    assert info["patient_id_info"] == {
        "emirates_id": "784-1901-0000001-3",
        "card": "SYN0000001",
    }
    assert info["policy_primary_member_id"] == "SYN0000001"


def test_an_end_that_is_only_a_placeholder_is_not_told_as_a_date() -> None:
    real = make_answer(policy={"end": "2026-12-31"})
    placeholder = make_answer(policy={"end": "2099-12-31", "end_is_placeholder": True})

    assert make_data(real)["policy_network"]["valid_upto"] == "2026-12-31"
    assert make_data(placeholder)["policy_network"]["valid_upto"] is None


def test_a_cap_never_turns_into_a_deductible_nor_into_a_copay() -> None:
    data = make_data(make_answer())
    detail = data["copay_analysis"]["copay_details"][0]

    assert (detail["copay_cap"], detail["deductible"], detail["copay"]) == ("50.00", "25.00", None)
    assert data["copay_details_to_fill"] == [
        {
            "name": "General Network - outpatient",
            "values_to_fill": {"CONSULTATION": {"copay": "20%", "deductible": "25.00"}},
        }
    ]


@pytest.mark.parametrize(
    ("benefit", "copay"),
    [
        ({"copay_amount": "50.00"}, "50.00"),
        ({"copay_percent": "0"}, "0%"),
        ({"copay_amount": "10.00", "copay_percent": "20"}, "10.00 and 20%"),
        ({"copay_text": "ask the desk", "copay_percent": "20"}, "ask the desk"),
        ({}, None),
    ],
)
def test_the_copay_to_fill_in_is_what_the_payer_said(benefit: Any, copay: str | None) -> None:
    answer = make_answer(benefits=[{"service": "lab", **benefit}])

    assert make_data(answer)["copay_details_to_fill"] == [
        {"name": None, "values_to_fill": {"LAB": {"copay": copay, "deductible": None}}}
    ]


def test_two_benefits_for_one_cell_are_both_shown() -> None:
    twice = [{"service": "lab", "copay_amount": amount} for amount in ("10.00", "20.00")]
    other = {"service": "other", "service_raw": "Acupuncture", "copay_amount": "5.00"}

    groups = make_data(make_answer(benefits=[*twice, other]))["copay_details_to_fill"]

    assert [group["values_to_fill"] for group in groups] == [
        {
            "LAB": {"copay": "10.00", "deductible": None},
            "ACUPUNCTURE": {"copay": "5.00", "deductible": None},
        },
        {"LAB": {"copay": "20.00", "deductible": None}},
    ]


def test_a_document_gets_the_address_that_the_caller_makes() -> None:
    with_address = make_data(make_answer(), document_url=lambda kept: f"/files/{kept['file']}")

    assert with_address["referral_documents"] == [
        {"id": "ab" * 32, "tag": "evidence", "s3_url": "/files/d/1.pdf"}
    ]
    assert make_data(make_answer())["referral_documents"][0]["s3_url"] is None


def test_a_failure_tells_its_reason_and_nothing_of_a_patient() -> None:
    data = make_data(
        None, "", failure_reason=Failure.TIMEOUT.label, screenshot_key="shots/1", task_id="T-9"
    )

    assert data["failure_reason"] == "The payer did not answer in time"
    assert (data["screenshot_key"], data["job_task_id"]) == ("shots/1", "T-9")
    assert data["is_eligible"] is None


@pytest.mark.parametrize("answer", [make_answer(), Answer()])
def test_an_answer_reads_the_same_without_the_keys_of_what_is_unknown(answer: Answer) -> None:
    said: dict[str, Any] = {
        "outcome": "eligible",
        "task_id": "T",
        "payer_code": "TPA002",
        "payer_name": "A payer",
    }
    short = answer.model_dump(mode="json", exclude_none=True)
    assert "None" not in str(short)
    assert wire_data(short, **said) == wire_data(answer.model_dump(mode="json"), **said)
