from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from eligibility.synthetic.conversations import make_plan
from tests.eligibility.synthetic.running import Running, make_query, with_payer
from tests.eligibility.synthetic.test_answers import make_question

PATHS = ("/v1/checks", "/v1/poll", "/v1/reconcile", "/v1/probe")


async def post(running: Running, path: str, body: bytes) -> tuple[int, Any]:
    """Status and body of a raw call."""
    address = running.call.base_url + path
    async with running.call.session.post(address, data=body) as response:
        return response.status, await response.json()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"[" * 5_000,
        b"{}",
        b'{"reference": ""}',
        b'{"reference": 5}',
        b'{"reference": "r", "id_value": 5}',
        b'{"reference": "r", "script": ["hang"]}',
        b'{"reference": "r", "latency_ms": 5}',
        b'{"reference": "r", "latency_ms": [20]}',
        b'{"reference": "r", "latency_ms": [200, 20]}',
        b'{"reference": "r", "latency_ms": ["0", "1"]}',
    ],
)
def test_a_body_that_is_no_question_is_refused_in_json(path: str, body: bytes) -> None:
    status, answer = with_payer(lambda running: post(running, path, body))

    assert status == 400
    assert answer["error"].startswith("SYNTHETIC: ")


@pytest.mark.parametrize("handle", ["", "r.zz", "r.", "other.0", "0"])
def test_a_handle_that_is_none_is_not_found(handle: str) -> None:
    body = json.dumps({"reference": "r", "handle": handle}).encode()

    status, _ = with_payer(lambda running: post(running, "/v1/poll", body))

    assert status == 404


def test_the_server_says_that_it_is_there() -> None:
    health = with_payer(lambda running: running.get("/health"))

    assert health == {"status": "ok", "name": "SYNTHETIC payer"}


def test_a_hanging_call_ends_when_its_caller_gives_up() -> None:
    async def scene(running: Running) -> int:
        await running.submit_impatiently(make_query(script="hang"))
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            hanging = [task for task in asyncio.all_tasks() if "RequestHandler" in repr(task)]
            if len(hanging) == 0:
                break
            await asyncio.sleep(0.02)
        return len(hanging)

    assert with_payer(scene) == 0


def test_a_hundred_calls_at_once_are_answered_side_by_side() -> None:
    async def scene(running: Running) -> float:
        begun = time.monotonic()
        queries = [make_query(f"C-{n}", script="delay=200;outcome=eligible") for n in range(100)]
        replies = await asyncio.gather(*map(running.submit, queries))
        assert {reply.outcome.value for reply in replies} == {"eligible"}
        return time.monotonic() - begun

    assert 0.2 <= with_payer(scene) < 5.0


def test_every_unsteered_row_ends_within_ten_seconds() -> None:
    for number in range(500):
        plan = make_plan(make_question(f"C-{number}"), 1)
        assert plan.trick is None
        assert plan.delay + (plan.later or 0) < 3


def test_a_scripted_row_does_only_what_its_script_says() -> None:
    plans = [make_plan(make_question(f"C-{n}", script="delay=50"), 1) for n in range(500)]

    assert {plan.later for plan in plans} == {None}
    assert {plan.delay for plan in plans} == {0.05}
    assert len({plan.answer for plan in plans}) > 4
