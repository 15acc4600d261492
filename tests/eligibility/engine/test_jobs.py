"""Jobs and beats: what happens when django-q2 or the clock says so."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django_q.models import OrmQ

from eligibility import jobs
from eligibility.choices import Failure, Status
from eligibility.engine import slots
from eligibility.engine.workers import dispatcher
from eligibility.engine.workers.supervisor import Supervisor
from eligibility.models import DrainSlot, WorkerHost
from portal.broker import HOST_KEY_VARIABLE
from portal.pii import JobFailed
from tests.eligibility.engine.helpers import (
    again,
    at_once,
    claim,
    let_lease_end,
    make_host,
    make_lane,
    make_row,
    make_rows,
    queued,
    set_slots_back,
    slot_states,
)
from tests.eligibility.engine.payers import WatchedPayer

FREE, QUEUED = DrainSlot.State.FREE, DrainSlot.State.QUEUED
pytestmark = pytest.mark.usefixtures("db")


def run_job(payer: WatchedPayer, settings: Any) -> int:
    """Take the oldest job out of the queue and run it."""
    settings.SYNTHETIC_PAYER_URL = payer.url
    job = OrmQ.objects.order_by("pk")[0]
    args = job.task["args"]
    job.delete()
    return jobs.drain(*args)


def test_a_drain_job_works_off_what_is_due_and_gives_its_slot_back(
    payer: WatchedPayer, settings: Any
) -> None:
    make_host(slots=1)
    rows = make_rows(make_lane(), 3, "outcome=eligible")
    slots.wake()

    assert run_job(payer, settings) == 3

    assert {again(row).status for row in rows} == {Status.DONE}
    assert (slot_states(), queued()) == ([FREE], [])


def test_a_drain_job_names_its_host_and_process_on_its_leases(
    payer: WatchedPayer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOST_KEY_VARIABLE, "host")
    make_host(slots=1)
    row = make_row(make_lane(), "outcome=eligible")
    slots.wake()

    run_job(payer, settings)

    assert row.attempts.get().worker.startswith("host:")


def test_a_doubled_or_late_drain_job_does_nothing(payer: WatchedPayer, settings: Any) -> None:
    make_host(slots=1)
    slots.wake()
    (args,) = queued()
    run_job(payer, settings)
    row = make_row(make_lane())

    assert jobs.drain(*args) == 0
    assert again(row).status == Status.PENDING


def test_a_drain_that_leaves_work_behind_queues_the_next_one(
    payer: WatchedPayer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_host(slots=1)
    make_row(make_lane())
    slots.wake()
    monkeypatch.setattr(jobs.Drain, "run", lambda drain: drain._runner.close() or 0)

    run_job(payer, settings)

    assert (slot_states(), len(queued())) == ([QUEUED], 1)


def test_a_drain_that_fails_frees_its_slot_and_names_no_patient(
    payer: WatchedPayer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_host(slots=1)
    make_row(make_lane())
    slots.wake()

    def fail(drain: Any) -> int:
        drain._runner.close()
        raise ValueError("about CARD-0")

    monkeypatch.setattr(jobs.Drain, "run", fail)
    with pytest.raises(JobFailed) as error:
        run_job(payer, settings)

    assert "CARD" not in str(error.value)
    assert slot_states() == [QUEUED]


def test_a_heartbeat_is_noted_for_its_host_and_harmless_for_one_that_has_left() -> None:
    make_host("one")
    make_host("two")

    assert jobs.heartbeat("one") > 0
    assert jobs.heartbeat("gone") > 0

    answered = {host.pk: host.answered_at for host in WorkerHost.objects.all()}
    assert answered["one"] is not None
    assert answered["two"] is None


def test_a_beat_says_that_the_host_is_there() -> None:
    make_host(seen_ago=100)

    dispatcher.beat("host")

    assert slots.wake()


def test_a_beat_returns_lost_rows_fails_unroutable_ones_and_wakes_a_drain() -> None:
    make_host(slots=1)
    lane = make_lane()
    lost = make_row(lane)
    claim()
    let_lease_end(lost)
    unroutable = make_row(lane, connection=None)

    done = dispatcher.beat("host")

    assert (done.returned, done.failed, done.woke) == (1, 1, True)
    assert again(lost).status == Status.WAITING
    assert again(unroutable).failure == Failure.PAYER_UNSUPPORTED
    assert dispatcher.beat("host") == dispatcher.Beat(returned=0, failed=0, woke=False)


def test_a_beat_without_work_wakes_nobody() -> None:
    make_host()

    assert dispatcher.beat("host") == dispatcher.Beat(returned=0, failed=0, woke=False)


def test_a_beat_wakes_its_own_host_only_and_gives_lost_jobs_another_chance() -> None:
    make_host("one", slots=1)
    make_host("two", slots=1)
    make_row(make_lane())
    assert dispatcher.beat("one").woke
    assert not dispatcher.beat("one").woke
    OrmQ.objects.all().delete()
    set_slots_back(6)

    assert dispatcher.beat("one").woke

    assert slot_states() == [QUEUED, FREE]


def test_two_hosts_that_beat_at_the_same_moment_return_each_row_once(
    transactional_db: None,
) -> None:
    make_host("one")
    make_host("two")
    rows = make_rows(make_lane(), 5, connection=None)

    at_once(partial(dispatcher.beat, "one"), partial(dispatcher.beat, "two"))

    assert {row.events.count() for row in rows} == {1}


def test_a_host_that_slept_until_the_others_forgot_it_gets_its_places_back() -> None:
    supervisor = Supervisor(workers=3)
    supervisor._payer_socket.close()
    supervisor._register()
    WorkerHost.objects.all().delete()
    make_row(make_lane())

    supervisor._beat()

    host = WorkerHost.objects.get()
    assert sorted(slot_states()) == [FREE, QUEUED]
    assert OrmQ.objects.filter(key=host.pk).exists()
