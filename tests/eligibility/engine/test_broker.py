from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import OrmQ

from portal.broker import HOST_KEY_VARIABLE, PortalBroker
from tests.eligibility.engine.helpers import at_once

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
def _no_long_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Conf, "POLL", 0.0)
    monkeypatch.setenv(HOST_KEY_VARIABLE, "host")


def taken(broker: Any, most: int = 10) -> list[str]:
    """What the broker hands out until it has nothing."""
    found: list[str] = []
    while jobs := broker.dequeue():
        assert len(jobs) == 1
        found += [payload for _, payload in jobs]
        assert len(found) <= most
    return found


def test_the_project_s_broker_is_the_one_in_use() -> None:
    assert isinstance(get_broker(), PortalBroker)


def test_a_job_is_gone_as_soon_as_it_is_handed_out() -> None:
    broker = get_broker()
    broker.enqueue("job")

    assert taken(broker) == ["job"]
    assert not OrmQ.objects.exists()


def test_jobs_come_in_the_order_they_went_in() -> None:
    broker = get_broker()
    for number in range(4):
        broker.enqueue(f"job {number}")

    assert taken(broker) == [f"job {number}" for number in range(4)]


def test_the_host_s_own_queue_comes_first_and_another_host_s_is_left_alone() -> None:
    get_broker().enqueue("common")
    get_broker("host").enqueue("own")
    get_broker("other").enqueue("another host's")

    assert taken(get_broker()) == ["own", "common"]
    assert OrmQ.objects.get().payload == "another host's"


def test_outside_of_a_host_only_the_common_queue_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOST_KEY_VARIABLE)
    get_broker("host").enqueue("own")
    get_broker().enqueue("common")

    assert taken(get_broker()) == ["common"]


def test_acknowledging_or_failing_a_job_that_is_gone_is_nothing() -> None:
    broker = get_broker()
    broker.enqueue("job")
    ((pk, _),) = broker.dequeue()

    broker.acknowledge(pk)
    broker.fail(pk)

    assert not OrmQ.objects.exists()


def test_no_two_brokers_ever_get_the_same_job(transactional_db: None) -> None:
    for number in range(30):
        get_broker().enqueue(f"job {number}")
    got: list[list[str]] = [[], [], []]

    def work(mine: list[str]) -> None:
        broker = get_broker()
        while OrmQ.objects.exists():
            mine += [payload for _, payload in broker.dequeue() or []]

    at_once(*[partial(work, mine) for mine in got])

    everything = [payload for mine in got for payload in mine]
    assert sorted(everything) == sorted(f"job {number}" for number in range(30))
    assert sum(1 for mine in got if mine) >= 2, "only one broker ever got a job"
