"""The ways of the synthetic payer to misbehave on the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web

from eligibility.choices import Outcome
from eligibility.synthetic.answers import answered
from eligibility.synthetic.conversations import Plan
from eligibility.synthetic.question import Question
from eligibility.synthetic.script import Trick

LONGEST_HANG: Final = 600.0
"""Seconds after which even a hanging call ends: a client that never gives up must not leave
its connection behind for ever."""

DRIP_PAUSE: Final = 0.2
OVERSIZE_CHUNKS: Final = 256
_CHUNK: Final = b" " * 65_536
_JSON: Final = {"Content-Type": "application/json"}

Play = Callable[[web.Request, Question, Plan], Awaitable[web.StreamResponse]]


def json_response(
    data: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """A JSON answer."""
    return web.Response(
        body=json.dumps(data).encode(), status=status, headers={**_JSON, **(headers or {})}
    )


async def play(
    trick: Trick, request: web.Request, question: Question, plan: Plan
) -> web.StreamResponse:
    """Misbehave."""
    return await _PLAYS[trick](request, question, plan)


async def _hang(request: web.Request, question: Question, plan: Plan) -> web.StreamResponse:
    await asyncio.sleep(LONGEST_HANG)
    return await _refuse(request, question, plan)


async def _drip(request: web.Request, question: Question, plan: Plan) -> web.StreamResponse:
    """Blanks, which JSON allows before a value: the answer looks well until it never ends."""
    response = web.StreamResponse(headers=_JSON)
    await response.prepare(request)
    for _ in range(int(LONGEST_HANG / DRIP_PAUSE)):
        await response.write(b" ")
        await asyncio.sleep(DRIP_PAUSE)
    return response


async def _garbage(request: web.Request, question: Question, plan: Plan) -> web.StreamResponse:
    return web.Response(
        body=b"<html><body>SYNTHETIC: the payer's session has ended</body></html>",
        headers={"Content-Type": "text/html"},
    )


async def _other_member(request: web.Request, question: Question, plan: Plan) -> web.StreamResponse:
    body = answered(question, Outcome.ELIGIBLE)
    return json_response(body | {"id_value": "SYN-SOMEBODY-ELSE"})


async def _oversize(request: web.Request, question: Question, plan: Plan) -> web.StreamResponse:
    """16 MiB of blanks, as long as somebody reads them."""
    response = web.StreamResponse(headers=_JSON)
    await response.prepare(request)
    for _ in range(OVERSIZE_CHUNKS):
        await response.write(_CHUNK)
    await response.write(b"{}")
    return response


async def _refuse(request: web.Request, question: Question, plan: Plan) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _error_500(request: web.Request, question: Question, plan: Plan) -> web.StreamResponse:
    return json_response({"error": "SYNTHETIC: internal error of the payer"}, 500)


async def _unavailable(request: web.Request, question: Question, plan: Plan) -> web.StreamResponse:
    return json_response({"error": "SYNTHETIC: the payer is down"}, 503)


async def _throttle(request: web.Request, question: Question, plan: Plan) -> web.StreamResponse:
    wish = plan.retry_after
    headers = {} if wish is None else {"Retry-After": f"{wish:g}"}
    return json_response({"error": "SYNTHETIC: too many requests"}, 429, headers)


async def _login(request: web.Request, question: Question, plan: Plan) -> web.StreamResponse:
    headers = {"WWW-Authenticate": 'Basic realm="synthetic"'}
    return json_response({"error": "SYNTHETIC: login refused"}, 401, headers)


_PLAYS: Final[Mapping[Trick, Play]] = {
    Trick.HANG: _hang,
    Trick.LOST: _hang,
    Trick.DRIP: _drip,
    Trick.GARBAGE: _garbage,
    Trick.OTHER_MEMBER: _other_member,
    Trick.OVERSIZE: _oversize,
    Trick.REFUSED: _refuse,
    Trick.ERROR_500: _error_500,
    Trick.UNAVAILABLE: _unavailable,
    Trick.THROTTLE: _throttle,
    Trick.LOGIN: _login,
}
