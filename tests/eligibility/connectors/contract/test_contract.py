"""What every connector promises to the engine, tried against a payer that misbehaves."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from eligibility.choices import Failure, Outcome
from eligibility.connectors.base import Call, Done, Failed, NotDelivered, Pending, Reply
from tests.eligibility.connectors.contract.dialects import DIALECTS, SENTINEL, Dialect
from tests.eligibility.connectors.contract.payer import (
    Act,
    Payer,
    ask_through,
    converse,
    cuts,
    drips,
    floods,
    hangs,
    says,
)
from tests.eligibility.synthetic.running import make_query

CALLS = [
    pytest.param(dialect, number, id=f"{dialect}-call {number}")
    for dialect in DIALECTS
    for number in dialect.calls
]
PATIENCE = 0.3

each_call = pytest.mark.parametrize(("dialect", "number"), CALLS)
each_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=str)


def reply_to(dialect: Dialect, number: int, act: Act) -> tuple[Failed, Payer]:
    """The failure that follows when the payer misbehaves at this call."""
    reply, payer = converse(dialect, ask_through, {number: act})
    assert isinstance(reply, Failed), reply
    assert len(payer.seen) == number
    return reply, payer


@each_dialect
@pytest.mark.parametrize(
    ("outcome", "found"),
    [
        ("eligible", Outcome.ELIGIBLE),
        ("not_eligible", Outcome.NOT_ELIGIBLE),
        ("member_not_found", Outcome.MEMBER_NOT_FOUND),
    ],
)
def test_an_answer_is_read(dialect: Dialect, outcome: str, found: Outcome) -> None:
    reply, payer = converse(dialect, ask_through, outcome=outcome)
    assert isinstance(reply, Done)
    assert reply.outcome is found
    assert reply.answer.member.name == "Sample Person"
    assert len(payer.seen) == len(dialect.calls)


@each_call
@pytest.mark.parametrize("act", [hangs, drips], ids=lambda act: act.__name__)
def test_the_engines_deadline_ends_a_call_and_the_connector_lets_it(
    dialect: Dialect, number: int, act: Act
) -> None:
    async def scene(payer: Payer, call: Call) -> Any:
        try:
            async with asyncio.timeout(PATIENCE):
                return await ask_through(payer, call)
        except TimeoutError as error:
            return error

    ended, _ = converse(dialect, scene, {number: act})
    assert isinstance(ended, TimeoutError)


@each_call
@pytest.mark.parametrize(
    "body", ["", "<html>sorry</html>", '{"status": ', "\xff\xfe", '{"a": NaN}', "[" * 5_000]
)
def test_what_is_not_json_is_a_bad_response(dialect: Dialect, number: int, body: str) -> None:
    failed, _ = reply_to(dialect, number, says(body))
    assert failed.failure is Failure.BAD_RESPONSE


@each_call
@pytest.mark.parametrize("act", [floods, says("x" * 30_000)], ids=["no length", "with length"])
def test_more_than_we_read_is_a_bad_response(dialect: Dialect, number: int, act: Act) -> None:
    failed, _ = reply_to(dialect, number, act)
    assert (failed.failure, failed.code) == (Failure.BAD_RESPONSE, "oversize")


@each_dialect
def test_an_answer_for_another_is_never_ours(dialect: Dialect) -> None:
    other = json.dumps(dialect.answer("another-reference", "CARD-OTHER", "eligible"))
    failed, _ = reply_to(dialect, dialect.calls[-1], says(other))
    assert (failed.failure, failed.code) == (Failure.BAD_RESPONSE, "other_member")


@each_call
@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (401, Failure.CREDENTIALS),
        (403, Failure.CREDENTIALS),
        (500, Failure.PAYER_UNAVAILABLE),
        (502, Failure.PAYER_UNAVAILABLE),
        (503, Failure.PAYER_UNAVAILABLE),
        (418, Failure.BAD_RESPONSE),
    ],
)
def test_a_status_tells_who_has_to_act(
    dialect: Dialect, number: int, status: int, failure: Failure
) -> None:
    failed, _ = reply_to(dialect, number, says("{}", status))
    assert failed.failure is failure


@each_call
def test_a_payer_that_wants_a_pause_says_how_long(dialect: Dialect, number: int) -> None:
    failed, _ = reply_to(dialect, number, says("{}", 429, Retry_After="7"))
    assert (failed.failure, failed.retry_after) == (Failure.THROTTLED, 7.0)


@each_call
def test_a_redirect_is_not_followed(dialect: Dialect, number: int) -> None:
    failed, payer = reply_to(dialect, number, says("", 302, Location="/elsewhere"))
    assert (failed.failure, failed.code) == (Failure.BAD_RESPONSE, "redirect")
    assert "/elsewhere" not in payer.seen


@each_call
def test_a_cut_after_the_question_left_says_that_its_fate_is_unknown(
    dialect: Dialect, number: int
) -> None:
    failed, _ = reply_to(dialect, number, cuts)
    assert failed.failure is Failure.PAYER_UNAVAILABLE
    assert failed.fate_unknown


@pytest.mark.parametrize("dialect", [each for each in DIALECTS if each.later], ids=str)
def test_an_answer_that_comes_later_is_asked_for_by_its_handle(dialect: Dialect) -> None:
    assert dialect.later is not None
    handle = "h/../ä?#%2F 1"

    async def later(payer: Payer, request: web.BaseRequest) -> web.StreamResponse:
        assert dialect.later is not None
        return web.json_response(dialect.later(payer.query.reference, handle))

    async def scene(payer: Payer, call: Call) -> list[Reply]:
        first = await dialect.connector.submit(call, payer.query, dialect.settings)
        assert isinstance(first, Pending)
        settings = dialect.settings
        second = await dialect.connector.poll(call, payer.query, first.handle, settings)
        return [first, second]

    replies, payer = converse(dialect, scene, {1: later, 2: later})
    assert [reply.handle for reply in replies if isinstance(reply, Pending)] == [handle, handle]
    assert len(payer.seen) == 2
    assert ".." not in payer.seen[1].split("/")


@each_dialect
def test_a_question_that_is_delivered_twice_is_one_conversation(dialect: Dialect) -> None:
    async def scene(payer: Payer, call: Call) -> list[Reply]:
        return [await ask_through(payer, call) for _ in range(2)]

    replies, payer = converse(dialect, scene)
    assert [type(reply) for reply in replies] == [Done, Done]
    assert list(payer.conversations) == [payer.query.reference]


@each_dialect
def test_what_became_of_a_question_is_found_out_without_a_second_conversation(
    dialect: Dialect,
) -> None:
    async def scene(payer: Payer, call: Call) -> Reply:
        await dialect.connector.submit(call, payer.query, dialect.settings)
        return await dialect.connector.reconcile(call, payer.query, dialect.settings)

    reply, payer = converse(dialect, scene)
    assert list(payer.conversations) == [payer.query.reference]
    match reply:
        case Done() | Pending() | NotDelivered():
            return
        case Failed():
            assert reply.is_final
            assert reply.failure is Failure.TIMEOUT
            assert len(payer.seen) == 1


@each_call
@pytest.mark.parametrize(
    "body",
    [
        *("null", "7", '"eligible"', "[]", "[[]]", "{}", '{"status": {}}', '{"status": []}'),
        *('{"status": "surprise"}', '{"status": true}', '{"outcome": "eligible"}'),
        '{"eligibility_result": 7, "status": ["found"]}',
        '{"eligibility_result": {"data_dump": {"status": "surprise", "data": []}}}',
        '{"status": "\\u0000\\ud800"}',
        '{"a": ' * 45 + "1" + "}" * 45,
    ],
)
def test_no_odd_answer_raises_or_passes_for_a_yes(dialect: Dialect, number: int, body: str) -> None:
    reply, _ = converse(dialect, ask_through, {number: says(body)})
    match reply:
        case Done():
            assert reply.outcome is Outcome.UNDETERMINED
        case _:
            assert isinstance(reply, Failed)


@each_call
@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
def test_a_payer_that_repeats_our_secrets_does_not_make_us_keep_them(
    dialect: Dialect, number: int, status: int, capfd: pytest.CaptureFixture[str], caplog: Any
) -> None:
    async def echo(payer: Payer, request: web.BaseRequest) -> web.StreamResponse:
        said = {**dialect.answer(payer.query.reference, payer.query.id_value, "eligible")}
        sent = SENTINEL if dialect.connector.secret_names(dialect.settings) else "nothing"
        said["remarks"] = [dict(request.headers), await request.text(), sent]
        said["policy"] = {"plan": sent}
        return web.json_response(said, status=status)

    caplog.set_level("DEBUG")
    reply, payer = converse(dialect, ask_through, {number: echo})
    raw = json.dumps(getattr(reply, "raw", None), default=str)
    authorization = payer.headers[-1].get("Authorization", SENTINEL).split()[-1]
    for text in (repr(reply), raw, caplog.text, *capfd.readouterr(), *payer.seen):
        assert SENTINEL not in text
        assert authorization not in text


@each_dialect
def test_no_patient_is_in_an_address_or_a_header(dialect: Dialect) -> None:
    query = make_query("CARD-PATIENT", name="Name Patient", phone="0501234567")

    async def scene(payer: Payer, call: Call) -> Reply:
        payer.query = query
        return await ask_through(payer, call)

    _, payer = converse(dialect, scene)
    for text in (*payer.seen, *(str(headers) for headers in payer.headers)):
        assert "PATIENT" not in text.upper()
        assert "0501234567" not in text


@each_dialect
def test_a_blank_identifier_is_refused_without_a_call(dialect: Dialect) -> None:
    problem = dialect.connector.check(make_query("  "), dialect.settings)
    assert problem is not None
    assert dialect.connector.check(make_query("CARD-1"), dialect.settings) is None


@each_dialect
@pytest.mark.parametrize(
    ("act", "failure"),
    [
        (says("{}", 401), Failure.CREDENTIALS),
        (says("{}", 503), Failure.PAYER_UNAVAILABLE),
        (says("{}", 429), Failure.THROTTLED),
        (cuts, Failure.PAYER_UNAVAILABLE),
    ],
    ids=["login", "down", "throttled", "cut"],
)
def test_a_test_call_tells_what_is_wrong(dialect: Dialect, act: Act, failure: Failure) -> None:
    async def scene(payer: Payer, call: Call) -> Failed | None:
        return await dialect.connector.probe(call, dialect.settings)

    failed, _ = converse(dialect, scene, {1: act})
    assert failed is not None
    assert failed.failure is failure


@each_dialect
def test_a_test_call_that_goes_well_says_nothing(dialect: Dialect) -> None:
    async def scene(payer: Payer, call: Call) -> Failed | None:
        return await dialect.connector.probe(call, dialect.settings)

    well = says(json.dumps({"status": "ok", "reference": "probe"}))
    assert converse(dialect, scene, {1: well})[0] is None
