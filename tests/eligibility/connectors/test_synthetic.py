from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import ValidationError

from eligibility.choices import Failure, Outcome
from eligibility.connectors.base import Call, Done, Failed, NotDelivered, Pending
from eligibility.connectors.synthetic import SyntheticConnector, SyntheticSettings
from eligibility.results import Answer
from eligibility.synthetic.magic import MAGIC
from tests.eligibility.synthetic.running import (
    AT_ONCE,
    CONNECTOR,
    PATIENCE,
    Running,
    make_query,
    with_payer,
)

SILENT = {"hang", "lost", "drip"}
EXPECTED_OF_TRICK = {
    "garbage": (Failure.BAD_RESPONSE, "not_json"),
    "other_member": (Failure.BAD_RESPONSE, "other_member"),
    "oversize": (Failure.BAD_RESPONSE, "oversize"),
    "refused": (Failure.PAYER_UNAVAILABLE, "disconnected"),
    "500": (Failure.PAYER_UNAVAILABLE, "http_500"),
    "error500": (Failure.PAYER_UNAVAILABLE, "http_500"),
    "unavailable": (Failure.PAYER_UNAVAILABLE, "http_503"),
    "throttle": (Failure.THROTTLED, "http_429"),
    "login": (Failure.CREDENTIALS, "http_401"),
}


def submit(**question: Any) -> Any:
    """The reply to one submit, or the TimeoutError of a caller with little patience."""
    return with_payer(lambda running: running.submit_impatiently(make_query(**question)))


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_can_be_had_on_purpose(outcome: Outcome) -> None:
    reply = submit(script=f"outcome={outcome.value}")

    assert isinstance(reply, Done)
    assert reply.outcome is outcome
    assert "SYNTHETIC" in reply.answer.remarks[0]


@pytest.mark.parametrize("failure", sorted(set(Failure) - {Failure.TIMEOUT}))
def test_every_failure_class_can_be_had_on_purpose(failure: Failure) -> None:
    reply = submit(script=f"failure={failure.value}")

    assert isinstance(reply, Failed)
    assert reply.failure is failure
    assert reply.message


def test_the_failure_class_timeout_is_a_call_without_answer() -> None:
    assert isinstance(submit(script="failure=timeout"), TimeoutError)


@pytest.mark.parametrize("trick", EXPECTED_OF_TRICK)
def test_misbehaviour_becomes_a_failure_and_never_an_exception(trick: str) -> None:
    reply = submit(script=trick)

    assert isinstance(reply, Failed)
    assert (reply.failure, reply.code) == EXPECTED_OF_TRICK[trick]
    assert "CARD-0001" not in reply.message


@pytest.mark.parametrize("trick", sorted(SILENT))
def test_a_silent_or_dripping_payer_is_left_to_the_caller_s_deadline(trick: str) -> None:
    assert isinstance(submit(script=trick), TimeoutError)


def test_a_payer_that_throttles_says_for_how_long() -> None:
    assert submit(script="throttle=7").retry_after == 7.0
    assert submit(script="throttle").retry_after is None


@pytest.mark.parametrize("magic", MAGIC, ids=lambda magic: magic.card)
@pytest.mark.parametrize("field", ["card", "emirates_id"])
def test_a_magic_identifier_does_what_its_script_does(magic: Any, field: str) -> None:
    id_type = "CARDNUMBER" if field == "card" else "EMIRATESID"
    expectation = make_query(script=magic.script)
    query = make_query(getattr(magic, field), id_type=id_type)

    async def scene(running: Running) -> tuple[Any, Any]:
        return await asyncio.gather(
            running.submit_impatiently(expectation), running.submit_impatiently(query)
        )

    by_script, by_number = with_payer(scene)

    assert SyntheticConnector().check(query, AT_ONCE) is None
    assert _kind(by_number) == _kind(by_script) or magic.script in ("delay=3000", "later=2")
    assert type(by_number) is type(by_script)


