from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from eligibility.choices import Failure, Outcome
from eligibility.connectors.base import Done, Failed, NotDelivered, Pending
from tests.eligibility.synthetic.running import (
    AT_ONCE,
    CONNECTOR,
    PATIENCE,
    Running,
    make_query,
    with_payer,
)


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
    right = make_query("CARD-0002", script="outcome=eligible", reference=wrong.reference)

    async def scene(running: Running) -> tuple[Any, Any]:
        await running.submit(wrong)
        return await running.reconcile(right), await running.submit(right)

    fate, reply = with_payer(scene)

    assert isinstance(fate, NotDelivered)
    assert reply.answer.member.card == "CARD-0002"
