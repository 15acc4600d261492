"""Connectors that misbehave: their rows end as failed, and their neighbours are not harmed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from eligibility.choices import Failure, Outcome, Status
from eligibility.connectors import registry
from eligibility.connectors.base import (
    Call,
    Connector,
    ConnectorSettings,
    Done,
    Failed,
    NotDelivered,
    Pending,
    Query,
    Reply,
)
from eligibility.engine import claim as claims
from eligibility.engine import intents, runner
from eligibility.models import Attempt
from tests.eligibility.engine.helpers import (
    again,
    answered,
    drain_once,
    drain_until_done,
    make_lane,
    make_row,
    make_rows,
)
from tests.eligibility.engine.payers import WatchedPayer

pytestmark = pytest.mark.usefixtures("db")


class OddConnector(Connector):
    """Does whatever a test tells it to; `calls` are the verbs used, in their order."""

    name: ClassVar[str] = "odd"
    settings_class: ClassVar[type[ConnectorSettings]] = ConnectorSettings

    def __init__(self, act: Callable[[Query], Any], doubt: Callable[[Query], Any]) -> None:
        self.act, self.doubt = act, doubt
        self.calls: list[str] = []

    async def _act(self, verb: str, query: Query) -> Any:
        self.calls.append(verb)
        reply = self.act(query)
        return await reply if asyncio.iscoroutine(reply) else reply

    async def submit(self, call: Call, query: Query, settings: Any) -> Done | Pending | Failed:
        return await self._act("submit", query)

    async def poll(
        self, call: Call, query: Query, handle: str, settings: Any
    ) -> Done | Pending | Failed:
        return await self._act("poll", query)

    async def reconcile(
        self, call: Call, query: Query, settings: Any
    ) -> Done | Pending | Failed | NotDelivered:
        return await self._act("reconcile", query)

    async def probe(self, call: Call, settings: Any) -> Failed | None:
        return None

    def check(self, query: Query, settings: Any) -> str | None:
        return self.doubt(query)


Odd = Callable[..., OddConnector]


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Odd:
    """Register a connector that acts as told."""

    def register(
        act: Callable[[Query], Any] = lambda query: answered(),
        doubt: Callable[[Query], Any] = lambda query: None,
    ) -> OddConnector:
        connector = OddConnector(act, doubt)
        monkeypatch.setitem(registry.CONNECTORS, "odd", connector)
        runner.settings_of.cache_clear()
        return connector

    return register


def make_odd_row(**lane: Any) -> Any:
    return make_row(make_lane(**{"connector": "odd", "settings": {}, **lane}))


def fail(query: Query) -> Any:
    raise RuntimeError(f"about {query.id_value}")


def test_an_exception_in_a_connector_is_a_bad_response_and_names_no_patient(
    payer: WatchedPayer, odd: Odd
) -> None:
    connector = odd(fail)
    task = make_odd_row()
    neighbour = make_row(make_lane(code="P2"), "outcome=eligible")

    drain_until_done(payer)

    assert (again(task).failure, connector.calls) == (Failure.BAD_RESPONSE, ["submit", "submit"])
    assert again(neighbour).outcome == Outcome.ELIGIBLE
    attempt = Attempt.objects.filter(task=task).latest("number")
    assert attempt.code == "RuntimeError"
    assert "CARD" not in attempt.message + again(task).failure_message


@pytest.mark.parametrize(
    "reply",
    [None, "eligible", NotDelivered(), Pending("h" * 501, 1.0), Pending("\0", 1.0)],
    ids=["none", "text", "not delivered", "long handle", "nul handle"],
)
def test_a_reply_against_the_rules_is_a_bad_response(
    payer: WatchedPayer, odd: Odd, reply: Any
) -> None:
    odd(lambda query: reply)
    task = make_odd_row()

    drain_until_done(payer)

    assert (again(task).status, again(task).failure) == (Status.FAILED, Failure.BAD_RESPONSE)
    assert Attempt.objects.latest("number").code.startswith("reply_")


@pytest.mark.parametrize(
    "promise", [Pending("h", float("nan")), Pending("h", -1e9), Pending("h", 0.0)]
)
def test_a_promise_of_no_time_at_all_is_looked_after_soon(
    payer: WatchedPayer, odd: Odd, promise: Pending
) -> None:
    replies = [promise, answered()]
    connector = odd(lambda query: replies.pop(0))
    make_odd_row()

    drain_until_done(payer)

    assert connector.calls == ["submit", "poll"]


def test_a_check_that_fails_fails_its_row_and_no_other(payer: WatchedPayer, odd: Odd) -> None:
    connector = odd(doubt=fail)
    task = make_odd_row()
    neighbour = make_row(make_lane(code="P2"), "outcome=eligible")

    drain_until_done(payer)

    assert (again(task).failure, connector.calls) == (Failure.INTERNAL, [])
    assert again(neighbour).status == Status.DONE


def test_a_connector_that_swallows_its_deadline_is_still_waited_for(
    payer: WatchedPayer, odd: Odd
) -> None:
    async def deaf() -> Done:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            return answered()
        return answered(Outcome.UNDETERMINED)

    odd(lambda query: deaf())
    task = make_odd_row(deadline=0.1)

    drain_until_done(payer)

    assert again(task).status == Status.DONE


def test_a_cancellation_that_nobody_asked_for_is_a_bad_response(
    payer: WatchedPayer, odd: Odd
) -> None:
    async def cancel() -> Done:
        raise asyncio.CancelledError

    odd(lambda query: cancel())
    task = make_odd_row()

    drain_until_done(payer)

    assert again(task).failure == Failure.BAD_RESPONSE


def test_a_call_that_cannot_be_ended_is_given_up_three_times_and_costs_no_other_row_anything(
    payer: WatchedPayer, odd: Odd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "LEASE_MARGIN", 0.3)
    monkeypatch.setattr(runner, "ENDS_WITHIN", 0.2)

    async def deaf() -> Done:
        """Waits on, whatever it is told."""
        ends_at = time.monotonic() + 30
        while time.monotonic() < ends_at:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(30)
        return answered()

    odd(lambda query: deaf())
    task = make_odd_row(deadline=0.1)
    neighbours = make_rows(make_lane(code="P2", deadline=0.5), 5, "outcome=eligible")

    drain_until_done(payer, within=30)

    assert (again(task).status, again(task).failure) == (Status.FAILED, Failure.INTERNAL)
    assert again(task).crashes == 3
    assert {again(row).status for row in neighbours} == {Status.DONE}


def test_a_row_whose_lease_may_have_run_out_before_its_call_is_not_called(
    payer: WatchedPayer, odd: Odd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process was stopped between its claim and its commit, as a debugger or a laptop does."""
    connector = odd()
    task = make_odd_row()
    write, clock = intents.write_intents, time.monotonic

    def stop_for_a_while(*args: Any) -> None:
        write(*args)
        monkeypatch.setattr(time, "monotonic", lambda: clock() + 6.0)

    monkeypatch.setattr(intents, "write_intents", stop_for_a_while)
    drain_once(payer)
    monkeypatch.undo()

    assert connector.calls == []
    row = again(task)
    assert (row.status, row.look) == (Status.WAITING, "reconcile")


def test_a_process_that_was_stopped_past_its_leases_blames_no_row(
    payer: WatchedPayer, odd: Odd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it goes on, its calls have been under way for longer than any may take."""
    clock = time.monotonic

    async def slow() -> Reply:
        monkeypatch.setattr(time, "monotonic", lambda: clock() + 100.0)
        await asyncio.sleep(0.5)
        return answered()

    odd(lambda query: slow())
    task = make_odd_row()
    drain_once(payer)
    monkeypatch.undo()

    row = again(task)
    assert (row.status, row.crashes) == (Status.DONE, 0)
