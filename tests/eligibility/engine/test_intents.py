"""What the payer sees is what was written down before: seen from the payer's side."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from eligibility.choices import AttemptState, Status
from eligibility.engine import ahead
from eligibility.engine.drain import Drain
from eligibility.models import Attempt, EligibilityTask
from tests.eligibility.engine.helpers import (
    again,
    at_once,
    cancel,
    drain_once,
    drain_until_done,
    make_lane,
    make_rows,
)
from tests.eligibility.engine.payers import WatchedPayer

pytestmark = pytest.mark.usefixtures("transactional_db")


def test_the_payer_sees_a_call_only_after_its_intent_is_committed(payer: WatchedPayer) -> None:
    scripts = ("outcome=eligible", "later=0.2", "500;times=1", "lost", "garbage;times=1")
    rows = [row for script in scripts for row in make_rows(make_lane(deadline=1.0), 2, script)]
    calls: Counter[str] = Counter()
    faults: list[str] = []

    def look(body: dict[str, Any]) -> None:
        reference = body["reference"]
        calls[reference] += 1
        attempts = list(Attempt.objects.filter(task_id=reference).order_by("number"))
        written = sum(attempt.looks for attempt in attempts)
        if written < calls[reference]:
            faults.append(f"call {calls[reference]}, {written} written")
        if not attempts or attempts[-1].state != AttemptState.OPEN:
            faults.append("no open conversation")

    payer.before_call = look
    drain_until_done(payer)

    assert faults == []
    assert len(calls) == len(rows)
    assert calls.total() >= 2 * len(rows) - 2
    assert {again(row).status for row in rows} == {Status.DONE}


def test_a_row_is_in_its_worker_s_hands_while_it_is_called(payer: WatchedPayer) -> None:
    # Not so quick that two calls' rows are held ahead (`ahead.VERY_QUICK`).
    rows = make_rows(make_lane(max_in_flight=3), 9, "delay=250;outcome=eligible")
    seen: list[tuple[str, bool, int]] = []

    def look(body: dict[str, Any]) -> None:
        task = EligibilityTask.objects.get(pk=body["reference"])
        running = EligibilityTask.objects.filter(status=Status.RUNNING).count()
        seen.append((task.status, task.lease_until is not None, running))

    payer.before_call = look
    drain_once(payer)

    assert len(seen) >= len(rows)
    assert {(status, leased) for status, leased, _ in seen} == {(Status.RUNNING, True)}
    assert payer.most <= 3
    assert max(running for *_, running in seen) <= 2 * 3, "a quick lane's next rows wait in hand"


def test_two_drains_at_once_call_each_row_once_and_stay_within_the_lane_s_slots(
    payer: WatchedPayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "QUICK", 0)  # nobody holds rows ahead, so that both get some
    rows = make_rows(make_lane(code="P1", max_in_flight=4), 40, "delay=20;outcome=eligible")
    rows += make_rows(make_lane(code="P2", max_in_flight=3), 20, "delay=20;outcome=eligible")

    def drain(worker: str) -> None:
        while EligibilityTask.objects.filter(status=Status.PENDING).exists():
            Drain(worker=worker, synthetic_url=payer.url, time_box=0.1).run()

    at_once(partial(drain, "one:1"), partial(drain, "two:2"))
    drain_until_done(payer)

    assert {tuple(payer.kinds(row)) for row in rows} == {("submit",)}
    assert set(Attempt.objects.values_list("worker", flat=True)) >= {"one:1", "two:2"}
    assert payer.most_by_payer == {"P1": 4, "P2": 3}


def test_no_row_is_called_whose_cancellation_came_before_the_intent(payer: WatchedPayer) -> None:
    rows = make_rows(make_lane(max_in_flight=1), 6, "delay=30;outcome=eligible")
    called: list[str] = []

    def cancel_the_others(body: dict[str, Any]) -> None:
        called.append(body["reference"])
        if len(called) == 2:
            with transaction.atomic():  # or the drain takes one while another is cancelled
                for row in rows:
                    if str(row.pk) not in called:
                        cancel(row)

    payer.before_call = cancel_the_others
    drain_until_done(payer)

    # The next two rows may have been in hand already: their calls leave, their answers are late.
    assert len(called) in (2, 3, 4)
    assert len(set(called)) == len(called)
    assert Counter(again(row).status for row in rows) == {Status.DONE: 2, Status.CANCELLED: 4}
    assert Attempt.objects.count() == len(called)
    assert Attempt.objects.filter(late=True).count() == len(called) - 2
