from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from eligibility.results import (
    NORMALISER_VERSION,
    Answer,
    Benefit,
    Coverage,
    Member,
    Need,
    Policy,
    Service,
)


def make_benefit(**values: Any) -> Benefit:
    """A benefit out of what a payer sent."""
    return Benefit.model_validate({"service": "consultation", **values})


def test_an_empty_answer_claims_nothing() -> None:
    answer = Answer()

    assert answer.policy == Policy()
    assert answer.member == Member()
    assert answer.policy.is_vip is None
    assert not answer.benefits
    assert not answer.networks
    assert not answer.remarks
    assert not answer.documents
    assert answer.normaliser_version == NORMALISER_VERSION


def test_a_benefit_of_which_only_the_service_is_known_is_unknown_in_all_else() -> None:
    benefit = make_benefit()

    assert benefit.coverage is Coverage.UNKNOWN
    assert benefit.pre_approval is Need.UNKNOWN
    assert benefit.currency is None
    assert benefit.copay_amount is None


@pytest.mark.parametrize("text", ["0", "0.10", "50.00", "1234567890.1234"])
def test_an_amount_is_kept_to_the_last_digit(text: str) -> None:
    benefit = make_benefit(copay_amount=text)

    assert benefit.copay_amount == Decimal(text)
    assert benefit.model_dump(mode="json")["copay_amount"] == text


@pytest.mark.parametrize(
    "value",
    [0.1, 1.0, -1, "-5", "1e3", "NaN", "Infinity", "50 AED", "", " 5", "1.23456", True, "٥", None],
)
def test_what_is_no_plain_number_is_no_amount(value: Any) -> None:
    if value is None:
        assert make_benefit(copay_amount=None).copay_amount is None
        return
    with pytest.raises(ValidationError):
        make_benefit(copay_amount=value)


def test_a_decimal_or_a_whole_number_is_an_amount_too() -> None:
    assert make_benefit(copay_amount=Decimal("1E+3")).model_dump(mode="json")[
        "copay_amount"
    ] == str(1000)
    assert make_benefit(copay_amount=20).copay_amount == Decimal(20)


@pytest.mark.parametrize(
    ("field", "value"),
    [("copay_percent", "100.01"), ("coinsurance_percent", "101"), ("confidence", "1.1")],
)
def test_a_share_beyond_the_whole_is_refused(field: str, value: str) -> None:
    with pytest.raises(ValidationError, match="at most"):
        make_benefit(**{field: value})


def test_cap_and_deductible_stay_two_things() -> None:
    benefit = make_benefit(copay_cap_amount="50.00", deductible_amount="25.00")

    assert (benefit.copay_cap_amount, benefit.deductible_amount) == (Decimal(50), Decimal(25))
    assert make_benefit(copay_cap_amount="50.00").deductible_amount is None


def test_a_copay_in_prose_stays_prose() -> None:
    benefit = make_benefit(copay_text="20 % up to AED 50")

    assert benefit.copay_text == "20 % up to AED 50"
    assert benefit.copay_percent is benefit.copay_amount is benefit.copay_cap_amount is None


def test_an_answer_cannot_be_changed_nor_take_a_misspelt_field() -> None:
    with pytest.raises(ValidationError):
        Answer().payer_code = "TPA002"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Answer.model_validate({"payer": "TPA002"})


def test_the_stored_form_is_plain_json_and_reads_back_equal() -> None:
    answer = Answer.model_validate(
        {
            "payer_code": "TPA002",
            "member": {"name": "Example", "dob": "1990-02-28"},
            "policy": {"start": "2026-01-01", "is_gatekeeper": False},
            "networks": [{"name": "General Network", "code": "GN"}],
            "benefits": [{"service": "dental", "copay_percent": "20", "currency": "AED"}],
            "remarks": ["as it stands"],
        }
    )

    stored = json.loads(json.dumps(answer.model_dump(mode="json")))

    assert Answer.model_validate(stored) == answer
    assert stored["benefits"][0]["copay_percent"] == "20"
    assert stored["policy"]["is_gatekeeper"] is False
    assert stored["policy"]["is_vip"] is None


def test_the_services_are_those_of_the_domain() -> None:
    words = (
        "consultation, lab, radiology, pharmacy, procedure, dental, optical, maternity, "
        "physiotherapy, psychiatry, inpatient, emergency, wellness, other"
    )

    assert ", ".join(Service) == words
