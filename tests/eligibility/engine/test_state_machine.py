"""Anything in any order: after each step the rows are where plain Python says they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from eligibility.choices import FINAL, IN_LINE, Failure, Look, Outcome, Status
from eligibility.connectors.base import Failed, NotDelivered, Pending, Reply
from eligibility.engine import leases
from eligibility.engine.claim import Claimed
from eligibility.models import (
    Attempt,
    Batch,
    EligibilityTask,
    LaneState,
    Result,
    TaskRevision,
)
from eligibility.operations import (
    cancel_batch,
    cancel_tasks,
    fix_task,
    pause_batch,
    resume_batch,
    retry_tasks,
)
from portal.intake.fixing import FixStatus
from tests.cast import load_payers
from tests.eligibility.engine.conftest import check_promises
from tests.eligibility.engine.expected import MOST_CONVERSATIONS, Row
from tests.eligibility.engine.helpers import answered, claim, end, let_lease_end, make_lane
from tests.eligibility.operations.doing import bad, create, row

SLOTS = 2
EXAMPLES, STEPS = 25, 30
SOMEBODY = "somebody"
LATER = 3600.0
"""Seconds; nothing becomes due in a test's lifetime unless a step says so."""

replies = st.one_of(
    st.sampled_from([Outcome.ELIGIBLE, Outcome.NOT_ELIGIBLE]).map(answered),
    st.just(Pending("h", LATER)),
    st.sampled_from(
        [
            Failed(Failure.THROTTLED, "c", "m"),
            Failed(Failure.PAYER_UNAVAILABLE, "c", "m"),
            Failed(Failure.PAYER_UNAVAILABLE, "c", "m", fate_unknown=True),
            Failed(Failure.TIMEOUT, "c", "m"),
            Failed(Failure.BAD_RESPONSE, "c", "m"),
            Failed(Failure.IDENTITY_MISMATCH, "c", "m"),
            NotDelivered(),
        ]
    ),
)
workers = st.sampled_from(["one:1", "two:2"])
some = st.sets(st.integers(0, 4), min_size=1, max_size=3)
one = st.integers(0, 1000)


@dataclass(frozen=True)
class Call:
    """A call that its worker has not heard the end of, whether the row is still its or not."""

    worker: str
    claimed: Claimed
    number: int


