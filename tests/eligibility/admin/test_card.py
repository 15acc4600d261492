from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from eligibility.choices import Failure, Look, Outcome, Status
from eligibility.presentation.amounts import share_of, sum_of
from eligibility.presentation.benefits import benefit_row, patient_pays, pre_approval_of
from eligibility.presentation.card import Asked, Card, Given, front_desk_card, is_valid_on
from eligibility.presentation.codes import visit_name
from eligibility.presentation.masks import Mask
from eligibility.presentation.people import member_pairs, policy_pairs
from eligibility.presentation.standing import Work, standing
from eligibility.presentation.visits import benefits_for
from eligibility.results import Answer, Benefit, Member, Network, Policy
from portal import moments

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
VISIT = date(2026, 11, 24)
POLICY = Policy(plan="Gold", start=date(2026, 1, 1), end=date(2026, 12, 31))
CONSULTATION: dict[str, Any] = {"service": "consultation", "coverage": "covered"}


def make_benefit(service: str, **fields: Any) -> Benefit:
    """A benefit as a payer's words would come."""
    return Benefit.model_validate({"service": service, **fields})


def make_card(outcome: str = "eligible", **parts: Any) -> Card:
    """The card of an answer; `asked` and `given` change the question and the circumstances."""
    asked, given = parts.pop("asked", {}), parts.pop("given", {})
    answer = Answer(**({"policy": POLICY} if outcome == "eligible" else {}) | parts)
    question = {"payer": "Nextcare", "visit_type": "OUTPATIENT", "service_date": VISIT} | asked
    circumstances: dict[str, Any] = {
        "outcome": outcome,
        "answer": answer.model_dump(mode="json"),
        "at": NOW - timedelta(minutes=5),
        "day": NOW.date(),
    } | given
    return front_desk_card(Asked(**question), Given(**circumstances), now=NOW)


def values(card: Card, label: str) -> list[str]:
    """What a line of the card says."""
    (line,) = [each for each in card.lines if each.label.startswith(label)]
    return [f"{about}: {value}" if about else value for about, value in line.values]


@pytest.mark.parametrize("outcome", Outcome.values)
def test_every_outcome_has_a_card_with_a_title_an_icon_and_a_sentence(outcome: str) -> None:
    card = make_card(outcome)
    assert card.title == Outcome(outcome).label
    assert card.icon
    assert card.sentence.endswith(".")
    assert card.age == "5 min ago"


def test_an_undetermined_answer_is_never_shown_as_a_no() -> None:
    for outcome in ("undetermined", "partial"):
        card = make_card(outcome)
        assert "not a no" in card.sentence
        assert card.colour == "violet"
        assert card.valid is None
        assert card.advice


def test_an_eligible_card_says_until_when_where_and_for_how_much() -> None:
    card = make_card(
        networks=(Network(name="General Network", code="GN", applies_to="OUTPATIENT"),),
        benefits=(
            make_benefit(
                "consultation",
                coverage="covered",
                copay_percent="20",
                copay_cap_amount="50.00",
                copay_cap_scope="visit",
                deductible_amount="25.00",
                deductible_scope="visit",
                currency="AED",
                pre_approval="no",
            ),
        ),
    )
    assert values(card, "Valid on 24 Nov 2026") == ["Yes, until 31 Dec 2026"]
    assert values(card, "Network") == ["General Network (GN)"]
    assert values(card, "Patient pays (Outpatient)") == [
        "Consultation: 20 %, at most 50 AED a visit",
        "Consultation: Deductible 25 AED a visit",
    ]
    assert values(card, "Pre-approval") == ["Consultation: Not needed"]
    assert card.colour == "green"
    assert card.valid is True


def test_what_the_payer_left_open_is_not_stated() -> None:
    card = make_card(policy=Policy())
    assert [line.values for line in card.lines] == [(("", "Not stated"),)] * 4
    assert not any(line.stated for line in card.lines)


@pytest.mark.parametrize(
    ("policy", "valid"),
    [
        ({"start": "2026-01-01", "end": "2026-11-24"}, True),
        ({"end": "2026-11-23"}, False),
        ({"start": "2026-11-25"}, False),
        ({"start": "2026-11-25", "end": "2026-12-31"}, False),
        ({"start": "2026-01-01"}, None),
        ({"end": "2099-12-31", "end_is_placeholder": True}, None),
        ({"start": "no date", "end": 7}, None),
        ({}, None),
    ],
)
def test_validity_comes_from_the_policys_dates_and_is_open_without_them(
    policy: dict[str, Any], valid: bool | None
) -> None:
    assert is_valid_on(VISIT, policy) is valid


def test_a_yes_that_its_own_dates_contradict_is_a_warning() -> None:
    ended = make_card(policy=Policy(end=date(2026, 11, 3)))
    assert (ended.colour, ended.icon) == ("amber", "warning")
    assert ended.warnings == ("The policy ended on 3 Nov 2026, before the visit.",)
    early = make_card(policy=Policy(start=date(2026, 12, 1), end=date(2027, 11, 30)))
    assert early.warnings == ("The policy begins on 1 Dec 2026, after the visit.",)


