"""Taking turns costs leaps through an index, however many rows wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from eligibility.choices import Priority
from eligibility.engine import queues
from tests.eligibility.engine.crowd import make_crowd
from tests.eligibility.engine.helpers import claim, make_batch, make_lane, make_rows
from tests.eligibility.engine.test_plans import assert_is_led_by, plans

pytestmark = pytest.mark.usefixtures("db", "breaks_promises")


@contextmanager
def without_sorting() -> Iterator[None]:
    """Six rows are sorted fastest; what matters is that many need not be."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")
        yield
        cursor.execute("SET LOCAL enable_sort = on")


def test_groups_are_found_and_claimed_by_leaps() -> None:
    lane = make_lane(max_in_flight=2)
    for _ in range(2):
        make_rows(lane, 3, batch=make_batch(lane))
    make_crowd(lane, due=3000)

    groups = [each for each in plans(claim) if "clinics" in each or "batches" in each]
    with without_sorting():
        (plan,) = plans(lambda: queues.due_groups(lane.pk, Priority.NORMAL))

    assert groups
    assert_is_led_by(plan, "task_turns", "connection_id", "priority")
    assert "task_line" not in plan


def test_rows_under_way_are_counted_among_the_running_ones() -> None:
    lane = make_lane()
    make_rows(lane, 3)
    make_crowd(lane)

    (plan,) = plans(lambda: queues.in_flight(lane.pk))

    assert_is_led_by(plan, "task_running", "connection_id")
