"""Rows that kill, hold up or fill their worker: they end as failed, and no neighbour pays."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from eligibility import jobs
from eligibility.choices import Failure, Outcome, Status
from eligibility.connectors import registry
from eligibility.connectors.base import Query
from eligibility.engine import claim as claims
from eligibility.engine import intents, leases, pulse, runner, slots, suspects
from eligibility.engine.claim import Claimed
from eligibility.engine.drain import Drain
from eligibility.engine.suspects import Suspects, group_size, next_group, places
from eligibility.models import Attempt, EligibilityTask
from tests.eligibility.engine.helpers import (
    WORKER,
    again,
    answered,
    claim,
    drain_until_done,
    end,
    make_host,
    make_lane,
    make_row,
    make_rows,
    queued,
)
from tests.eligibility.engine.payers import WatchedPayer
from tests.eligibility.engine.test_odd_connectors import OddConnector

POISON = "POISON"


# --- who is suspected, and how they are tried (pure) ---------------------------------------------


def test_suspects_are_tried_in_groups_of_the_square_root_of_their_number() -> None:
    assert [group_size(count) for count in (0, 1, 2, 4, 5, 9, 10, 100, 400)] == [
        0, 1, 2, 2, 3, 3, 4, 10, 20,
    ]  # fmt: skip


def test_those_whose_next_crash_is_the_last_are_tried_first_and_one_by_one() -> None:
    assert next_group([Suspects(1, 1, 16), Suspects(2, 2, 3)]) == (2, 1)
    assert next_group([Suspects(1, 1, 7), Suspects(2, 1, 9)]) == (1, 4)
    assert next_group([]) == (0, 0)


def test_every_lane_keeps_places_for_its_own_suspects() -> None:
    found = [Suspects(1, 2, 1), Suspects(1, 1, 8), Suspects(2, 1, 1)]

    assert places(found) == {1: 3, 2: 1}


# --- kills: nobody knows which row it was --------------------------------------------------------


def die(rows: list[Claimed]) -> None:
    """The worker that holds these rows is gone."""
    assert rows
    leases.return_of_dead([WORKER])


def kills(row: Claimed) -> bool:
    return row.query.id_value == POISON


def work_until_done() -> list[list[Claimed]]:
    """Claim and answer as drains do; a worker dies of whatever group holds the poison."""
    groups = []
    while group := claim():
        groups.append(group)
        if any(kills(row) for row in group):
            die(group)
        else:
            end(group, answered())
    return groups


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("good", [0, 1, 19, 99])
def test_of_all_the_rows_a_killer_was_held_with_only_itself_fails(good: int) -> None:
    lane = make_lane(max_in_flight=100)
    rows = make_rows(lane, good)
    poison = make_row(lane, id_value=POISON)

    groups = work_until_done()

    ended = again(poison)
    assert (ended.status, ended.failure, ended.crashes) == (Status.FAILED, Failure.INTERNAL, 3)
    assert {again(row).outcome for row in rows} <= {Outcome.ELIGIBLE}
    assert max((again(row).crashes for row in rows), default=0) <= 2
    fatal = [len(group) for group in groups if any(kills(row) for row in group)]
    assert (fatal[0], fatal[-1], len(fatal)) == (good + 1, 1, 3)
    assert fatal[1] <= group_size(good + 1)


@pytest.mark.usefixtures("db")
def test_rows_that_nothing_is_known_against_meet_a_killer_once() -> None:
    lane = make_lane(max_in_flight=5)
    make_row(lane, id_value=POISON)
    make_rows(lane, 20)

    groups = work_until_done()

    with_poison = [group for group in groups if any(kills(row) for row in group)]
    clean_ones = [sum(row.fence == 1 and not kills(row) for row in group) for group in with_poison]
    assert clean_ones == [4, 0, 0]


@pytest.mark.usefixtures("db")
def test_two_killers_at_once_are_both_found_out() -> None:
    lane = make_lane(max_in_flight=50)
    rows = make_rows(lane, 30)
    poison = [make_row(lane, id_value=POISON) for _ in range(2)]

    work_until_done()

    assert {again(row).failure for row in poison} == {Failure.INTERNAL}
    assert {again(row).status for row in rows} == {Status.DONE}


@pytest.mark.usefixtures("db")
def test_a_claim_leaves_suspects_alone_and_keeps_their_places_free() -> None:
    lane = make_lane(max_in_flight=5)
    suspected = make_row(lane, crashes=1)
    make_rows(lane, 10)

    with transaction.atomic():
        claimed = claims.claim(WORKER, most=100, kept_free=places(suspects.due()))
        intents.write_intents(claimed, WORKER)

    assert len(claimed) == 4
    assert suspected.pk not in {row.task_id for row in claimed}


@pytest.mark.usefixtures("db")
def test_nobody_makes_way_for_suspects_of_a_lane_that_is_held() -> None:
    closed, other = make_lane(paused_at=timezone.now()), make_lane(code="P2")
    make_row(closed, crashes=1)
    assert suspects.due() == []

    make_row(other, crashes=2)
    assert suspects.due() == [Suspects(other.pk, 2, 1)]


@pytest.mark.usefixtures("db")
def test_rows_of_a_worker_that_was_ended_from_outside_are_under_no_suspicion() -> None:
    task = make_row(make_lane())
    for _ in range(4):
        claim(WORKER)
        leases.return_of_host("host", crashed=False)

    assert (again(task).status, again(task).crashes) == (Status.WAITING, 0)


@pytest.mark.usefixtures("db")
def test_a_drain_tries_each_suspect_alone_and_then_works_on(payer: WatchedPayer) -> None:
    """Two crashes each: the third must not hit a neighbour."""
    lane = make_lane()
    tried = make_rows(lane, 3, "delay=20;outcome=eligible", crashes=2)
    others = make_rows(lane, 4, "delay=20;outcome=eligible")
    together: list[int] = []
    payer.before_call = lambda body: together.append(payer.now)

    Drain(worker=WORKER, synthetic_url=payer.url).run()

    assert {again(row).status for row in tried + others} == {Status.DONE}
    assert together[:3] == [0, 0, 0]
    calls = list(Attempt.objects.order_by("started_at", "pk").values_list("task_id", flat=True))
    assert set(calls[:3]) == {row.pk for row in tried}


@pytest.mark.usefixtures("db")
def test_a_drain_that_does_not_try_suspects_leaves_them(payer: WatchedPayer) -> None:
    lane = make_lane()
    suspected, other = make_row(lane, crashes=1), make_row(lane)

    Drain(worker=WORKER, synthetic_url=payer.url, tries_suspects=False).run()

    assert (again(suspected).status, again(other).status) == (Status.PENDING, Status.DONE)


@pytest.mark.usefixtures("db")
def test_only_the_first_slot_of_a_host_tries_suspects() -> None:
    host = make_host(slots=2)

    assert [slots.is_first(slot.pk) for slot in host.slots.order_by("number")] == [True, False]


# --- loops and memory: the row is known ----------------------------------------------------------


@pytest.fixture
def let_go() -> Iterator[threading.Event]:
    """Ends the endless loops of a test when it is over."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], OddConnector]:
    """Register a connector that does this for the poison row and answers all others."""

    def register(act: Callable[[], Any]) -> OddConnector:
        connector = OddConnector(
            lambda query: act() if query.id_value == POISON else _slowly(query), lambda query: None
        )
        monkeypatch.setitem(registry.CONNECTORS, "odd", connector)
        runner.settings_of.cache_clear()
        return connector

    return register