def test_without_a_visit_date_the_day_of_the_answer_counts() -> None:
    card = make_card(asked={"service_date": None})
    assert values(card, "Valid today, 22 Nov 2026") == ["Yes, until 31 Dec 2026"]


def test_a_not_eligible_card_shows_the_policy_but_no_prices() -> None:
    card = make_card("not_eligible", policy=Policy(end=date(2026, 11, 3)))
    assert [line.label for line in card.lines] == ["Valid on 24 Nov 2026"]
    assert values(card, "Valid") == ["No, it ended on 3 Nov 2026"]
    assert card.warnings == ()


def test_the_networks_of_the_asked_visit_come_alone_and_all_of_them_otherwise() -> None:
    networks = (
        Network(name="A", applies_to="OUTPATIENT"),
        Network(name="B", applies_to="INPATIENT", status="suspended"),
    )
    assert values(make_card(networks=networks), "Network") == ["A"]
    dental = make_card(networks=networks, asked={"visit_type": "DENTAL"})
    assert values(dental, "Network") == ["A", "B, suspended"]


def test_each_visit_type_looks_at_its_own_benefit() -> None:
    benefits = [
        {"service": "consultation"},
        {"service": "dental"},
        {"service": "radiology"},
        {"service": "other", "service_raw": "Travel insurance abroad"},
    ]
    assert benefits_for("OUTPATIENT", benefits) == [benefits[0]]
    assert benefits_for("", benefits) == [benefits[0]]
    assert benefits_for("DENTAL_SERVICES", benefits) == [benefits[1]]
    assert benefits_for("DIAGNOSTIC", benefits) == [benefits[2]]
    assert benefits_for("TRAVEL_INSURANCE", benefits) == [benefits[3]]
    assert benefits_for("MATERNITY", benefits) == []


def test_benefits_of_two_networks_are_told_apart() -> None:
    card = make_card(
        benefits=tuple(
            make_benefit("consultation", network_tier=tier, copay_amount=amount, currency="AED")
            for tier, amount in (("Inside", "0"), ("Outside", "80.5"))
        )
    )
    assert values(card, "Patient pays") == [
        "Consultation · Inside: Nothing (0 AED)",
        "Consultation · Outside: 80.50 AED",
    ]


@pytest.mark.parametrize(
    ("fields", "pays"),
    [
        ({"copay_text": "As agreed"}, ["“As agreed”"]),
        ({"copay_amount": "50.00"}, ["50 (currency not stated)"]),
        ({"copay_percent": "0"}, ["Nothing (0 %)"]),
        ({"copay_percent": "12.50"}, ["12.5 %"]),
        ({"copay_cap_amount": "30", "currency": "AED"}, ["At most 30 AED"]),
        ({"coinsurance_percent": "10"}, ["Coinsurance 10 %"]),
        ({"deductible_amount": "100", "currency": "AED"}, ["Deductible 100 AED"]),
        ({"coverage": "not_covered", "copay_amount": "1"}, ["Not covered"]),
        ({"coverage": "covered"}, ["Covered; what the patient pays is not stated"]),
        ({}, ["Not stated"]),
        (
            {"copay_percent": "20", "deductible_amount": "5", "deductible_scope": "item"},
            ["20 %", "Deductible 5 (currency not stated) per item"],
        ),
    ],
)
def test_what_the_patient_pays_adds_nothing_to_what_was_said(
    fields: dict[str, Any], pays: list[str]
) -> None:
    benefit = make_benefit("consultation", **fields).model_dump(mode="json")
    assert patient_pays(benefit) == pays


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"pre_approval": "no", "pre_approval_threshold": "5"}, "Not needed"),
        (
            {"pre_approval": "conditional", "pre_approval_threshold": "1000", "currency": "AED"},
            "Above 1,000 AED",
        ),
        ({"pre_approval": "yes"}, "Needed"),
        ({"pre_approval": "conditional"}, "Under conditions"),
        ({}, "Not stated"),
    ],
)
def test_pre_approval_says_above_which_sum(fields: dict[str, Any], text: str) -> None:
    assert pre_approval_of(make_benefit("lab", **fields).model_dump(mode="json")) == text


def test_a_benefit_that_needs_approval_is_named_even_for_another_visit() -> None:
    card = make_card(
        benefits=(
            make_benefit("consultation"),
            make_benefit(
                "lab",
                pre_approval="conditional",
                pre_approval_threshold="1000",
                currency="AED",
            ),
        )
    )
    assert values(card, "Pre-approval") == ["Laboratory: Above 1,000 AED"]


def test_at_most_two_warnings_the_gravest_first() -> None:
    card = make_card(
        policy=Policy(is_gatekeeper=True, waiting_period="6 months", end=date(2026, 12, 31)),
        member=Member(name="Somebody Else", dob=date(1980, 2, 3)),
        benefits=(make_benefit("consultation", referral="yes", confidence="0.2"),),
        asked={"name": "Ali Farouk", "dob": date(1980, 3, 2), "doubts": ["The phone looks odd."]},
    )
    assert card.warnings == (
        "The date of birth differs: 3 Feb 1980 at the payer, 2 Mar 1980 in the row.",
        "The payer knows this number under another name: Somebody Else.",
    )


