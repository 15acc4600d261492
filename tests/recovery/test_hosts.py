"""Several `workers` commands on one database, and one whose queue was signed with another key."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.signing import BadSignature
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from eligibility import jobs
from eligibility.choices import FINAL, Status
from eligibility.engine import slots
from eligibility.engine.workers import dispatcher
from eligibility.models import Attempt, EligibilityTask
from tests.eligibility.engine.helpers import (
    again,
    make_host,
    make_lane,
    make_row,
    make_rows,
    queued,
    set_slots_back,
)
from tests.eligibility.engine.payers import running_payer
from tests.eligibility.test_workers import (
    assert_no_promise_is_broken,
    wait_for,
    workers,
)
from tests.poison.runs import SETTINGS_MODULE, make_poison_lane


@pytest.mark.whole
def test_two_commands_on_one_database_share_the_load(
    transactional_db: None, database_url: str
) -> None:
    lane = make_poison_lane(latency=0.3, in_flight=1000)
    with (
        workers(database_url, DJANGO_SETTINGS_MODULE=SETTINGS_MODULE) as one,
        workers(database_url, DJANGO_SETTINGS_MODULE=SETTINGS_MODULE) as other,
    ):
        hosts = {one.host.pk, other.host.pk}

        def have_both_answered() -> bool:
            """Another few rows: whoever is awake and free takes them."""
            make_rows(lane, 10)
            slots.wake_if_due()
            asked = Attempt.objects.values_list("worker", flat=True).distinct()
            return {name.rpartition(":")[0] for name in asked} == hosts

        wait_for(have_both_answered, 90.0)
        rest = EligibilityTask.objects.exclude(status__in=FINAL)
        wait_for(lambda: not rest.exists(), 90.0)
    assert_no_promise_is_broken()


@pytest.mark.usefixtures("db")
def test_a_changed_secret_key_drops_hints_and_loses_no_row(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = make_host(slots=1)
    row = make_row(make_lane())
    slots.wake()
    monkeypatch.setattr(Conf, "SECRET_KEY", "a-new-key-for-tests")

    ((_, payload),) = get_broker(host.pk).dequeue() or []
    with pytest.raises(BadSignature):
        SignedPackage.loads(payload)
    assert not OrmQ.objects.exists(), "the hint is gone"
    set_slots_back(6)
    dispatcher.beat(host.pk)

    with running_payer() as payer:
        settings.SYNTHETIC_PAYER_URL = payer.url
        assert jobs.drain(*queued()[0]) == 1
    assert again(row).status == Status.DONE
