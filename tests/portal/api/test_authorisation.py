"""Who may do what: every operation of the API, asked by everybody who should not be answered.

The operations come from the API's own schema, so a new one is tested before anybody thinks of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.utils import timezone

from eligibility.models import Batch, EligibilityTask, TaskRevision
from portal.models import (
    ApiKey,
    Clinic,
    RejectedRow,
    Scope,
    Submission,
    WebhookDelivery,
    WebhookEndpoint,
)
from records.models import RecordChange, ResourceRecord
from tests.eligibility.make_rows import make_row
from tests.eligibility.rest.asking import JSON, SCHEDULE, bad_row
from tests.factories import connect_to_synthetic, make_clinic, make_key, make_portal, make_result
from tests.portal.api.published import published
from tests.portal.webhooks.making import make_endpoint, put

SENTINEL = "Sentinel Patient"
RECORDS = "/integrations/v2/resource-records"
OPEN_TO_ALL = {("get", "/v2/api-integration/health")}
SHARED = {"/v2/api-integration/payers", "/v2/api-integration/payers/{code}"}
"""The same for every team."""


class Operation(NamedTuple):
    """One method of one address, with a body where it takes one."""

    method: str
    path: str
    body: Any

    @property
    def is_of_records(self) -> bool:
        """Records belong to the team, checks to a clinic."""
        return self.path.startswith(RECORDS)

    @property
    def writes(self) -> bool:
        """Whether a key that may only read is refused."""
        return self.method != "get" and not self.path.endswith("/get-results")


class House(NamedTuple):
    """A clinic with one of everything, and what the addresses call it."""

    clinic: Clinic
    key: str
    places: Mapping[str, str]


@cache
def all_operations() -> list[Operation]:
    """What the schema says there is."""
    paths = published()["paths"]
    return [
        Operation(method, path, _example(operation))
        for path, methods in sorted(paths.items())
        for method, operation in methods.items()
    ]


def _example(operation: Mapping[str, Any]) -> Any:
    """The first example of a body; None when there is no body."""
    if "requestBody" not in operation:
        return None
    media = operation["requestBody"]["content"]["application/json"]
    return next(iter(media["examples"].values()))["value"]


@pytest.fixture
def house(db: None) -> House:
    """The owner of all that others are after."""
    clinic, key = make_portal()
    client = Client(headers={"x-api-key": key})
    rows = [make_row(name=SENTINEL, client_reference=""), bad_row(name=SENTINEL)]
    batch = _post(client, SCHEDULE, {"requests": rows}).json()["data"]
    task = EligibilityTask.objects.get()
    make_result(task)
    config = {"type": "practitioners", "name": SENTINEL}
    row = {"logicalId": "l-1", "integrationId": "6" * 24, "config": config}
    record = _post(client, f"{RECORDS}/bulk", [row]).json()["results"][0]["record"]
    webhook = make_endpoint(clinic.team, clinic=clinic, description=SENTINEL)
    (delivery,) = put(webhook)
    places = {
        "webhook_id": str(webhook.pk),
        "delivery_id": str(delivery.pk),
        "task_id": str(task.pk),
        "batch_id": batch["batch_id"],
        "submission_id": batch["submission_id"],
        "line": "1",
        "code": "TPA002",
        "record_id": record["_id"],
        "integration_id": "6" * 24,
        "logical_id": "l-1",
    }
    return House(clinic, key, places)


def _post(client: Client, path: str, body: Any) -> Any:
    return client.post(path, json.dumps(body), content_type=JSON)


def ask(operation: Operation, house: House, **headers: str) -> Any:
    """The operation about the house's rows, by whoever holds these headers."""
    path = re.sub(r"\{(\w+)\}", lambda found: house.places[found[1]], operation.path)
    body = operation.body
    if isinstance(body, dict) and "task_ids" in body:
        body = {"task_ids": [house.places["task_id"]]}
    text = b"" if body is None else json.dumps(body).encode()
    client = Client(headers=headers, raise_request_exception=False)
    return client.generic(operation.method.upper(), path, text, content_type=JSON)


def snapshot(house: House) -> list[Any]:
    """Everything of the house that a stranger's call could have touched."""
    mine: dict[str, Any] = {"clinic": house.clinic}
    team = {"team": house.clinic.team}
    return [
        list(EligibilityTask.objects.filter(**mine).order_by("pk").values()),
        list(Batch.objects.filter(**mine).order_by("pk").values()),
        list(Submission.objects.filter(**team).order_by("pk").values()),
        list(RejectedRow.objects.filter(submission__team=house.clinic.team).values()),
        list(ResourceRecord.objects.filter(**team).order_by("pk").values()),
        TaskRevision.objects.filter(task__clinic=house.clinic).count(),
        RecordChange.objects.filter(**team).count(),
        list(WebhookEndpoint.objects.filter(**team).order_by("pk").values()),
        list(WebhookDelivery.objects.filter(endpoint__team=team["team"]).values()),
    ]


