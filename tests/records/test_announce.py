from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.models import FileImport, Submission, WebhookDelivery, WebhookEvent
from records import announce
from records.operations.refused import KIND
from tests.factories import make_clinic, make_key
from tests.portal.webhooks.making import make_endpoint

pytestmark = pytest.mark.django_db
BULK = "/integrations/v2/resource-records/bulk"
ROW = {
    "logicalId": "l-1",
    "integrationId": "6" * 24,
    "config": {"type": "practitioners", "name": "Amal Sentinel"},
}


def post(client: Client, rows: list[Any]) -> Any:
    return client.post(
        BULK, json.dumps(rows), content_type="application/json", headers={"X-Request-ID": "r-1"}
    )


def test_records_batch_completed_is_told_once_for_each_request() -> None:
    clinic = make_clinic()
    client = Client(headers={"x-api-key": make_key(clinic)[1]})
    make_endpoint(clinic.team, clinic=clinic)  # records belong to the team: it hears of them, too
    with CaptureQueriesContext(connection) as queries:
        assert post(client, [ROW, {"logicalId": 7}]).status_code == 200
    assert not [each for each in queries if "webhook" in each["sql"]]
    assert (announce.look(), announce.look()) == (1, 0)
    event = WebhookEvent.objects.get()
    assert event.data.pop("received_at") is not None
    assert event.data == {
        "submission_id": str(Submission.objects.get().pk),
        "source": "api",
        "total_rows": 2,
        "accepted_rows": 1,
        "rejected_rows": 1,
        "request_id": "r-1",
        "sequence": 1,
    }
    assert (event.type, event.request_id) == ("records.batch.completed", "r-1")
    assert WebhookDelivery.objects.count() == 1


def test_a_file_is_told_when_all_of_it_has_come_in() -> None:
    team = make_endpoint().team
    submission = Submission.objects.create(
        team=team, kind=KIND, source="file", total_rows=1, accepted_rows=1, rejected_rows=0
    )
    FileImport.objects.create(submission=submission, fingerprint="f")
    assert announce.look() == 0
    FileImport.objects.update(finished_at=timezone.now())
    assert announce.look() == 1


def test_what_came_in_before_somebody_listened_is_not_told() -> None:
    clinic = make_clinic()
    client = Client(headers={"x-api-key": make_key(clinic)[1]})
    post(client, [ROW])
    make_endpoint(clinic.team)
    assert announce.look() == 0
