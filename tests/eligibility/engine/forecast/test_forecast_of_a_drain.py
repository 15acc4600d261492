"""A real drain at the synthetic payer: what is forecast on the way.

How near it comes to the true end is measured by `make bench` (`runner.forecast`): here, a busy
machine may change its pace in the middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest
from django.utils import timezone

from eligibility.choices import Status
from eligibility.engine import drain as drains
from eligibility.engine.attempts import Finished
from eligibility.engine.finish import finish
from eligibility.engine.forecast.finishes import Finish, batch_finishes
from eligibility.engine.lane.measured import NEWEST
from eligibility.models import EligibilityTask
from tests.eligibility.engine.helpers import drain_once, make_batch, make_lane, make_rows
from tests.eligibility.engine.payers import WatchedPayer

pytestmark = pytest.mark.usefixtures("db")


def test_after_200_rows_the_rest_is_foreseen_at_the_pace_of_those(
    payer: WatchedPayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = make_lane(max_in_flight=10, expected_pace=0.001, deadline=30.0, give_up_after=120.0)
    batch = make_batch(lane)
    make_rows(lane, 300, "delay=20;outcome=eligible", batch=batch)
    seen = list[tuple[datetime, Finish, list[datetime]]]()

    def finish_and_look(moved: Sequence[Finished]) -> int:
        count = finish(moved)
        ended = EligibilityTask.objects.filter(batch=batch, status=Status.DONE)
        if not seen and ended.count() >= NEWEST:
            now = timezone.now()
            ends = sorted(filter(None, ended.values_list("finished_at", flat=True)))
            seen.append((now, batch_finishes([batch], now=now)[batch.pk], ends))
        return count

    monkeypatch.setattr(drains, "finish", finish_and_look)
    assert drain_once(payer) == 300

    ((now, foreseen, ends),) = seen
    assert foreseen.at is not None
    newest = ends[-NEWEST:]
    later = [end for end in newest if end > newest[0]]
    each = (newest[-1] - newest[0]) / len(later)
    left = 300 - len(ends)
    assert (foreseen.at - now) / (left * each) == pytest.approx(1.0, abs=0.25)
