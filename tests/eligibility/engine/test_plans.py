"""No query that runs by the clock walks over rows that it does not want."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from eligibility.engine import claim as claims
from eligibility.engine import intents, lanes, leases, suspects, unroutable
from eligibility.engine.forecast import finishes
from eligibility.engine.lane import depth, recent
from eligibility.models import Connection
from tests.eligibility.engine.crowd import make_crowd
from tests.eligibility.engine.helpers import (
    answered,
    claim,
    end,
    make_batch,
    make_lane,
    make_row,
    make_rows,
)

pytestmark = pytest.mark.usefixtures("db", "breaks_promises")
TASKS = "eligibility_eligibilitytask"
READS = ("SELECT", "WITH")


def plans(work: Callable[[], object]) -> list[str]:
    """How the database goes about each query of this work that reads tasks."""
    seen: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith(READS) and TASKS in sql:
            seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        work()
    return [_explain(sql, params) for sql, params in seen]


def _explain(sql: str, params: Any) -> str:
    on_postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if on_postgres:
            # Where a walk and an index cost nearly the same, the index is the question.
            cursor.execute("SET LOCAL enable_seqscan = off")
        prefix = "EXPLAIN (COSTS OFF) " if on_postgres else "EXPLAIN QUERY PLAN "
        cursor.execute(prefix + sql, params)
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
        if on_postgres:
            cursor.execute("SET LOCAL enable_seqscan = on")
        return plan


def assert_is_led_by(plan: str, index: str, *columns: str) -> None:
    """The plan reaches tasks through this index, with a condition on each of these columns."""
    steps = plan.splitlines()
    assert not [step for step in steps if "Seq Scan on " + TASKS in step], plan
    assert not [step for step in steps if "hashed" in step], plan
    if connection.vendor == "postgresql":
        # By a bitmap or not is a matter of the table's size at that moment.
        ways = re.compile(rf"using {index} on|Bitmap Index Scan on {index}\b")
        at = [number for number, step in enumerate(steps) if ways.search(step)]
        conditions = [(*steps, "")[number + 1] for number in at]
    else:
        conditions = [step for step in steps if f"INDEX {index}" in step]
    assert conditions, plan
    for condition in conditions:
        assert all(column in condition for column in columns), plan


@pytest.fixture
def lane() -> Connection:
    """A lane with three due rows, beside one with thousands."""
    made = make_lane()
    make_rows(made, 3)
    make_crowd()
    return made


def claim_others() -> None:
    intents.write_intents(claims.claim("host:1", most=5), "host:1")


@pytest.mark.parametrize("work", [lanes.any_due, lanes.lock_due, claim_others])
def test_due_rows_are_found_without_a_look_at_those_that_are_not(
    lane: Connection, work: Callable[[], object]
) -> None:
    first, *_ = plans(work)

    assert_is_led_by(first, "task_line", "connection_id", "priority", "run_at")


def test_suspects_are_found_in_an_index_that_holds_no_other_rows(lane: Connection) -> None:
    make_row(lane, crashes=1)

    plan, *_ = plans(suspects.due)

    assert_is_led_by(plan, "task_suspects", "run_at")


def test_a_claim_passes_by_the_rows_that_are_not_due(lane: Connection) -> None:
    *_, last = plans(claim)

    assert "Update" in last or "MATERIALIZE due" in last
    assert_is_led_by(last, "task_line", "connection_id", "priority", "run_at")


@pytest.mark.parametrize(
    "work",
    [
        leases.return_expired,
        lambda: leases.return_of_dead(["host:1"]),
        lambda: leases.return_of_host("host"),
        lambda: leases.held_by_host("host"),
    ],
    ids=["expired", "dead", "host", "held"],
)
def test_leases_are_looked_for_among_running_rows_only(
    lane: Connection, work: Callable[[], object]
) -> None:
    (plan,) = plans(work)

    assert_is_led_by(plan, "task_running")


def test_unroutable_rows_are_found_by_their_place_in_line(lane: Connection) -> None:
    (plan,) = plans(unroutable.fail_unroutable)

    assert_is_led_by(plan, "task_line" if "task_line" in plan else "task_turns", "connection_id")


def test_a_forecast_reads_the_newest_answers_and_the_rows_in_line(lane: Connection) -> None:
    batch = make_batch(lane)
    make_rows(lane, 2, batch=batch)

    own, newest, in_line = plans(lambda: finishes.batch_finishes([batch], now=timezone.now()))

    assert_is_led_by(own, "task_of_batch" if "task_of_batch" in own else "task_line")
    assert_is_led_by(newest, "task_pace", "connection_id")
    assert_is_led_by(
        in_line, "task_turns" if "task_turns" in in_line else "task_line", "connection_id"
    )


def test_the_depth_of_lanes_is_counted_among_the_rows_in_line(lane: Connection) -> None:
    (plan,) = plans(lambda: depth.depths([lane.pk], now=timezone.now()))

    assert_is_led_by(plan, "task_line" if "task_line" in plan else "task_turns", "connection_id")


def test_the_answers_of_the_last_minute_are_counted_among_the_newest(lane: Connection) -> None:
    (plan,) = plans(lambda: recent.answered_within([lane.pk], since=timezone.now()))

    assert_is_led_by(plan, "task_pace", "connection_id", "finished_at")


@pytest.mark.sqlite_only
def test_the_work_for_a_row_does_not_grow_with_the_number_of_rows_there_are() -> None:
    def steps() -> int:
        """How many steps SQLite takes to claim and answer ten rows."""
        make_rows(make_lane(), 10)
        counted: list[int] = []
        driver = connection.connection
        driver.set_progress_handler(lambda: counted.append(1), 10)
        try:
            end(claim(), answered())
            leases.return_expired()
            unroutable.fail_unroutable()
            lanes.any_due()
        finally:
            driver.set_progress_handler(None, 0)
        return len(counted)

    few = steps()
    make_rows(make_lane(), 1000, run_at=timezone.now() + timedelta(days=1))
    many = steps()

    assert few > 100
    assert many < few * 1.5