def check_all(
    house: House, headers: Callable[[Operation], dict[str, str]], wanted: frozenset[int]
) -> Iterator[tuple[Operation, Any]]:
    """Ask for every operation; nothing of the house may be seen, nor changed."""
    before = snapshot(house)
    for operation in all_operations():
        if (operation.method, operation.path) in OPEN_TO_ALL:
            continue
        answer = ask(operation, house, **headers(operation))
        assert answer.status_code in wanted, (operation[:2], answer.status_code)
        assert SENTINEL not in answer.content.decode(), operation[:2]
        yield operation, answer
    assert snapshot(house) == before


def test_the_owner_is_answered(house: House) -> None:
    operations = all_operations()
    assert len(operations) > 30
    # What takes things away comes last.
    order = sorted(operations, key=lambda each: (each.method == "delete", "cancel" in each.path))
    for operation in order:
        answer = ask(operation, house, **{"x-api-key": house.key})
        assert answer.status_code in {200, 201, 204, 400, 409}, (operation[:2], answer.status_code)


@pytest.mark.parametrize("key", ["", "ep_000000000000_wrong", "nonsense"])
def test_without_a_key_of_ours_there_is_nothing(house: House, key: str) -> None:
    for _ in check_all(house, lambda _: {"x-api-key": key} if key else {}, frozenset({401})):
        pass


@pytest.mark.parametrize("end", ["revoked_at", "expires_at"])
def test_a_key_that_has_ended_opens_nothing(house: House, end: str) -> None:
    ApiKey.objects.update(**{end: timezone.now() - timedelta(seconds=1)})
    for _ in check_all(house, lambda _: {"x-api-key": house.key}, frozenset({401})):
        pass


def test_a_key_that_may_only_read_changes_nothing(house: House) -> None:
    scopes = [Scope.ELIGIBILITY_READ, Scope.RECORDS_READ]
    _, key = ApiKey.issue(
        team=house.clinic.team, name="reader", scopes=scopes, clinics=[house.clinic]
    )
    for operation in all_operations():
        if operation.writes:
            before = snapshot(house)
            answer = ask(operation, house, **{"x-api-key": key})
            assert answer.status_code == 403, operation[:2]
            assert snapshot(house) == before


def test_a_key_of_the_other_app_is_refused(house: House) -> None:
    keys = {
        is_of_records: ApiKey.issue(
            team=house.clinic.team, name="one app", scopes=scopes, clinics=[house.clinic]
        )[1]
        for is_of_records, scopes in {
            True: [Scope.ELIGIBILITY_READ, Scope.ELIGIBILITY_WRITE],
            False: [Scope.RECORDS_READ, Scope.RECORDS_WRITE],
        }.items()
    }
    headers = lambda operation: {"x-api-key": keys[operation.is_of_records]}  # noqa: E731
    for _ in check_all(house, headers, frozenset({403})):
        pass


def test_another_teams_key_sees_and_changes_nothing(house: House) -> None:
    _, key = make_portal()
    wanted = frozenset({200, 201, 400, 404})
    for operation, answer in check_all(house, lambda _: {"x-api-key": key}, wanted):
        is_about_a_row = "{" in operation.path and operation.path not in SHARED
        makes_its_own = operation.method == "put"
        if is_about_a_row and not makes_its_own:
            assert answer.status_code == 404, operation[:2]


def test_another_clinics_key_sees_and_changes_no_checks(house: House) -> None:
    other = make_clinic(house.clinic.team)
    connect_to_synthetic(team=other.team)
    key = make_key(other)[1]
    before = snapshot(house)[:4]
    for operation in all_operations():
        if operation.is_of_records or (operation.method, operation.path) in OPEN_TO_ALL:
            continue
        answer = ask(operation, house, **{"x-api-key": key})
        assert SENTINEL not in answer.content.decode(), operation[:2]
        if "{" in operation.path and operation.path not in SHARED:
            assert answer.status_code == 404, operation[:2]
    after = snapshot(house)[:4]
    assert (after[0], after[1], after[3]) == (before[0], before[1], before[3])


def test_a_clinic_that_is_not_the_keys_cannot_be_named(house: House) -> None:
    other = make_clinic(house.clinic.team)
    headers = {"x-api-key": house.key, "x-clinic-id": str(other.pk)}
    for _ in check_all(house, lambda _: headers, frozenset({403})):
        pass
