"""Break the work at its first statement, its second, and so on: all of it happens, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from eligibility.choices import Failure, Status
from eligibility.connectors.base import Failed, Pending, Reply
from eligibility.engine import leases, unroutable
from eligibility.engine.finish import finish
from eligibility.models import (
    Attempt,
    Batch,
    Connection,
    DrainSlot,
    EligibilityTask,
    Payer,
    Result,
    TaskEvent,
    TaskRevision,
    WorkerHost,
)
from eligibility.operations import cancel_batch, cancel_tasks, fix_task, retry_tasks
from tests.cast import load_payers
from tests.eligibility.engine.conftest import check_promises
from tests.eligibility.engine.helpers import (
    again,
    answered,
    claim,
    drain_until_done,
    end,
    finished,
    let_lease_end,
    make_batch,
    make_host,
    make_lane,
    make_row,
    make_rows,
)
from tests.eligibility.engine.payers import WatchedPayer
from tests.eligibility.engine.statements import Broken, Fuse, fused

pytestmark = pytest.mark.usefixtures("transactional_db")
MOST = 60


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """Every row that the engine writes; times of writing are told apart by whether they are set."""
    models: tuple[Any, ...] = (
        EligibilityTask,
        Attempt,
        Result,
        TaskEvent,
        TaskRevision,
        Batch,
        DrainSlot,
    )
    return {
        model.__name__: [_without_moments(row) for row in model.objects.order_by("pk").values()]
        for model in models
    }


def _without_moments(row: dict[str, Any]) -> dict[str, Any]:
    moments = {"at", "created_at", "updated_at", "run_at", "not_before"}
    return {
        name: (value is None) if name.endswith(("_at", "_until")) or name in moments else value
        for name, value in row.items()
        if name not in {"id", "result_id", "attempt_id", "milliseconds"}
    }


def prepare_claim() -> Callable[[], object]:
    make_rows(make_lane(), 3, "outcome=eligible")
    make_rows(make_lane(code="P2"), 2, "outcome=eligible")
    return claim


def prepare_looks() -> Callable[[], object]:
    make_rows(make_lane(), 3, "outcome=eligible")
    end(claim(), Failed(Failure.TIMEOUT, "c", "m"))
    EligibilityTask.objects.update(run_at=timezone.now())
    return claim


def prepare_finish() -> Callable[[], object]:
    lane = make_lane()
    make_rows(lane, 3, "outcome=eligible", batch=make_batch(lane))
    replies: list[Reply] = [answered(), Pending("h", 0.0), Failed(Failure.THROTTLED, "c", "m")]
    rows = claim()

    def write() -> None:
        with transaction.atomic():
            finish([finished(row, reply) for row, reply in zip(rows, replies, strict=True)])

    return write


def prepare_late_answer() -> Callable[[], object]:
    make_rows(make_lane(), 2, "outcome=eligible")
    rows = claim()
    for task in EligibilityTask.objects.all():
        let_lease_end(task)
    leases.return_expired()
    return partial(end, rows, answered())


def prepare_second_answer() -> Callable[[], object]:
    prepare_late_answer()()
    return partial(end, claim(), answered())


def prepare_leases() -> Callable[[], object]:
    lane = make_lane()
    make_rows(lane, 2, "outcome=eligible")
    make_rows(lane, 1, crashes=2)
    claim()
    claim()
    for task in EligibilityTask.objects.all():
        let_lease_end(task)
    return leases.return_expired


def prepare_unroutable() -> Callable[[], object]:
    make_rows(make_lane(), 2, connection=None)
    return unroutable.fail_unroutable


def prepare_cancel() -> Callable[[], object]:
    lane = make_lane(max_in_flight=2)
    batch = make_batch(lane)
    make_rows(lane, 4, "outcome=eligible", batch=batch)
    claim()
    return partial(cancel_batch, batch=batch, actor="somebody")


def prepare_cancel_of_rows() -> Callable[[], object]:
    make_rows(make_lane(max_in_flight=2), 4, "outcome=eligible")
    claim()
    return partial(cancel_tasks, tasks=EligibilityTask.objects.all(), actor="somebody")


def prepare_retry() -> Callable[[], object]:
    make_rows(make_lane(), 2, "outcome=eligible")
    end(claim(), answered())
    make_host()
    return partial(retry_tasks, tasks=EligibilityTask.objects.all(), actor="somebody")


def prepare_fix() -> Callable[[], object]:
    if not Payer.objects.filter(kind=Payer.Kind.SEARCH).exists():
        load_payers()
    task = make_row(make_lane(), "outcome=eligible", visit_type="OUTPATIENT")
    end(claim(), answered())
    make_host()
    changes = {"id_value": "CARD-CORRECTED"}
    version = again(task).version
    return partial(fix_task, task=task, changes=changes, version=version, actor="somebody")


PREPARED = [
    prepare_claim,
    prepare_looks,
    prepare_finish,
    prepare_late_answer,
    prepare_second_answer,
    prepare_leases,
    prepare_unroutable,
    prepare_cancel,
    prepare_cancel_of_rows,
    prepare_retry,
    prepare_fix,
]


@pytest.mark.parametrize("prepare", PREPARED, ids=lambda made: made.__name__[8:])
def test_whichever_statement_breaks_the_database_is_as_before_or_as_after(
    payer: WatchedPayer,
    prepare: Callable[[], Callable[[], object]],
) -> None:
    for passes in range(MOST):
        work = prepare()
        before = snapshot()
        fuse = Fuse(passes)
        try:
            with fused(fuse):
                work()
        except Broken:
            assert snapshot() == before
            check_promises()
            work()
        assert snapshot() != before
        check_promises()
        _end_all(payer)
        if not fuse.blown:
            break
    assert 3 <= passes < MOST


def _end_all(payer: WatchedPayer) -> None:
    """The next run completes what is left, as it does after any breakdown; then make room."""
    for task in EligibilityTask.objects.filter(status=Status.RUNNING):
        let_lease_end(task)
    drain_until_done(payer)
    unfinished = EligibilityTask.objects.exclude(status__in=["done", "failed", "cancelled"])
    assert not unfinished.exists()
    for task in EligibilityTask.objects.filter(status=Status.DONE):
        assert again(task).result_id
        assert payer.kinds(task).count("submit") <= 1
    EligibilityTask.objects.all().delete()
    Batch.objects.all().delete()
    Connection.objects.all().delete()
    WorkerHost.objects.all().delete()
