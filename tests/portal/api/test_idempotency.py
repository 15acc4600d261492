"""The same POST sent again: one piece of work, one answer, whatever dies in between."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models import F
from django.test import Client
from django.urls import get_resolver

from eligibility.models import EligibilityTask
from portal import idempotency
from portal.api import idempotent
from portal.idempotency import Kept
from portal.models import Clinic, IdempotencyRecord
from tests.eligibility.make_rows import make_row
from tests.eligibility.rest.asking import CREATE, SCHEDULE, bad_row, post
from tests.factories import make_portal

pytestmark = pytest.mark.django_db

ROW = make_row(client_reference="")
BODY = {"requests": [ROW]}


@pytest.fixture
def portal() -> tuple[Clinic, Client]:
    """A clinic and a client with its key."""
    clinic, key = make_portal()
    return clinic, Client(headers={"x-api-key": key}, raise_request_exception=False)


@pytest.fixture
def client(portal: tuple[Clinic, Client]) -> Client:
    """The client."""
    return portal[1]


def send(client: Client, body: Any = BODY, key: str = "k-1", **more: str) -> Any:
    """One POST under a key."""
    return post(client, body, **{"idempotency-key": key, **more})


def test_a_repeated_request_gets_the_first_answer_and_creates_nothing(client: Client) -> None:
    first, again = send(client), send(client)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert EligibilityTask.objects.count() == 1


def test_requests_without_a_key_are_all_carried_out(client: Client) -> None:
    post(client, BODY)
    post(client, BODY)
    assert EligibilityTask.objects.count() == 2
    assert not IdempotencyRecord.objects.exists()


def test_another_body_under_the_same_key_is_refused(client: Client) -> None:
    send(client)
    refused = send(client, {"requests": [ROW, ROW]})
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert EligibilityTask.objects.count() == 1


def test_what_else_an_answer_depends_on_counts_as_another_body(client: Client) -> None:
    send(client)
    assert send(client, prefer="handling=strict").status_code == 422


def test_a_key_belongs_to_one_address_and_one_team(client: Client) -> None:
    send(client)
    elsewhere = post(client, BODY, SCHEDULE, **{"idempotency-key": "k-1"})
    _, key = make_portal()
    other_team = send(Client(headers={"x-api-key": key}))
    assert (elsewhere.status_code, other_team.status_code) == (200, 200)
    assert EligibilityTask.objects.count() == 3


def test_a_refusal_is_an_answer_and_is_given_again(client: Client) -> None:
    first = send(client, {"requests": [bad_row()]})
    again = send(client, {"requests": [bad_row()]})
    assert first.status_code == again.status_code == 400
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"


def test_while_the_first_request_runs_its_repeat_is_told_to_wait(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    repeats: list[Any] = []
    keep = idempotency.keep

    def ask_meanwhile(ticket: idempotency.Ticket, answer: Kept) -> None:
        if not repeats:
            repeats.append(send(client))
        keep(ticket, answer)

    monkeypatch.setattr(idempotent.idempotency, "keep", ask_meanwhile)
    assert send(client).status_code == 200
    assert repeats[0].status_code == 409
    assert int(repeats[0].headers["Retry-After"]) >= 1
    assert EligibilityTask.objects.count() == 1


def test_a_request_that_died_before_its_commit_is_carried_out_by_its_repeat(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The process is gone: nothing is cleaned up behind it."""

    def die(ticket: idempotency.Ticket, answer: Kept) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(idempotent.idempotency, "keep", die)
        patch.setattr(idempotent.idempotency, "let_go", lambda ticket: None)
        with pytest.raises(Killed):
            send(client)
    assert not EligibilityTask.objects.exists()
    assert send(client).status_code == 409
    IdempotencyRecord.objects.update(lease_until=F("lease_until") - timedelta(seconds=61))
    assert send(client).status_code == 200
    assert EligibilityTask.objects.count() == 1


def test_a_request_that_lost_its_lease_takes_its_work_back(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = idempotency.keep

    def lose_it(ticket: idempotency.Ticket, answer: Kept) -> None:
        IdempotencyRecord.objects.filter(pk=ticket.record_id).update(run=F("run") + 1)
        keep(ticket, answer)

    monkeypatch.setattr(idempotent.idempotency, "keep", lose_it)
    assert send(client).status_code == 409
    assert not EligibilityTask.objects.exists()


def test_a_fault_of_ours_is_not_kept(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(ticket: idempotency.Ticket, answer: Kept) -> None:
        raise OperationalError("away")

    with monkeypatch.context() as patch:
        patch.setattr(idempotent.idempotency, "keep", fail)
        assert send(client).status_code == 503
    assert not EligibilityTask.objects.exists()
    assert send(client).status_code == 200


def test_after_a_day_the_key_is_new_again(client: Client) -> None:
    send(client)
    IdempotencyRecord.objects.update(created_at=F("created_at") - timedelta(hours=25))
    later = send(client, {"requests": [ROW, ROW]})
    assert later.status_code == 200
    assert EligibilityTask.objects.count() == 3


def test_old_answers_are_pruned(client: Client) -> None:
    send(client, key="old")
    IdempotencyRecord.objects.update(created_at=F("created_at") - timedelta(hours=25))
    send(client, key="new")
    assert idempotency.prune() == 1
    assert IdempotencyRecord.objects.get().key == "new"


@pytest.mark.parametrize("key", ["", " ", "é", "a b", "x" * 256])
def test_a_key_that_is_none_is_refused(client: Client, key: str) -> None:
    refused = send(client, key=key)
    assert refused.status_code == 400
    assert refused.json()["error"]["details"][0]["code"] == "idempotency_key.malformed"


def test_every_post_of_the_api_takes_a_key(client: Client) -> None:
    operations = client.get("/api/schema/?format=json").json()["paths"]
    posts = {path: methods["post"] for path, methods in operations.items() if "post" in methods}
    assert CREATE in posts
    for path, operation in posts.items():
        assert "Idempotency-Key" in {each["name"] for each in operation["parameters"]}, path
        assert set(operation["responses"]) >= {"409", "422"}, path
    actions = [(view.cls, view.actions["post"]) for view in _api_views() if "post" in view.actions]
    assert len(actions) == len(posts)
    for views, action in actions:
        assert hasattr(getattr(views, action), "is_idempotent"), action


def _api_views() -> list[Any]:
    """The view of every address below the API's prefixes."""
    found: list[Any] = []
    left: list[tuple[str, Any]] = [("", get_resolver())]
    while left:
        prefix, resolver = left.pop()
        for each in resolver.url_patterns:
            route = prefix + str(each.pattern)
            if hasattr(each, "url_patterns"):
                left.append((route, each))
            elif route.startswith(("v2/", "integrations/")):
                found.append(each.callback)
    return found
