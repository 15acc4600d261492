from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from eligibility.choices import Failure, Outcome
from eligibility.identifiers import make_emirates_id
from eligibility.results import Answer, Coverage
from eligibility.synthetic.answers import answered, is_elsewhere, stated_failure, verdict
from eligibility.synthetic.payers import payers_for
from eligibility.synthetic.question import Question, read_question

DAY = "2026-11-23"


def make_question(id_value: str = "CARD-0001", **values: Any) -> Question:
    """A question as the server reads it."""
    body = {
        "reference": "ref-1",
        "payer": "TPA002",
        "id_type": "CARDNUMBER",
        "id_value": id_value,
        "visit_type": "OUTPATIENT",
        "service_date": DAY,
    }
    question = read_question(json.dumps(body | values).encode())
    assert isinstance(question, Question)
    return question


def make_patients(count: int) -> list[Question]:
    """Questions about many members, by Emirates ID."""
    numbers = (make_emirates_id(1950 + n % 70, 1_000_003 * n % 9_999_999) for n in range(count))
    return [make_question(number, id_type="EMIRATESID") for number in numbers]


def make_answer(question: Question, outcome: Outcome = Outcome.ELIGIBLE) -> Answer:
    """The answer to a question, as our own model reads it."""
    return Answer.model_validate(answered(question, outcome)["answer"])


def test_about_four_of_five_members_are_eligible_and_every_other_ending_occurs() -> None:
    endings = Counter(verdict(question).ending for question in make_patients(2_000))

    assert 0.77 <= endings[Outcome.ELIGIBLE] / 2_000 <= 0.83
    assert set(endings) == {
        Outcome.ELIGIBLE,
        Outcome.NOT_ELIGIBLE,
        Outcome.MEMBER_NOT_FOUND,
        Outcome.AMBIGUOUS_MEMBER,
        Outcome.UNDETERMINED,
        Failure.INPUT_INVALID,
        Failure.IDENTITY_MISMATCH,
    }


def test_unsteered_answers_take_their_usual_time_and_few_of_them_come_later() -> None:
    verdicts = [verdict(question) for question in make_patients(2_000)]
    later = [each.later for each in verdicts if each.later is not None]

    assert all(0.020 <= each.latency <= 0.200 for each in verdicts)
    assert max(each.latency for each in verdicts) - min(each.latency for each in verdicts) > 0.15
    assert 0 < len(later) <= 0.05 * len(verdicts)
    assert all(0 < seconds <= 2 for seconds in later)


def test_a_connection_may_set_the_usual_time() -> None:
    quick = {verdict(make_question(str(n), latency_ms=[50, 50])).latency for n in range(20)}

    assert quick == {0.05}


def test_the_same_row_gets_the_same_answer_in_every_process() -> None:
    question = make_question("CARD-7", visit_type="DENTAL")
    here = [verdict(question).ending, answered(question, Outcome.ELIGIBLE)]
    program = (
        "import json\n"
        "from tests.eligibility.synthetic.test_answers import *\n"
        "question = make_question('CARD-7', visit_type='DENTAL')\n"
        "print(json.dumps([verdict(question).ending, answered(question, Outcome.ELIGIBLE)]))\n"
    )
    other = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert json.loads(other.stdout) == here


@pytest.mark.parametrize("spelling", ["card-0001", "CARD 0001", " CARD0001 "])
def test_the_spelling_of_an_identifier_does_not_change_the_verdict(spelling: str) -> None:
    assert verdict(make_question(spelling)) == verdict(make_question("CARD-0001"))


def test_the_payer_and_the_identifier_change_the_verdict_and_nothing_else_does() -> None:
    questions = [make_question(f"CARD-{n}") for n in range(100)]
    same = [replace(each, name="X", visit_type="DENTAL", reference="r") for each in questions]
    elsewhere = [replace(each, payer="INS026") for each in questions]

    assert [verdict(each) for each in questions] == [verdict(each) for each in same]
    assert [verdict(each) for each in questions] != [verdict(each) for each in elsewhere]


def test_an_emirates_id_of_the_wrong_shape_is_refused_as_a_real_payer_would() -> None:
    question = make_question("784-XXXX-XXXXXXX-X", id_type="EMIRATESID")

    assert verdict(question).ending is Failure.INPUT_INVALID


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_answer_says_that_it_is_synthetic_and_who_gave_it(outcome: Outcome) -> None:
    answer = make_answer(make_question(), outcome)

    assert answer.remarks[0].startswith("SYNTHETIC")
    assert answer.payer_code == "TPA002"
    assert answer.payer_name
    if answer.policy.plan is not None:
        assert answer.policy.plan.startswith("SYNTHETIC")


@pytest.mark.parametrize(
    "failure",
    [
        Failure.INPUT_INVALID,
        Failure.IDENTITY_MISMATCH,
        Failure.PAYER_UNSUPPORTED,
        Failure.PROVIDER_NOT_ENROLLED,
        Failure.INTERNAL,
    ],
)
def test_a_stated_failure_names_no_member(failure: Failure) -> None:
    body = stated_failure(make_question("CARD-0001", name="Example Person"), failure)

    assert body["failure"] == failure
    assert body["message"].startswith("SYNTHETIC: ")
    assert "CARD" not in json.dumps(body)
    assert "Person" not in json.dumps(body)


