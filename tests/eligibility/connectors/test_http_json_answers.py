from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from eligibility.choices import Failure, Outcome
from eligibility.connectors.base import Done, Failed, Pending, Reading
from eligibility.connectors.http_json.expressions import Interpreter, Runaway, compiled
from eligibility.connectors.http_json.placeholders import fill_body
from eligibility.connectors.http_json.presets import PRESETS
from eligibility.connectors.registry import get_connector
from eligibility.results import Coverage, Need, Service

CONNECTOR = get_connector("http_json")


def settings(**sections: dict[str, Any]) -> Any:
    """The synchronous preset with some sections' fields replaced."""
    begun = PRESETS["synchronous"].settings
    merged = {**begun, **{key: {**begun.get(key, {}), **own} for key, own in sections.items()}}
    return CONNECTOR.settings_class.model_validate(merged)


def read(sample: str, *, status: int = 200, is_poll: bool = False, **sections: Any) -> Reading:
    """What the connector makes of a sample."""
    found = CONNECTOR.rehearse(
        sample.encode(), settings(**sections), status=status, is_poll=is_poll
    )
    assert found is not None
    return found


def answer(sample: str, **sections: Any) -> Done:
    reply = read(sample, **sections).reply
    assert isinstance(reply, Done)
    return reply


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ('"eligible"', Outcome.ELIGIBLE),
        ('" ELIGIBLE "', Outcome.ELIGIBLE),
        ('"not_found"', Outcome.MEMBER_NOT_FOUND),
        ('"surprise"', Outcome.UNDETERMINED),
        ("null", Outcome.UNDETERMINED),
        ("true", Outcome.UNDETERMINED),
        ('["eligible"]', Outcome.UNDETERMINED),
        ('{"eligible": "eligible"}', Outcome.UNDETERMINED),
    ],
)
def test_only_a_listed_word_is_an_answer(word: str, outcome: Outcome) -> None:
    assert answer(f'{{"status": {word}}}').outcome is outcome


def test_yes_and_no_and_numbers_may_stand_in_the_table() -> None:
    table = {"true": "eligible", "0": "not_eligible", "null": "undetermined"}
    for word, outcome in (("true", "eligible"), ("0", "not_eligible"), ("null", "undetermined")):
        assert answer(f'{{"status": {word}}}', reading={"outcomes": table}).outcome == outcome


def test_an_error_code_is_told_in_our_class_and_words() -> None:
    reading = {"errors": {"E42": "credentials; The payer locked our login."}}
    reply = read('{"error": {"code": "e42"}}', status=422, reading=reading).reply
    assert isinstance(reply, Failed)
    assert (reply.failure, reply.code) == (Failure.CREDENTIALS, "error_e42")
    assert reply.message == "The payer locked our login."


def test_an_error_code_that_is_not_listed_is_no_answer() -> None:
    reply = read('{"status": "eligible", "error": {"code": "E99"}}').reply
    assert isinstance(reply, Failed)
    assert (reply.failure, reply.code) == (Failure.BAD_RESPONSE, "unlisted_error")


def test_a_status_may_be_an_answer() -> None:
    reply = read("{}", status=404, reading={"statuses": {"404": "member_not_found"}}).reply
    assert isinstance(reply, Done)
    assert reply.outcome is Outcome.MEMBER_NOT_FOUND


def test_a_failure_told_when_asked_again_ends_the_conversation() -> None:
    gateway = CONNECTOR.settings_class.model_validate(PRESETS["gateway"].settings)
    sample = b'{"eligibility_result": {"data_dump": {"error_type": "TimeoutError"}}}'
    found = CONNECTOR.rehearse(sample, gateway, status=200, is_poll=True)
    assert found is not None
    assert isinstance(found.reply, Failed)
    assert (found.reply.failure, found.reply.is_final) == (Failure.TIMEOUT, True)
    queued = CONNECTOR.rehearse(b'{"status": "IN_QUEUE"}', gateway, status=200, is_poll=True)
    assert queued is not None
    assert isinstance(queued.reply, Pending)