def _kind(reply: Any) -> tuple[Any, ...]:
    """What two replies of one behaviour share, whoever was asked about."""
    return tuple(getattr(reply, name, None) for name in ("outcome", "failure", "retry_after"))


def test_a_connection_s_settings_steer_every_row_but_the_row_s_own_script_wins() -> None:
    settings = SyntheticSettings(default_script="outcome=not_eligible", latency_ms=(0, 0))

    async def scene(running: Running) -> tuple[Any, Any]:
        own = make_query(script="outcome=undetermined")
        return await running.submit(make_query(), settings), await running.submit(own, settings)

    by_default, by_row = with_payer(scene)

    assert by_default.outcome is Outcome.NOT_ELIGIBLE
    assert by_row.outcome is Outcome.UNDETERMINED


def test_settings_with_a_script_that_means_nothing_cannot_be_saved() -> None:
    with pytest.raises(ValidationError, match="outcom=eligible"):
        SyntheticSettings(default_script="outcom=eligible")
    with pytest.raises(ValidationError, match="must not be larger"):
        SyntheticSettings(latency_ms=(200, 20))


@pytest.mark.parametrize("script", ["delay=abc", "hang;drip", "outcome=maybe", "times=0"])
def test_a_broken_directive_is_refused_by_name(script: str) -> None:
    reply = submit(script=script)

    assert reply.failure is Failure.INPUT_INVALID
    assert script.rpartition(";")[2] in reply.message


def test_a_delay_is_kept() -> None:
    async def scene(running: Running) -> float:
        begun = asyncio.get_running_loop().time()
        await running.submit(make_query(script="delay=150"))
        return asyncio.get_running_loop().time() - begun

    assert 0.15 <= with_payer(scene) < 2.0


def test_a_later_answer_is_polled_until_it_is_there() -> None:
    query = make_query(script="later=0.2;outcome=eligible")

    async def scene(running: Running) -> tuple[Any, Any, Any]:
        promise = await running.submit(query)
        early = await CONNECTOR.poll(running.call, query, promise.handle, AT_ONCE)
        await asyncio.sleep(promise.look_after)
        return promise, early, await CONNECTOR.poll(running.call, query, promise.handle, AT_ONCE)

    promise, early, late = with_payer(scene)

    assert isinstance(promise, Pending)
    assert isinstance(early, Pending)
    assert 0 < early.look_after <= promise.look_after <= 0.3
    assert isinstance(late, Done)
    assert late.outcome is Outcome.ELIGIBLE


def test_a_promise_is_kept_by_a_payer_that_was_restarted_meanwhile() -> None:
    query = make_query(script="later=0.05;outcome=eligible")
    promise = with_payer(lambda running: running.submit(query))

    async def scene(restarted: Running) -> Any:
        await asyncio.sleep(promise.look_after)
        return await CONNECTOR.poll(restarted.call, query, promise.handle, AT_ONCE)

    assert isinstance(with_payer(scene), Done)


def test_a_handle_of_another_row_is_refused() -> None:
    query = make_query(script="later=0.01")

    async def scene(running: Running) -> Any:
        promise = await running.submit(query)
        other = replace(query, reference="somebody-else")
        return await CONNECTOR.poll(running.call, other, promise.handle, AT_ONCE)

    assert with_payer(scene).failure is Failure.BAD_RESPONSE


def test_a_lost_answer_is_found_by_reconcile() -> None:
    query = make_query(script="lost;outcome=not_eligible")

    async def scene(running: Running) -> tuple[Any, Any]:
        return await running.submit_impatiently(query), await running.reconcile(query)

    lost, found = with_payer(scene)

    assert isinstance(lost, TimeoutError)
    assert found.outcome is Outcome.NOT_ELIGIBLE


def test_reconcile_of_a_slow_call_says_when_the_answer_will_be_there() -> None:
    query = make_query(script=f"delay={(PATIENCE + 0.3) * 1000:.0f};outcome=eligible")

    async def scene(running: Running) -> tuple[Any, Any]:
        await running.submit_impatiently(query)
        waiting = await running.reconcile(query)
        await asyncio.sleep(waiting.look_after)
        return waiting, await running.reconcile(query)

    waiting, done = with_payer(scene)

    assert isinstance(waiting, Pending)
    assert isinstance(done, Done)