def test_an_eligible_member_has_a_policy_that_covers_the_day() -> None:
    for question in make_patients(200):
        for day in ("2026-11-23", "2028-02-29", "2026-12-31", "2027-01-01"):
            policy = make_answer(replace(question, service_date=day)).policy
            assert policy.start is not None
            assert policy.end is not None
            assert policy.start <= date.fromisoformat(day) <= policy.end


def test_a_member_that_is_not_eligible_has_a_policy_that_has_ended() -> None:
    for question in make_patients(100):
        answer = make_answer(question, Outcome.NOT_ELIGIBLE)
        assert answer.policy.end is not None
        assert answer.policy.end < date.fromisoformat(DAY)
        assert answer.benefits == ()


@pytest.mark.parametrize(
    "outcome", [Outcome.MEMBER_NOT_FOUND, Outcome.AMBIGUOUS_MEMBER, Outcome.PARTIAL]
)
def test_nothing_is_told_about_a_member_that_was_not_singled_out(outcome: Outcome) -> None:
    answer = make_answer(make_question(name="Example Person"), outcome)

    assert set(answer.member.model_dump().values()) == {None}
    assert not answer.benefits
    assert not answer.networks


def test_every_amount_of_a_benefit_has_a_currency_and_networks_are_named() -> None:
    amounts = 0
    for question in make_patients(100):
        answer = make_answer(replace(question, visit_type="DENTAL"))
        assert all(network.name and network.code for network in answer.networks)
        for benefit in answer.benefits:
            values = [value for name, value in benefit if name.endswith("_amount")]
            amounts += any(value is not None for value in values)
            assert benefit.currency or not any(value is not None for value in values)
    assert amounts > 100


def test_the_answer_covers_the_service_that_the_row_asks_about() -> None:
    services = [
        {benefit.service for benefit in make_answer(make_question(visit_type=visit)).benefits}
        for visit in ("OUTPATIENT", "DENTAL", "MATERNITY")
    ]

    assert services[1] - services[0] == {"dental"}
    assert services[2] - services[0] == {"maternity"}


def test_plans_differ_and_some_do_not_cover_everything() -> None:
    answers = [
        make_answer(replace(question, visit_type="OPTICAL")) for question in make_patients(200)
    ]
    coverages = {benefit.coverage for answer in answers for benefit in answer.benefits}
    texts = [benefit.copay_text for answer in answers for benefit in answer.benefits]

    assert len({answer.policy.plan for answer in answers}) == 5
    assert coverages == {Coverage.COVERED, Coverage.NOT_COVERED}
    assert any(texts)


def test_the_row_s_own_details_come_back_and_made_up_ones_can_be_nobody_s() -> None:
    asked = make_question("CARD-0001", name="Example Person", dob="1990-02-28")
    member = make_answer(asked).member
    unasked = make_answer(make_question("CARD-0001")).member

    assert (member.name, member.dob, member.card) == (
        "Example Person",
        date(1990, 2, 28),
        "CARD-0001",
    )
    assert unasked.name
    assert member.emirates_id is not None
    assert member.emirates_id.startswith("784-1901-")
    assert member.member_id is not None
    assert member.member_id.startswith("SYN")


@pytest.mark.parametrize("dob", ["YYYY-MM-DD", "28/02/1990", "", "١٩٩٠-٠٢-٢٨"])
def test_a_date_of_birth_that_is_none_is_not_repeated(dob: str) -> None:
    question = make_question("784-1985-1234567-8", id_type="EMIRATESID", dob=dob)

    assert make_answer(question).member.dob is not None


def test_a_search_finds_a_person_at_one_payer_and_many_persons_at_many() -> None:
    def homes(number: int) -> list[str]:
        return [
            payer.code
            for payer in payers_for("CARDNUMBER")
            if not is_elsewhere(make_question(f"CARD-{number}", payer=payer.code, search=True))
        ]

    found = [homes(number) for number in range(200)]
    assert {len(each) for each in found} == {1}
    assert len({home for (home,) in found}) > 10
    assert homes(1) == homes(1)


def test_the_other_payers_of_a_search_know_nobody_and_a_direct_question_is_as_ever() -> None:
    question = make_question("CARD-1", payer="TPA002")
    codes = [payer.code for payer in payers_for("CARDNUMBER")]
    endings = [
        verdict(make_question("CARD-1", payer=code, search=True)).ending
        for code in codes
        if is_elsewhere(make_question("CARD-1", payer=code, search=True))
    ]

    assert len(endings) == len(codes) - 1
    assert set(endings) == {Outcome.MEMBER_NOT_FOUND}
    assert not is_elsewhere(question)


def test_a_payer_that_nobody_ships_has_some_of_the_members_of_a_search() -> None:
    has = [
        not is_elsewhere(make_question(f"CARD-{number}", payer="MINE", search=True))
        for number in range(200)
    ]
    assert 5 < sum(has) < 60
