"""The synthetic payer's routes.

POST /v1/checks      submit   {reference, payer, id_type, id_value, ...} -> done | pending | failed
POST /v1/poll        poll     the same body with the handle             -> done | pending | failed
POST /v1/reconcile   reconcile, the same body                 -> done | pending | failed | unknown
POST /v1/probe       is the payer there, and does it let us in
GET  /calls          the calls received (?reference=, ?limit=), DELETE empties the log
GET  /calls/counts   {reference: [submits, polls, reconciles, repeats]} (?submits=N: at least N)
GET  /health         is the server there

The identifier travels in bodies only. A poll repeats the question, so a restarted server can
answer it: the handle carries nothing but the time at which the answer is ready.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from aiohttp import web

from eligibility.choices import Failure
from eligibility.synthetic.answers import answered, stated_failure
from eligibility.synthetic.calls import KINDS, CallLog
from eligibility.synthetic.conversations import Conversation, Conversations, Plan, make_plan
from eligibility.synthetic.question import Question, read_question
from eligibility.synthetic.script import MOST_TIMES
from eligibility.synthetic.tricks import json_response, play

LARGEST_BODY: Final = 256 * 1024
_SOON: Final = 0.05
"""Seconds added to a promised time, so that a look does not come just too early."""

_USUAL_LIMIT: Final = 10_000


class SyntheticPayer:
    """The payer's memory and its handlers."""

    def __init__(self) -> None:
        """A payer that has never been called."""
        self.calls = CallLog()
        self.conversations = Conversations()

    def application(self) -> web.Application:
        """The routes over this payer."""
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_post("/v1/checks", self.submit)
        app.router.add_post("/v1/poll", self.poll)
        app.router.add_post("/v1/reconcile", self.reconcile)
        app.router.add_post("/v1/probe", self.probe)
        app.router.add_get("/calls", self.list_calls)
        app.router.add_delete("/calls", self.clear_calls)
        app.router.add_get("/calls/counts", self.count_calls)
        app.router.add_get("/health", self.health)
        return app

    async def submit(self, request: web.Request) -> web.StreamResponse:
        """Take a question. A repeat is counted as one and gets the same answer."""
        question = read_question(await request.read())
        if isinstance(question, str):
            return _bad_request(question)
        conversation = self.conversations.open(question)
        plan = make_plan(question, conversation.submits)
        self.calls.note(question.reference, "submit", plan.word, repeat=conversation.submits > 1)
        _remember(conversation, plan)
        if plan.delay:
            await asyncio.sleep(plan.delay)
        ready_at = None if plan.later is None else conversation.ready_at
        if ready_at is not None and (left := ready_at - time.time()) > 0:
            return _pending(question, ready_at, left)
        return await _conclude(request, question, plan)

    async def poll(self, request: web.Request) -> web.StreamResponse:
        """Say whether the answer is there, and give it."""
        question = read_question(await request.read())
        if isinstance(question, str):
            return _bad_request(question)
        ready_at = _read_handle(question)
        if ready_at is None:
            return json_response({"error": "SYNTHETIC: no such handle"}, 404)
        conversation = self.conversations.find(question)
        plan = make_plan(question, conversation.submits if conversation else 1)
        self.calls.note(question.reference, "poll", plan.word)
        if (left := ready_at - time.time()) > 0:
            return _pending(question, ready_at, left)
        return await _conclude(request, question, plan)

    async def reconcile(self, request: web.Request) -> web.StreamResponse:
        """Say what became of a submit whose answer the caller did not get."""
        question = read_question(await request.read())
        if isinstance(question, str):
            return _bad_request(question)
        conversation = self.conversations.find(question)
        plan = make_plan(question, conversation.submits) if conversation else None
        self.calls.note(question.reference, "reconcile", plan.word if plan else "unknown")
        if conversation and plan and conversation.ready_at is not None:
            if (left := conversation.ready_at - time.time()) > 0:
                return _pending(question, conversation.ready_at, left)
            if plan.has_answer:
                return _answer(question, plan)
        return json_response({"status": "unknown", "reference": question.reference})

    async def probe(self, request: web.Request) -> web.StreamResponse:
        """Let the caller in, unless its connection's script breaks every call on the wire.

        A script limited by `times` does so for each reference anew, so it counts as healthy.
        """
        question = read_question(await request.read())
        if isinstance(question, str):
            return _bad_request(question)
        plan = make_plan(question, MOST_TIMES + 1)
        if plan.trick or plan.note:
            return await _conclude(request, question, plan)
        return json_response({"status": "ok", "reference": question.reference})

    async def list_calls(self, request: web.Request) -> web.StreamResponse:
        """The newest calls, oldest of them first."""
        limit = _whole(request.query.get("limit"), _USUAL_LIMIT)
        calls = self.calls.newest(limit, request.query.get("reference"))
        return json_response(
            {
                "calls": [call.as_json() for call in calls],
                "total": len(self.calls),
                "forgotten": self.calls.forgotten,
            }
        )

    async def count_calls(self, request: web.Request) -> web.StreamResponse:
        """How often each reference called."""
        counts = self.calls.counts(_whole(request.query.get("submits"), 0))
        return json_response(
            {
                "kinds": KINDS,
                "totals": self.calls.totals(),
                "counts": counts,
                "forgotten": self.calls.forgotten,
            }
        )

    async def clear_calls(self, request: web.Request) -> web.StreamResponse:
        """Empty the log; conversations under way are not touched."""
        self.calls.clear()
        return web.Response(status=204)

    async def health(self, request: web.Request) -> web.StreamResponse:
        """That the server is there."""
        return json_response({"status": "ok", "name": "SYNTHETIC payer"})


def _remember(conversation: Conversation, plan: Plan) -> None:
    """Note when the answer will be there. An earlier promise for the same question stands."""
    if plan.is_taken and conversation.ready_at is None:
        conversation.ready_at = time.time() + plan.delay + (plan.later or 0.0)


async def _conclude(request: web.Request, question: Question, plan: Plan) -> web.StreamResponse:
    """End a call as planned."""
    if plan.trick:
        return await play(plan.trick, request, question, plan)
    return _answer(question, plan)


def _answer(question: Question, plan: Plan) -> web.Response:
    """The answer, or the stated reason why there is none."""
    if isinstance(plan.answer, Failure):
        return json_response(stated_failure(question, plan.answer, plan.note))
    return json_response(answered(question, plan.answer))


def _pending(question: Question, ready_at: float, left: float) -> web.Response:
    """ "Later", with the handle to ask by and the seconds to wait."""
    return json_response(
        {
            "status": "pending",
            "reference": question.reference,
            "handle": f"{question.reference}.{int(ready_at * 1000):x}",
            "look_after": round(left + _SOON, 3),
        }
    )


def _read_handle(question: Question) -> float | None:
    """The time in a handle, None when it is not one of this question's."""
    reference, _, moment = question.handle.rpartition(".")
    if reference != question.reference:
        return None
    try:
        return int(moment, 16) / 1000
    except ValueError:
        return None


def _bad_request(problem: str) -> web.Response:
    """A body that is no question."""
    return json_response({"error": f"SYNTHETIC: {problem}"}, 400)


def _whole(text: str | None, otherwise: int) -> int:
    """A whole number of a query string; anything else counts as not given."""
    return int(text) if text and text.isascii() and text.isdecimal() else otherwise
