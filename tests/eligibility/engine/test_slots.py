"""Places for drains: how many jobs there may be, and which of them may do something."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import transaction
from django_q.models import OrmQ

from eligibility.engine import slots
from eligibility.models import DrainSlot
from tests.eligibility.engine.helpers import (
    at_once,
    make_host,
    make_lane,
    make_row,
    queued,
    set_slots_back,
    slot_states,
)

FREE, QUEUED, REVOKED = (DrainSlot.State(name) for name in ("free", "queued", "revoked"))
pytestmark = pytest.mark.usefixtures("db")


def test_waking_queues_one_job_for_each_free_slot_and_then_none() -> None:
    make_host(slots=2)

    assert [slots.wake() for _ in range(4)] == [True, True, False, False]

    assert slot_states() == [QUEUED, QUEUED]
    assert len(queued()) == 2


def test_a_job_carries_the_ids_of_its_slot_and_ticket_and_nothing_else() -> None:
    make_host(slots=1)
    slots.wake()

    slot = DrainSlot.objects.get()
    assert queued() == [(slot.pk, slot.ticket)]
    job = OrmQ.objects.get().task
    assert not job.get("kwargs")


def test_a_job_goes_down_its_own_host_s_queue() -> None:
    make_host("one")
    make_host("two", slots=1)

    slots.wake(host_id="two")
    slots.wake(host_id="two")
    slots.wake(host_id="one")

    assert list(OrmQ.objects.order_by("pk").values_list("key", flat=True)) == ["two", "one"]


def test_without_a_host_or_with_dead_ones_only_nothing_is_queued() -> None:
    assert not slots.wake()
    make_host(seen_ago=16)

    assert not slots.wake()
    assert queued() == []


def test_a_job_of_a_transaction_that_is_rolled_back_was_never_queued() -> None:
    make_host()

    with transaction.atomic():
        slots.wake()
        transaction.set_rollback(True)

    assert (slot_states(), queued()) == ([FREE, FREE], [])


def test_waking_for_due_rows_needs_due_rows() -> None:
    make_host()
    assert not slots.wake_if_due()

    make_row(make_lane())

    assert slots.wake_if_due()


def test_a_ticket_opens_its_slot_once() -> None:
    make_host(slots=1)
    slots.wake()
    (args,) = queued()

    assert slots.take(*args, "host:1")
    assert not slots.take(*args, "host:2")
    assert DrainSlot.objects.get().worker == "host:1"


@pytest.mark.parametrize("change", [-1, 1])
def test_another_ticket_opens_nothing(change: int) -> None:
    make_host(slots=1)
    slots.wake()
    ((slot_id, ticket),) = queued()

    assert not slots.take(slot_id, ticket + change, "host:1")
    assert not slots.take(slot_id + 1, ticket, "host:1")


def busy_slot() -> tuple[int, int]:
    """A slot that a drain holds: its id and ticket."""
    make_host(slots=1)
    slots.wake()
    slot = DrainSlot.objects.get()
    assert slots.take(slot.pk, slot.ticket, "host:1")
    return slot.pk, slot.ticket


def test_a_drain_beats_as_long_as_the_slot_is_its_own() -> None:
    held = busy_slot()
    set_slots_back(10)

    assert slots.beat(*held)
    assert slots.free_stale() == 0
    slots.revoke_host("host")
    assert not slots.beat(*held)
    assert slot_states() == [REVOKED]


def test_a_revoked_slot_is_neither_woken_nor_freed_by_the_drain_that_lost_it() -> None:
    held = busy_slot()
    slots.revoke_host("host")

    slots.free(*held)

    assert slot_states() == [REVOKED]
    assert not slots.wake()


def test_a_slot_whose_job_was_lost_is_free_again_and_the_late_job_does_nothing() -> None:
    make_host(slots=1)
    slots.wake()
    (lost,) = queued()
    set_slots_back(4)
    assert slots.free_stale() == 0
    set_slots_back(6)

    assert slots.free_stale() == 1

    assert slot_states() == [FREE]
    assert not slots.take(*lost, "host:1")
    assert slots.wake()
    assert queued()[-1] != lost


def test_a_slot_whose_drain_stopped_beating_is_free_again() -> None:
    held = busy_slot()
    set_slots_back(38)
    assert slots.free_stale() == 0
    set_slots_back(42)

    assert slots.free_stale() == 1
    assert not slots.beat(*held)


def test_the_slots_of_workers_seen_to_die_are_free_at_once() -> None:
    busy_slot()

    assert slots.free_of_dead(["host:11"]) == 0
    assert slots.free_of_dead(["host:1"]) == 1
    assert slot_states() == [FREE]


def test_a_host_that_leaves_takes_its_slots_and_its_queue_with_it() -> None:
    make_host("stays", slots=1)
    make_host("leaves", slots=1)
    slots.wake(host_id="stays")
    slots.wake(host_id="leaves")

    slots.free_host("leaves")
    slots.forget_host("leaves")

    assert list(DrainSlot.objects.values_list("host_id", flat=True)) == ["stays"]
    assert list(OrmQ.objects.values_list("key", flat=True)) == ["stays"]


def test_two_who_wake_at_the_same_moment_queue_one_job_for_one_slot(
    transactional_db: None,
) -> None:
    make_host(slots=1)
    for _ in range(10):
        at_once(slots.wake, slots.wake, partial(slots.wake, host_id="host"))
        assert len(queued()) == 1
        OrmQ.objects.all().delete()
        slots.free_host("host")