def test_the_parts_of_an_answer_are_read_and_what_cannot_be_is_said() -> None:
    sample = """{
        "status": "eligible", "reference": "R-1",
        "payer": {"name": " Example  Payer "},
        "member": {"name": "Sample Person", "dob": "31/12/1990", "id": "Not Mentioned"},
        "policy": {"plan": "N/A", "start": "01/02/2026 00:00", "end": "soon"},
        "networks": [{"name": "Gold", "code": 7}, "odd", {}],
        "remarks": ["First.", "", "Not mentioned"],
        "benefits": [
            {"service": "consultation", "coverage": "covered",
             "copay": {"amount": "1,250.50", "percent": "20%"}, "currency": "AED"},
            {"service": "Home visit", "coverage": "Y", "copay": {"percent": "Covered"}},
            {"service": "lab", "coverage": "perhaps", "copay": {"amount": "20 % up to 50"}}
        ]}"""
    found = read(sample, codes={"dates": "DD/MM/YYYY"})
    assert isinstance(found.reply, Done)
    read_answer = found.reply.answer
    assert read_answer.payer_name == "Example Payer"
    assert str(read_answer.member.dob) == "1990-12-31"
    assert read_answer.member.member_id is None
    assert (read_answer.policy.plan, str(read_answer.policy.start)) == (None, "2026-02-01")
    assert [each.name for each in read_answer.networks] == ["Gold"]
    assert read_answer.remarks == ("First.",)
    first, second, third = read_answer.benefits
    assert (first.service, first.coverage) == (Service.CONSULTATION, Coverage.COVERED)
    assert (first.copay_amount, first.copay_percent) == (Decimal("1250.50"), Decimal(20))
    assert (second.service, second.service_raw) == (Service.OTHER, "Home visit")
    assert (second.coverage, second.copay_percent) == (Coverage.COVERED, Decimal(0))
    assert (third.copay_amount, third.copay_text) == (None, "20 % up to 50")
    assert third.pre_approval is Need.UNKNOWN
    assert {"end", "benefits[2].coverage", "networks[1].name"} <= set(found.doubts)
    assert "benefits[2].copay_amount" not in found.doubts


def test_a_deductible_that_is_prose_is_left_out_and_never_taken_for_a_cap() -> None:
    expression = "benefits[].{service: service, deductible_amount: d, copay_cap_amount: c}"
    sample = '{"status": "eligible", "benefits": [{"service": "lab", "d": "50 a visit", "c": 9}]}'
    found = read(sample, answer={"benefits": expression})
    assert isinstance(found.reply, Done)
    (benefit,) = found.reply.answer.benefits
    assert (benefit.deductible_amount, benefit.copay_cap_amount) == (None, Decimal(9))
    assert "benefits[0].deductible_amount" in found.doubts


def test_an_expression_may_not_multiply_what_it_looks_at() -> None:
    doubling = " | ".join(["[@, @][]"] * 40)
    with pytest.raises(ValueError, match="multiply"):
        compiled(doubling)
    with pytest.raises(ValueError, match="at most"):
        compiled("a" * 3_000)


def test_an_expression_that_takes_too_many_steps_ends() -> None:
    rows = list(range(60_000))
    with pytest.raises(Runaway):
        Interpreter().find("rows[?@ > `1`] | [?@ > `2`] | [?@ > `3`]", {"rows": rows})
    with pytest.raises(Runaway):
        Interpreter().find("join(glue, rows)", {"glue": "x" * 100_000, "rows": ["a"] * 1_000})


@pytest.mark.parametrize("expression", ["(" * 900, "a[?", "@@", "a.b.c[", "'", "a b", "é["])
def test_what_is_no_expression_is_refused_in_words(expression: str) -> None:
    with pytest.raises(ValueError, match=r"character|complete|expression"):
        compiled(expression)


def test_a_body_leaves_out_what_nobody_said() -> None:
    template = {
        "id": "{id_value}",
        "who": {"name": "{name}", "dob": "{dob}"},
        "extra": "{extra_args}",
        "fixed": "",
        "text": "{{{name}}} of {id_value}",
        "list": [{"x": "{phone}"}, 7, None],
    }
    values: dict[str, Any] = {
        "id_value": '7"}',
        "name": "",
        "dob": None,
        "extra_args": {},
        "phone": "05",
    }
    assert fill_body(template, values) == {
        "id": '7"}',
        "fixed": "",
        "text": '{} of 7"}',
        "list": [{"x": "05"}, 7, None],
    }