class Engine(RuleBasedStateMachine):
    """One lane, two workers, and people who change their minds."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[UUID, Row] = {}
        self.paused: dict[str, bool] = {}
        self.cancelled: set[str] = set()
        self.references: dict[str, UUID] = {}
        self.calls: list[Call] = []
        self.corrections = 0
        self.has_heard_failures = False
        self.around = transaction.atomic()
        self.around.__enter__()

    @initialize()
    def a_lane(self) -> None:
        self.lane = make_lane(
            max_conversations=MOST_CONVERSATIONS,
            max_in_flight=SLOTS,
            backoff_min=LATER,
            backoff_max=LATER,
            give_up_after=1e6,
        )
        self.clinic = self.lane.team.clinics.get()

    # --- what people do --------------------------------------------------------------------------

    @rule(references=st.lists(st.sampled_from(["", "A", "B", "C"]), min_size=1, max_size=2))
    def accept(self, references: list[str]) -> None:
        sent = [row(each, **_question(each)) for each in references]
        created = create(self.clinic, *sent, bad())
        for reference, entry in zip(references, created.entries, strict=False):
            task_id = UUID(entry.task_id)
            if self.references.get(reference) != task_id:
                assert entry.disposition == "created"
                assert reference not in self.references
                assert task_id not in self.rows
                self.rows[task_id] = Row(batch=created.batch_id)
                self.paused.setdefault(str(created.batch_id), False)
            if reference:
                self.references[reference] = task_id
        assert created.entries[-1].disposition == "rejected"

    @precondition(lambda self: self.rows)
    @rule(which=some)
    def cancel(self, which: set[int]) -> None:
        picked = self._pick(which)
        expected = sum(self.rows[pk].cancelled() for pk in picked)
        assert cancel_tasks(tasks=_tasks(picked), actor=SOMEBODY).moved == expected

    @precondition(lambda self: self.paused)
    @rule(which=one)
    def cancel_a_batch(self, which: int) -> None:
        batch = self._batch(which)
        expected = sum(each.cancelled() for each in self._rows_of(batch))
        assert cancel_batch(batch=_batch(batch), actor=SOMEBODY) == expected
        if expected:
            self.paused[batch] = False
            self.cancelled.add(batch)

    @precondition(lambda self: self.rows)
    @rule(which=some)
    def ask_again(self, which: set[int]) -> None:
        picked = self._pick(which)
        expected = sum(self._ask_again(self.rows[pk]) for pk in picked)
        assert retry_tasks(tasks=_tasks(picked), actor=SOMEBODY).moved == expected

    @precondition(lambda self: self.rows)
    @rule(which=one, has_seen_the_last=st.booleans())
    def correct(self, which: int, has_seen_the_last: bool) -> None:
        pk = list(self.rows)[which % len(self.rows)]
        mine = self.rows[pk]
        self.corrections += 1
        fixed = fix_task(
            task=EligibilityTask.objects.get(pk=pk),
            changes={"id_value": f"CARD-9{self.corrections:03}"},
            version=EligibilityTask.objects.get(pk=pk).version - (not has_seen_the_last),
            actor=SOMEBODY,
        )
        if not has_seen_the_last or mine.status in (Status.RUNNING, Status.WAITING):
            assert fixed.status is FixStatus.CONFLICT
            return
        assert fixed.status is FixStatus.FIXED
        mine.revisions += 1
        self._ask_again(mine)

    @precondition(lambda self: self.paused)
    @rule(which=one)
    def pause(self, which: int) -> None:
        batch = self._batch(which)
        mine = self._rows_of(batch)
        has_begun = self.paused[batch] or batch in self.cancelled
        can_be = not has_begun and any(each.status not in FINAL for each in mine)
        parked = [each for each in mine if can_be and each.status is Status.PENDING]
        assert pause_batch(batch=_batch(batch)) == len(parked)
        for each in parked:
            each.parked = True
        self.paused[batch] |= can_be

    @precondition(lambda self: self.paused)
    @rule(which=one)
    def resume(self, which: int) -> None:
        batch = self._batch(which)
        parked = [each for each in self._rows_of(batch) if each.parked]
        assert resume_batch(batch=_batch(batch)) == len(parked)
        for each in parked:
            each.parked, each.due = False, True
        self.paused[batch] = False

    # --- what workers and payers do --------------------------------------------------------------

    @precondition(lambda self: self._due())
    @rule(worker=workers, most=st.integers(1, 4))
    def claim(self, worker: str, most: int) -> None:
        LaneState.objects.all().delete()  # what a lane learns of its payer has tests of its own
        due = self._due()
        running = sum(each.status is Status.RUNNING for each in self.rows.values())
        taken = claim(worker, most)
        assert {held.task_id for held in taken} <= due
        assert len(taken) <= SLOTS - running
        if not self.has_heard_failures and not any(self.rows[pk].crashes for pk in due):
            # Else the lane may be held, or suspects are tried apart from the others.
            assert len(taken) == min(most, SLOTS - running, len(due))
        for held in taken:
            mine = self.rows[held.task_id]
            assert held.look == mine.look
            self.calls.append(Call(worker, held, mine.claimed(worker)))

    @precondition(lambda self: self.calls)
    @rule(which=one, reply=replies)
    def hear(self, which: int, reply: Reply) -> None:
        call = self.calls.pop(which % len(self.calls))
        if isinstance(reply, NotDelivered) and call.claimed.look is not Look.RECONCILE:
            reply = answered()
        self.has_heard_failures |= isinstance(reply, Failed)
        mine = self.rows[call.claimed.task_id]
        fence, paused = call.claimed.fence, self.paused[str(mine.batch)]
        expected = mine.heard(call.number, fence, reply, paused=paused)
        assert end(call.claimed, reply) == expected

    @precondition(lambda self: self._running())
    @rule(which=one, is_taken_over=st.booleans())
    def lease_ends(self, which: int, is_taken_over: bool) -> None:
        running = self._running()
        pk = running[which % len(running)]
        let_lease_end(EligibilityTask.objects.get(pk=pk))
        assert leases.return_expired() == 1
        self.rows[pk].lost()
        if is_taken_over and self._due():
            self.claim("two:2", SLOTS)

    @precondition(lambda self: self._running())
    @rule(worker=workers)
    def worker_dies(self, worker: str) -> None:
        lost = [each for each in self.rows.values() if each.worker == worker]
        assert leases.return_of_dead([worker]) == len(lost)
        for each in lost:
            each.lost()
        self.calls = [call for call in self.calls if call.worker != worker]

    @precondition(lambda self: self.rows)
    @rule()
    def time_passes(self) -> None:
        in_line = EligibilityTask.objects.filter(status__in=IN_LINE, run_at__isnull=False)
        in_line.update(run_at=timezone.now() - timedelta(seconds=1))
        for each in self.rows.values():
            each.due |= each.status in IN_LINE

    # --- what must be so -------------------------------------------------------------------------

    @invariant()
    def every_row_is_where_it_should_be(self) -> None:
        stored = EligibilityTask.objects.in_bulk(list(self.rows))
        assert len(stored) == EligibilityTask.objects.filter(team=self._team()).count()
        for pk, mine in self.rows.items():
            assert _seen(stored[pk]) == (
                *(mine.status, mine.look, mine.outcome, mine.failure, mine.worker),
                *(mine.fence, mine.failed, mine.crashes, mine.parked),
            )

    @invariant()
    def every_conversation_is_as_it_should_be(self) -> None:
        attempts = Attempt.objects.filter(task__in=self.rows).order_by("task_id", "number")
        states: dict[UUID, list[str]] = {}
        for pk, state in attempts.values_list("task_id", "state"):
            states.setdefault(pk, []).append(state)
        expected = {pk: [talk.state for talk in mine.talks] for pk, mine in self.rows.items()}
        assert states == {pk: talks for pk, talks in expected.items() if talks}
        heard = sum(bool(talk.answer) for mine in self.rows.values() for talk in mine.talks)
        assert Result.objects.filter(task__in=self.rows).count() == heard
        revisions = sum(mine.revisions for mine in self.rows.values())
        assert TaskRevision.objects.filter(task__in=self.rows).count() == revisions

    @invariant()
    def every_promise_is_kept(self) -> None:
        check_promises()

    def teardown(self) -> None:
        """Make room for the next run."""
        transaction.set_rollback(True)
        self.around.__exit__(None, None, None)

    # --- help ------------------------------------------------------------------------------------

    def _team(self) -> Any:
        return self.lane.team if hasattr(self, "lane") else None

    def _pick(self, which: set[int]) -> list[UUID]:
        ids = list(self.rows)
        return [ids[number] for number in which if number < len(ids)]

    def _batch(self, which: int) -> str:
        return list(self.paused)[which % len(self.paused)]

    def _rows_of(self, batch: str) -> list[Row]:
        return [each for each in self.rows.values() if str(each.batch) == batch]

    def _due(self) -> set[UUID]:
        return {pk for pk, each in self.rows.items() if each.can_be_claimed}

    def _running(self) -> list[UUID]:
        return [pk for pk, each in self.rows.items() if each.status is Status.RUNNING]

    def _ask_again(self, mine: Row) -> bool:
        return mine.asked_again(paused=self.paused[str(mine.batch)])


def _question(reference: str) -> dict[str, Any]:
    return {"id_type": "CARDNUMBER", "id_value": f"CARD-{reference or 0}", "tpa_name": "TPA002"}


def _tasks(ids: Iterable[UUID]) -> Any:
    return EligibilityTask.objects.filter(pk__in=list(ids))


def _batch(batch_id: str) -> Batch:
    return Batch.objects.get(pk=batch_id)


def _seen(task: EligibilityTask) -> tuple[Any, ...]:
    parked = task.status in IN_LINE and task.run_at is None
    return (
        *(task.status, task.look, task.outcome, task.failure, task.worker),
        *(task.fence, task.failed_conversations, task.crashes, parked),
    )


@pytest.mark.django_db
def test_whatever_happens_in_whatever_order_rows_are_where_they_should_be() -> None:
    """In one transaction, rolled back run by run; two at once are the business of the races."""
    load_payers()
    run_state_machine_as_test(
        Engine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # Not to the shortest example: that takes many minutes, and the steps are printed.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
        ),
    )
