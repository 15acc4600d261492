from __future__ import annotations

from django_q.models import OrmQ

from eligibility.announce import batches
from eligibility.engine.workers import dispatcher
from portal.models import WebhookEndpoint, WebhookEvent, WebhookTurn
from portal.webhooks import beat
from tests.eligibility.engine.helpers import (
    answered,
    claim,
    end,
    make_batch,
    make_host,
    make_lane,
    make_rows,
)
from tests.portal.webhooks.making import make_endpoint, put


def test_a_beat_of_the_dispatcher_tells_what_has_ended_and_wakes_a_sender(db: None) -> None:
    lane = make_lane()
    make_endpoint(lane.team, event_types=["batch.completed"])
    make_rows(lane, 2, batch=make_batch(lane))
    end(claim(), answered())
    batches._unfinished.clear()
    dispatcher.beat(make_host().pk)
    assert WebhookEvent.objects.get().type == "batch.completed"
    assert OrmQ.objects.get().key == "host"  # among the host's drains, not behind them
    dispatcher.beat("host")
    assert OrmQ.objects.count() == 1  # somebody has the turn


def test_a_beat_without_endpoints_or_events_queues_nothing(endpoint: WebhookEndpoint) -> None:
    assert not beat.beat("host")
    put(endpoint)
    WebhookEndpoint.objects.update(paused_at="2026-01-01T00:00Z")
    assert not beat.beat("host")
    WebhookEndpoint.objects.all().delete()
    assert not beat.beat("host")
    assert not WebhookTurn.objects.exists()