def test_names_that_share_a_word_are_one_person() -> None:
    card = make_card(member=Member(name="FAROUK, ALI"), asked={"name": "Ali-Hassan Farouk"})
    assert card.warnings == ()


def test_an_old_answer_about_a_visit_to_come_is_a_warning() -> None:
    old = NOW - timedelta(days=3)
    card = make_card(given={"at": old, "day": old.date()})
    assert card.age == "3 days ago"
    assert card.warnings == ("The answer is old (3 days ago): re-run the check.",)
    past = make_card(given={"at": old, "day": old.date()}, asked={"service_date": old.date()})
    assert past.warnings == ()


def test_a_benefits_row_keeps_the_payers_own_words() -> None:
    row = benefit_row(
        make_benefit(
            "dental",
            service_raw="DENTAL - ROUTINE",
            coverage="not_covered",
            setting="outpatient",
            network_tier="general network",
            citation="Not part of the plan.",
            limit_amount="5000",
            limit_scope="year",
            limit_text="per tooth",
            currency="AED",
        ).model_dump(mode="json")
    )
    assert row.words == ("DENTAL - ROUTINE", "Not part of the plan.")
    assert row.coverage.word == "Not covered"
    assert row.limit == "5,000 AED a year; per tooth"
    assert row.where == "Outpatient · General network"
    assert row.referral == "Not stated"


def test_unknown_yes_and_no_are_not_stated() -> None:
    pairs = dict(policy_pairs(Policy(is_vip=False).model_dump(mode="json")))
    assert (pairs["VIP"], pairs["Gatekeeper"], pairs["Ends"]) == ("No", "Not stated", "Not stated")


def test_identifiers_of_the_member_are_masked_until_revealed() -> None:
    member = Member(name="Ali Farouk", emirates_id="784-1986-9027382-9").model_dump(mode="json")
    assert dict(member_pairs(member, Mask()))["Emirates ID"] == "••••3829"
    assert dict(member_pairs(member, Mask(revealed=True)))["Emirates ID"] == "784-1986-9027382-9"


def test_a_mask_finds_the_identifier_wherever_it_stands() -> None:
    mask = Mask(["784-1986-9027382-9", "0563657799"])
    shown = mask.value(
        {
            "id_value": "784-1986-9027382-9",
            "note": "card 784-1986-9027382-9 seen",
            "deep": [{"x": "784 1986 9027382 9"}, 784198690273829, None, True],
            "name": "Ali Farouk",
            "policy": {"plan": "Gold"},
        }
    )
    assert shown["id_value"] == "••••3829"
    assert shown["note"] == "card ••••3829 seen"
    assert shown["deep"] == [{"x": "••••3829"}, "••••3829", None, True]
    assert shown["name"] == "Ali Farouk"
    assert shown["policy"] == {"plan": "Gold"}


@pytest.mark.parametrize("failure", Failure)
def test_every_failure_says_what_happened_what_to_do_and_who_acts(failure: Failure) -> None:
    found = standing(
        Work("failed", failure=failure.value, message="The payer's words."), now=NOW, zone=UTC
    )
    assert found is not None
    assert found.title == failure.label
    assert found.sentence == "The payer's words."
    assert "them" not in found.advice
    assert found.advice
    assert found.who


@pytest.mark.parametrize(
    ("work", "title"),
    [
        (Work("pending", run_at=NOW - timedelta(hours=1)), "In line"),
        (Work("pending", run_at=NOW + timedelta(hours=1)), "Scheduled"),
        (Work("pending", paused=True), "Paused"),
        (Work("pending", held="Somebody paused the lane."), "Held"),
        (Work("pending", run_at=NOW, failed_conversations=2), "Tries again"),
        (Work("running"), "Being asked"),
        (Work("waiting", look=Look.POLL, run_at=NOW), "Waiting for the payer"),
        (Work("waiting", look=Look.RECONCILE), "Waiting for the payer"),
        (Work("cancelled"), "Cancelled"),
    ],
)
def test_a_check_without_an_answer_says_where_it_stands(work: Work, title: str) -> None:
    found = standing(work, now=NOW, zone=UTC)
    assert found is not None
    assert found.title == title
    assert found.sentence.endswith(".")


def test_an_answered_check_needs_no_standing() -> None:
    assert standing(Work(Status.DONE), now=NOW, zone=UTC) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5, "just now"), (300, "5 min ago"), (7200, "2 h ago"), (172_800, "2 days ago")],
)
def test_ages_are_said_in_the_largest_fitting_unit(seconds: int, text: str) -> None:
    assert moments.age(NOW - timedelta(seconds=seconds), NOW) == text


def test_sums_shares_and_codes_read_as_people_write_them() -> None:
    assert sum_of("1250.00", "AED") == "1,250 AED"
    assert sum_of("0.125", "AED") == "0.125 AED"
    assert sum_of(None, "AED") == ""
    assert sum_of("free", "AED") == ""
    assert share_of("100.00") == "100 %"
    assert visit_name("DENTAL_SERVICES") == "Dental services"
