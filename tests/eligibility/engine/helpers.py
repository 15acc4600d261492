"""Lanes and rows for the engine's tests, and short ways to claim, drain and finish them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django_q.models import OrmQ

from eligibility.choices import IN_LINE, Outcome, Status
from eligibility.connectors.base import Done, Reply
from eligibility.engine import claim as claims
from eligibility.engine import intents, leases, slots
from eligibility.engine.attempts import Finished
from eligibility.engine.claim import Claimed
from eligibility.engine.drain import Drain
from eligibility.engine.finish import finish
from eligibility.engine.moves import decide
from eligibility.engine.rows import add_events
from eligibility.engine.search import searches, sweep
from eligibility.models import (
    Batch,
    Connection,
    DrainSlot,
    EligibilityTask,
    LaneState,
    Payer,
    WorkerHost,
)
from eligibility.results import Answer
from portal.models import Clinic, Team
from tests.eligibility.engine.payers import WatchedPayer
from tests.factories import make_clinic

WORKER = "host:1"
QUICK: dict[str, Any] = {
    "connector": "synthetic",
    "settings": {"latency_ms": [0, 0]},
    "max_in_flight": 20,
    "deadline": 2.0,
    "give_up_after": 30.0,
    "backoff_min": 0.02,
    "backoff_max": 0.05,
    "breaker_min": 0.05,
    "breaker_max": 0.2,
}


def make_lane(team: Team | None = None, code: str = "TPA002", **fields: Any) -> Connection:
    """A synthetic connection that answers, fails and gives up quickly."""
    payer, _ = Payer.objects.get_or_create(code=code, defaults={"name": code, "kind": "tpa"})
    clinic = make_clinic(team)
    return Connection.objects.create(
        team=clinic.team, payer=payer, name=code, **{**QUICK, **fields}
    )


def make_rows(
    lane: Connection,
    count: int,
    script: str = "",
    each: Callable[[int], dict[str, Any]] = lambda number: {},
    **fields: Any,
) -> list[Any]:
    """Due rows of a lane, the first one due the longest; `script` steers the payer.

    `fields` are the same for all rows, `each` gives those of one by its number.
    """
    clinic = Clinic.objects.filter(team=lane.team).first() or make_clinic(lane.team)
    due = timezone.now() - timedelta(seconds=60)
    values: dict[str, Any] = {
        "team": lane.team,
        "clinic": clinic,
        "payer": lane.payer,
        "connection": lane,
        "id_type": "CARDNUMBER",
        "request_dump": {},
        "extra_args": {"title": "synthetic", "value": script} if script else {},
        "not_before": due,
        **fields,
    }
    return EligibilityTask.objects.bulk_create(
        EligibilityTask(
            **{
                "id_value": f"CARD-{number}",
                "id_key": f"CARD{number}",
                "run_at": due + timedelta(milliseconds=number),
                **values,
                **each(number),
            }
        )
        for number in range(count)
    )


def make_row(lane: Connection, script: str = "", **fields: Any) -> EligibilityTask:
    """One due row."""
    row: EligibilityTask = make_rows(lane, 1, script, **fields)[0]
    return row


def make_batch(lane: Connection, **fields: Any) -> Batch:
    """A batch of the lane's clinic."""
    clinic = Clinic.objects.filter(team=lane.team).first() or make_clinic(lane.team)
    return Batch.objects.create(team=lane.team, clinic=clinic, **fields)


def make_host(host_id: str = "host", *, slots: int = 2, seen_ago: float = 0.0) -> WorkerHost:
    """A host that runs workers, with free slots."""
    now = timezone.now()
    host = WorkerHost.objects.create(
        id=host_id,
        name=host_id,
        pid=1,
        workers=slots + 1,
        started_at=now,
        seen_at=now - timedelta(seconds=seen_ago),
    )
    DrainSlot.objects.bulk_create(DrainSlot(host=host, number=number) for number in range(slots))
    return host


def claim(worker: str = WORKER, most: int = 400) -> list[Claimed]:
    """Claim due rows and write their intents, as a drain does: a group of suspects, or others."""
    with transaction.atomic():
        claimed = claims.claim_suspects(worker) or claims.claim(worker, most=most)
        intents.write_intents(claimed, worker)
    return claimed


def claim_one(worker: str = WORKER) -> Claimed:
    """Claim the one row that is due."""
    (claimed,) = claim(worker)
    return claimed