@pytest.mark.parametrize("script", ["hang", "drip"])
def test_reconcile_of_a_call_that_the_payer_forgot_allows_a_repeat(script: str) -> None:
    query = make_query(script=f"{script};times=1;outcome=eligible")

    async def scene(running: Running) -> tuple[Any, Any]:
        await running.submit_impatiently(query)
        return await running.reconcile(query), await running.submit(query)

    fate, repeat = with_payer(scene)

    assert isinstance(fate, NotDelivered)
    assert repeat.outcome is Outcome.ELIGIBLE


def test_reconcile_of_a_call_that_was_never_made_allows_a_repeat() -> None:
    assert isinstance(with_payer(lambda running: running.reconcile(make_query())), NotDelivered)


def test_misbehaviour_limited_by_times_ends_in_the_usual_answer() -> None:
    query = make_query(script="failure=payer_unavailable;times=2;outcome=eligible")

    async def scene(running: Running) -> list[Any]:
        return [await running.submit(query) for _ in range(4)]

    replies = with_payer(scene)

    assert [type(reply) for reply in replies] == [Failed, Failed, Done, Done]


def test_a_repeat_gets_the_same_answer_and_is_counted_as_a_repeat() -> None:
    query = make_query()

    async def scene(running: Running) -> tuple[Any, Any, Any]:
        first, second = await running.submit(query), await running.submit(query)
        return first, second, await running.get("/calls/counts")

    first, second, counts = with_payer(scene)

    assert first == second
    assert counts["counts"] == {query.reference: [2, 0, 0, 1]}


def test_a_corrected_row_is_a_new_question_under_the_old_reference() -> None:
    wrong = make_query(script="outcome=member_not_found")
    right = replace(wrong, id_value="CARD-0002", extra_args={})

    async def scene(running: Running) -> tuple[Any, Any]:
        await running.submit(wrong)
        return await running.reconcile(right), await running.submit(right)

    fate, reply = with_payer(scene)

    assert isinstance(fate, NotDelivered)
    assert reply.raw["id_value"] == "CARD-0002"


def test_a_search_is_answered_by_the_payer_that_a_direct_question_would_reach() -> None:
    search = make_query(payer="DHPO", is_search=True, script="outcome=eligible")

    async def scene(running: Running) -> tuple[Answer, Answer]:
        found = (await running.submit(search)).answer
        direct = make_query(payer=found.payer_code, script="outcome=eligible")
        return found, (await running.submit(direct)).answer

    found, direct = with_payer(scene)

    assert found.resolved_by_search
    assert found.payer_code not in (None, "DHPO")
    assert found.payer_name
    assert (found.member, found.policy) == (direct.member, direct.policy)


def test_a_search_finds_only_among_the_candidates_it_was_given() -> None:
    options = {"payers": [("INS999", "Ninth Example Insurance")]}
    query = make_query(is_search=True, script="outcome=eligible", options=options)

    answer = with_payer(lambda running: running.submit(query)).answer

    assert (answer.payer_code, answer.payer_name) == ("INS999", "Ninth Example Insurance")


def test_a_probe_tells_whether_the_payer_lets_us_in() -> None:
    scripts = ("", "login", "failure=payer_unavailable", "login;times=1", "throttle=3")

    async def scene(running: Running) -> list[Failed | None]:
        settings = [SyntheticSettings(default_script=script) for script in scripts]
        return [await CONNECTOR.probe(running.call, each) for each in settings]

    failures = [reply and reply.failure for reply in with_payer(scene)]

    assert failures == [
        None,
        Failure.CREDENTIALS,
        Failure.PAYER_UNAVAILABLE,
        None,
        Failure.THROTTLED,
    ]