async def _slowly(query: Query) -> Any:
    return answered()


def make_poison(count: int) -> tuple[EligibilityTask, list[Any]]:
    """A poison row with good ones behind it, in one lane of a connector of ours."""
    lane = make_lane(connector="odd", settings={}, deadline=30.0)
    return make_row(lane, id_value=POISON), make_rows(lane, count)


def stay_in_the_loop(let_go: threading.Event) -> Callable[[], Any]:
    async def spin() -> Any:
        while not let_go.is_set():
            time.sleep(0.001)
        return answered()

    return spin


def test_a_row_that_never_gives_the_loop_back_is_blamed_and_its_neighbours_are_not(
    payer: WatchedPayer,
    poisoned: Any,
    let_go: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    db: None,
) -> None:
    monkeypatch.setattr(pulse, "STUCK_AFTER", 0.2)
    monkeypatch.setattr(pulse, "LOOKS", 1)
    poisoned(stay_in_the_loop(let_go))
    poison, good = make_poison(5)

    for crashes in (1, 2, 3):
        drain = Drain(worker=WORKER, synthetic_url=payer.url)
        drain.run()
        assert drain.is_spent
        assert again(poison).crashes == crashes
    drain = Drain(worker=WORKER, synthetic_url=payer.url)
    drain.run()

    assert not drain.is_spent
    assert (again(poison).status, again(poison).failure) == (Status.FAILED, Failure.INTERNAL)
    assert {(again(row).status, again(row).crashes) for row in good} == {(Status.DONE, 0)}


