from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from eligibility.choices import Failure
from eligibility.connectors.base import Call
from tests.eligibility.synthetic.running import AT_ONCE, CONNECTOR, make_query

ANSWERED = {"status": "done", "id_value": "card 0001", "outcome": "eligible", "answer": {}}


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
        ([1, 2], "unknown_form"),
        ({**ANSWERED, "reference": "another"}, "other_member"),
        ({**ANSWERED, "id_value": "CARD-0002"}, "other_member"),
        ({**ANSWERED, "id_value": None}, "unknown_form"),
        ({**ANSWERED, "outcome": "yes"}, "unknown_form"),
        ({**ANSWERED, "answer": {"x": 1}}, "unknown_form"),
        ({**ANSWERED, "answer": {"benefits": [{"service": "tea"}]}}, "unknown_form"),
        ({"status": "pending", "handle": "", "look_after": 1}, "unknown_form"),
        ({"status": "pending", "handle": "h", "look_after": -1}, "unknown_form"),
        ({"status": "pending", "handle": "h", "look_after": "soon"}, "unknown_form"),
        ({"status": "failed", "failure": "bad luck", "code": "", "message": ""}, "unknown_form"),
        ({"status": "unknown"}, "unknown_status"),
        ({"status": "ok"}, "unknown_status"),
        ({"status": None}, "unknown_form"),
        ({}, "unknown_form"),
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


def test_what_the_databases_cannot_store_is_replaced_and_the_answer_kept() -> None:
    query = make_query()
    body = {**ANSWERED, "reference": query.reference, "answer": {"remarks": ["a\0b\ud800c"]}}

    async def scene() -> Any:
        async with _answering(lambda request: _json(body)) as call:
            return await CONNECTOR.submit(call, query, AT_ONCE)

    assert asyncio.run(scene()).answer.remarks == ("a\ufffdb\ufffdc",)


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
