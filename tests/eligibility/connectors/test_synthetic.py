from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from eligibility.choices import Failure, Outcome
from eligibility.connectors.base import Call, Done, Failed
from eligibility.connectors.synthetic import SyntheticConnector, SyntheticSettings
from eligibility.results import Answer
from eligibility.synthetic.magic import MAGIC
from tests.eligibility.synthetic.running import (
    AT_ONCE,
    CONNECTOR,
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


def test_a_payer_says_to_a_search_what_it_says_to_a_direct_question() -> None:
    search = make_query(payer="TPA004", is_search=True, script="outcome=eligible;at=TPA004")
    direct = replace(search, is_search=False)

    async def scene(running: Running) -> tuple[Answer, Answer]:
        return (await running.submit(search)).answer, (await running.submit(direct)).answer

    found, asked = with_payer(scene)

    assert (found.resolved_by_search, asked.resolved_by_search) == (True, False)
    assert (found.payer_code, found.member, found.policy) == ("TPA004", asked.member, asked.policy)


def test_a_script_may_hold_at_some_payers_only_and_the_others_know_nobody() -> None:
    script = "at=TPA002+tpa004;outcome=not_eligible"
    payers = ("TPA002", "TPA004", "INS026")

    async def scene(running: Running) -> list[Outcome]:
        queries = [make_query(payer=payer, script=script, reference=payer) for payer in payers]
        return [(await running.submit(query)).outcome for query in queries]

    assert with_payer(scene) == [
        Outcome.NOT_ELIGIBLE,
        Outcome.NOT_ELIGIBLE,
        Outcome.MEMBER_NOT_FOUND,
    ]


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
