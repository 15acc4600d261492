from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from eligibility.synthetic.calls import CallLog
from eligibility.synthetic.conversations import Conversations
from tests.eligibility.synthetic.running import AT_ONCE, CONNECTOR, Running, make_query, with_payer
from tests.eligibility.synthetic.test_answers import make_question


def test_the_log_shows_each_call_under_its_reference_without_identifiers() -> None:
    query = make_query("SECRET-CARD", name="Secret Name", script="later=0;outcome=eligible")

    async def scene(running: Running) -> Any:
        await running.submit(query)
        await CONNECTOR.poll(running.call, query, f"{query.reference}.0", AT_ONCE)
        await running.reconcile(query)
        await running.submit(make_query())
        return await running.get("/calls"), await running.get(f"/calls?reference={query.reference}")

    every, own = with_payer(scene)

    assert [call["kind"] for call in own["calls"]] == ["submit", "poll", "reconcile"]
    assert {call["reference"] for call in own["calls"]} == {query.reference}
    assert len(every["calls"]) == every["total"] == 4
    assert "SECRET" not in json.dumps(every).upper()
    for call in every["calls"]:
        age = datetime.now(UTC) - datetime.fromisoformat(call["at"])
        assert 0 <= age.total_seconds() < 60


def test_counts_tell_repeats_from_first_calls() -> None:
    once, twice = make_query(), make_query("CARD-0002")

    async def scene(running: Running) -> Any:
        for query in (once, twice, twice):
            await running.submit(query)
        await running.reconcile(twice)
        return await running.get("/calls/counts"), await running.get("/calls/counts?submits=2")

    every, repeated = with_payer(scene)

    assert every["kinds"] == ["submit", "poll", "reconcile", "repeat"]
    assert every["counts"] == {once.reference: [1, 0, 0, 0], twice.reference: [2, 0, 1, 1]}
    assert every["totals"] == {"submit": 3, "poll": 0, "reconcile": 1, "repeat": 1}
    assert repeated["counts"] == {twice.reference: [2, 0, 1, 1]}


def test_emptying_the_log_leaves_conversations_as_they_are() -> None:
    query = make_query(script="outcome=eligible")

    async def scene(running: Running) -> Any:
        await running.submit(query)
        async with running.call.session.delete(running.call.base_url + "/calls") as response:
            assert response.status == 204
        return await running.get("/calls"), await running.reconcile(query)

    log, fate = with_payer(scene)

    assert log == {"calls": [], "total": 0, "forgotten": 0}
    assert fate.outcome == "eligible"


def test_the_log_forgets_its_oldest_calls_and_the_counts_stay_true() -> None:
    log = CallLog(most=3)
    for reference in ("a", "b", "b", "c", "d"):
        log.note(reference, "submit", "eligible", repeat=False)

    assert [call.reference for call in log.newest(10)] == ["b", "c", "d"]
    assert log.counts() == {"b": [1, 0, 0, 0], "c": [1, 0, 0, 0], "d": [1, 0, 0, 0]}
    assert (len(log), log.forgotten) == (3, 2)


def test_only_the_newest_calls_are_shown_when_a_limit_is_given() -> None:
    log = CallLog()
    for number in range(5):
        log.note(str(number), "poll", "eligible")

    assert [call.reference for call in log.newest(2)] == ["3", "4"]
    assert log.newest(2, "nobody") == []
    assert CallLog().totals() == {"submit": 0, "poll": 0, "reconcile": 0, "repeat": 0}


def test_old_conversations_are_forgotten_when_there_are_too_many() -> None:
    memory = Conversations(most=2)
    questions = [make_question(reference=reference) for reference in ("a", "b", "c")]
    for question in questions:
        memory.open(question)

    assert memory.find(questions[0]) is None
    assert memory.find(questions[2]) is not None