def test_a_loop_with_much_to_do_is_not_taken_for_a_stuck_one(
    payer: WatchedPayer, poisoned: Any, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    """Every row takes its time; together they take longer than one may."""
    monkeypatch.setattr(pulse, "STUCK_AFTER", 0.5)
    monkeypatch.setattr(pulse, "LOOKS", 1)
    poisoned(_busy)
    lane = make_lane(connector="odd", settings={}, deadline=30.0)
    rows = make_rows(lane, 12, each=lambda number: {"id_value": POISON})

    drain = Drain(worker=WORKER, synthetic_url=payer.url)
    drain.run()

    assert not drain.is_spent
    assert {(again(row).status, again(row).crashes) for row in rows} == {(Status.DONE, 0)}


async def _busy() -> Any:
    time.sleep(0.06)
    return answered()


def test_a_row_that_uses_up_the_memory_is_blamed_and_its_neighbours_are_answered(
    payer: WatchedPayer, poisoned: Any, db: None
) -> None:
    async def fill() -> Any:
        return bytearray(1 << 62)

    poisoned(fill)
    poison, good = make_poison(5)

    for crashes in (1, 2, 3):
        drain = Drain(worker=WORKER, synthetic_url=payer.url)
        drain.run()
        assert drain.is_spent
        assert again(poison).crashes == crashes

    assert (again(poison).status, again(poison).failure) == (Status.FAILED, Failure.INTERNAL)
    assert {(again(row).status, again(row).crashes) for row in good} == {(Status.DONE, 0)}


@pytest.mark.parametrize("leave", [SystemExit, KeyboardInterrupt])
def test_a_connector_that_wants_to_end_the_process_does_not_get_its_way(
    payer: WatchedPayer, poisoned: Any, leave: type[BaseException], db: None
) -> None:
    async def go() -> Any:
        raise leave

    poisoned(go)
    poison, good = make_poison(3)

    drain_until_done(payer)

    assert again(poison).failure == Failure.BAD_RESPONSE
    assert {again(row).status for row in good} == {Status.DONE}


def test_a_worker_that_is_spent_frees_its_slot_and_ends_itself(
    payer: WatchedPayer, poisoned: Any, monkeypatch: pytest.MonkeyPatch, settings: Any, db: None
) -> None:
    async def fill() -> Any:
        return bytearray(1 << 62)

    left: list[bool] = []
    monkeypatch.setattr(jobs, "leave", lambda: left.append(True))
    settings.SYNTHETIC_PAYER_URL = payer.url
    poisoned(fill)
    make_poison(0)
    host = make_host(slots=1)
    slots.wake()

    jobs.drain(*queued()[0])

    assert left == [True]
    assert host.slots.get().state != "busy"


def test_the_rows_of_a_drain_that_fails_are_given_back_at_once(
    payer: WatchedPayer, monkeypatch: pytest.MonkeyPatch, settings: Any, db: None
) -> None:
    """Whatever it stumbled over may be one of them."""
    settings.SYNTHETIC_PAYER_URL = payer.url
    task = make_row(make_lane())
    make_host(slots=1)
    slots.wake()

    def stumble(*args: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(runner.Runner, "start", stumble)
    with pytest.raises(Exception, match="RuntimeError"):
        jobs.drain(*queued()[0])

    assert (again(task).status, again(task).crashes) == (Status.WAITING, 1)