def test_a_payer_that_is_not_there_is_unavailable() -> None:
    async def scene(running: Running) -> tuple[Any, Any]:
        nowhere = Call(running.call.session, "http://127.0.0.1:1")
        query = make_query()
        return (
            await CONNECTOR.submit(nowhere, query, AT_ONCE),
            await CONNECTOR.probe(nowhere, AT_ONCE),
        )

    for reply in with_payer(scene):
        assert (reply.failure, reply.code) == (Failure.PAYER_UNAVAILABLE, "refused")


@pytest.mark.parametrize(
    ("id_type", "id_value", "sendable"),
    [
        ("EMIRATESID", "784-1984-1234567-9", True),
        ("EMIRATESID", "784 1984 1234567 9", True),
        ("EMIRATESID", "٧٨٤-١٩٨٤-١٢٣٤٥٦٧-٩", True),
        ("EMIRATESID", "784-XXXX-XXXXXXX-X", False),
        ("EMIRATESID", "784-1984-123456-9", False),
        ("EMIRATESID", "111-1111-1111111-1", False),
        ("EMIRATESID", "SYN-HANG", True),
        ("CARDNUMBER", "anything / at all", True),
        ("CARDNUMBER", "   ", False),
    ],
)
def test_only_an_identifier_that_can_be_one_is_sent(
    id_type: str, id_value: str, *, sendable: bool
) -> None:
    problem = CONNECTOR.check(make_query(id_value, id_type=id_type), AT_ONCE)

    assert (problem is None) is sendable
    assert id_value not in (problem or "")


def test_neither_the_identifier_nor_the_name_is_in_the_address_of_a_call() -> None:
    seen: list[str] = []

    async def record(request: web.Request) -> web.Response:
        seen.append(str(request.rel_url) + repr(dict(request.headers)))
        return web.Response()

    async def scene() -> None:
        async with _answering(record) as call:
            query = make_query("SECRET-CARD", name="Secret Name")
            await CONNECTOR.submit(call, query, AT_ONCE)
            await CONNECTOR.poll(call, query, "handle", AT_ONCE)
            await CONNECTOR.reconcile(call, query, AT_ONCE)

    asyncio.run(scene())

    assert len(seen) == 3
    assert not any("SECRET" in text.upper() for text in seen)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([1, 2], "not_an_object"),
        ({"status": "done", "reference": "another"}, "other_member"),
        ({"status": "done", "outcome": "eligible", "answer": {}}, "other_member"),
        ({"status": "done", "id_value": "CARD-0001", "outcome": "yes"}, "unknown_form"),
        (
            {"status": "done", "id_value": "card 0001", "outcome": "eligible", "answer": {"x": 1}},
            "unknown_form",
        ),
        ({"status": "pending", "handle": "", "look_after": 1}, "unknown_form"),
        ({"status": "pending", "handle": "h", "look_after": -1}, "unknown_form"),
        ({"status": "pending", "handle": "h", "look_after": "soon"}, "unknown_form"),
        ({"status": "failed", "failure": "bad luck", "code": "", "message": ""}, "unknown_form"),
        ({"status": "unknown"}, "unknown_status"),
        ({"status": None}, "unknown_status"),
    ],
)
def test_an_answer_of_another_form_is_a_bad_response(body: Any, code: str) -> None:
    query = make_query()
    if isinstance(body, dict):
        body = {"reference": query.reference, **body}

    async def scene() -> Any:
        async with _answering(lambda request: _json(body)) as call:
            return await CONNECTOR.submit(call, query, AT_ONCE)

    reply = asyncio.run(scene())

    assert (reply.failure, reply.code) == (Failure.BAD_RESPONSE, code)


async def _json(body: Any) -> web.Response:
    return web.json_response(body)


@contextlib.asynccontextmanager
async def _answering(handler: Any) -> Any:
    """A server that answers everything alike, and a Call to it."""
    runner = web.ServerRunner(web.Server(handler, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        async with aiohttp.ClientSession() as session:
            yield Call(session, f"http://{host}:{port}")
    finally:
        await runner.cleanup()