def answered(outcome: Outcome = Outcome.ELIGIBLE, raw: Any = None) -> Done:
    """A payer's answer."""
    return Done(outcome, Answer(payer_code="TPA002", remarks=("SYNTHETIC",)), raw)


def finished(row: Claimed, reply: Reply) -> Finished:
    """The reply with the move that follows from it."""
    move = decide(
        reply,
        look=row.look,
        failed=row.failed,
        age=row.age,
        limits=row.limits,
        jitter=0.5,
        asked=row.asked,
        earlier=row.earlier,
    )
    return Finished(row=row, reply=reply, move=move)


def end(rows: Claimed | Sequence[Claimed], reply: Reply) -> int:
    """Finish claimed rows with the same reply; returns how many still were ours."""
    group = [rows] if isinstance(rows, Claimed) else rows
    with transaction.atomic():
        return finish([finished(row, reply) for row in group])


def make_due(task: EligibilityTask) -> None:
    """Let a waiting or retried row be due now, and its lane's pause be over, without waiting."""
    EligibilityTask.objects.filter(pk=task.pk, status__in=IN_LINE).update(
        run_at=timezone.now() - timedelta(seconds=1)
    )
    end_pause(task.connection_id)


def end_pause(lane_id: int | None) -> None:
    """Let the lane's pause be over, of its breaker or after a throttling."""
    ended = timezone.now() - timedelta(seconds=1)
    state = LaneState.objects.filter(pk=lane_id)
    state.filter(throttled_until__isnull=False).update(throttled_until=ended)
    state.filter(open_until__isnull=False).update(open_until=ended)


def let_lease_end(task: EligibilityTask) -> None:
    """Let a running row's lease have ended a second ago."""
    moved = EligibilityTask.objects.filter(pk=task.pk, status=Status.RUNNING).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )
    assert moved == 1


def cancel(task: EligibilityTask) -> None:
    """Cancel a row as a person does."""
    with transaction.atomic():
        row = EligibilityTask.objects.select_for_update().get(pk=task.pk)
        EligibilityTask.objects.filter(pk=task.pk).cancel()
        add_events([(row.pk, row.status, Status.CANCELLED, "somebody", "")])


def drain_once(payer: WatchedPayer, **options: Any) -> int:
    """One drain, as a job runs it."""
    return Drain(worker=WORKER, synthetic_url=payer.url, **options).run()


def drain_until_done(payer: WatchedPayer, *, within: float = 10.0) -> None:
    """Beat and drain until no row is in line or running; searches begin at their turn."""
    ends_at = time.monotonic() + within
    while EligibilityTask.objects.filter(status__in=[*IN_LINE, Status.RUNNING]).exists():
        assert time.monotonic() < ends_at, "rows are left"
        leases.return_expired()
        searches.start_due()
        sweep.sweep()
        if not drain_once(payer):
            time.sleep(0.01)


def again(task: EligibilityTask) -> EligibilityTask:
    """The row as it stands in the database."""
    return EligibilityTask.objects.get(pk=task.pk)


def history(task: EligibilityTask) -> list[str]:
    """The row's moves: where each event put it."""
    return list(task.events.order_by("pk").values_list("after", flat=True))


def in_thread(work: Callable[[], None]) -> threading.Thread:
    """Run something in a thread with a database connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def at_once(*works: Callable[[], object]) -> None:
    """Run these at the same moment, and raise the first error any of them had."""
    barrier, errors = threading.Barrier(len(works)), []

    def run(work: Callable[[], object]) -> None:
        connection.ensure_connection()
        barrier.wait(10)
        try:
            work()
        except Exception as error:  # noqa: BLE001 (it is raised again below)
            errors.append(error)

    threads = [in_thread(partial(run, work)) for work in works]
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    if errors:
        raise errors[0]


def queued() -> list[tuple[int, int]]:
    """The slot and the ticket of each drain job in the queues, the oldest first."""
    found = [job.task for job in OrmQ.objects.order_by("pk")]
    assert {job["func"] for job in found} <= {slots.DRAIN_JOB}
    return [job["args"] for job in found]


def slot_states() -> list[str]:
    """The states of all slots, host by host."""
    return list(DrainSlot.objects.order_by("host_id", "number").values_list("state", flat=True))


def set_slots_back(seconds: float) -> None:
    """Let every slot have been heard of so long ago."""
    DrainSlot.objects.update(beat_at=timezone.now() - timedelta(seconds=seconds))
