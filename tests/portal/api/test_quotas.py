"""Quotas: published with every answer, and counted so that exactly so many calls pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from portal import quotas
from portal.models import ApiKey, Scope
from portal.quotas import count_call
from tests.factories import make_portal

LAST_FIVE = "/v2/api-integration/last-5-tasks"


@pytest.fixture(autouse=True)
def small_quotas(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three calls of a key, five of a team, in a window that no test outlives."""
    settings.QUOTA_SECONDS = 10**9
    settings.QUOTA_CALLS_OF_KEY = 3
    settings.QUOTA_CALLS_OF_TEAM = 5
    monkeypatch.setattr(quotas, "_files", {})
    yield
    for each in quotas._files.values():
        each._file.close()


def ask(key: str) -> Any:
    """One call."""
    return Client(headers={"x-api-key": key}).get(LAST_FIVE)


@pytest.mark.django_db
class TestOverRest:
    def test_every_answer_says_what_is_left(self) -> None:
        _, key = make_portal()
        answer = ask(key)
        assert answer.status_code == 200
        assert (
            answer.headers["RateLimit-Policy"] == '"key";q=3;w=1000000000, "team";q=5;w=1000000000'
        )
        assert re.fullmatch(r'"key";r=2;t=\d+, "team";r=4;t=\d+', answer.headers["RateLimit"])

    def test_one_call_more_is_a_429_that_says_when_to_come_back(self) -> None:
        _, key = make_portal()
        statuses = [ask(key).status_code for _ in range(3)]
        refused = ask(key)
        assert (statuses, refused.status_code) == ([200] * 3, 429)
        assert refused.json()["error"]["code"] == "RATE_LIMITED"
        assert int(refused.headers["Retry-After"]) > 0
        assert refused.headers["RateLimit"].startswith('"key";r=0;')

    def test_a_greedy_key_leaves_the_teams_other_keys_their_share(self) -> None:
        clinic, greedy = make_portal()
        _, other = ApiKey.issue(
            team=clinic.team, name="other", scopes=[Scope.ELIGIBILITY_READ], clinics=[clinic]
        )
        for _ in range(10):
            ask(greedy)
        assert [ask(other).status_code for _ in range(3)] == [200, 200, 429]

    def test_without_a_key_nothing_is_counted(self) -> None:
        answer = Client().get("/v2/api-integration/health")
        assert "RateLimit" not in answer.headers

    def test_the_page_says_the_quotas(self) -> None:
        text = Client().get("/api/schema/?format=json").json()["info"]["description"]
        assert "**3 calls** in 1000000000 seconds" in text


@pytest.mark.django_db
def test_a_new_window_begins_with_nothing_used(settings: Any) -> None:
    settings.QUOTA_SECONDS = 60
    first = [count_call(key_id="k", team_id="t", now=120.0 + n)[0].calls for n in range(3)]
    later = count_call(key_id="k", team_id="t", now=180.0)
    assert (first, [used.calls for used in later]) == ([1, 2, 3], [1, 1])
    assert (later[0].resets_in, later[0].is_over) == (60, False)


@pytest.mark.django_db(transaction=True)
def test_of_200_calls_at_once_exactly_the_quota_passes(settings: Any, tmp_path: Any) -> None:
    settings.QUOTA_CALLS_OF_KEY, settings.QUOTA_CALLS_OF_TEAM = 100, 1000

    def call(number: int) -> bool:
        return any(used.is_over for used in count_call(key_id="k", team_id="t"))

    def some(numbers: range) -> list[bool]:
        try:
            return [call(number) for number in numbers]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        refused = [each for part in pool.map(some, [range(25)] * 8) for each in part]
    assert (len(refused), refused.count(False)) == (200, 100)


def test_two_processes_count_in_one_file(tmp_path: Any) -> None:
    path = str(tmp_path / "portal.sqlite3-quota")
    counters = [quotas._InFile(path) for _ in range(2)]

    def count(counter: Any) -> list[int]:
        return [counter.count(["key:k", "team:t"], 7, most=100)[0] for _ in range(100)]

    try:
        with ThreadPoolExecutor(2) as pool:
            counted = [used for part in pool.map(count, counters) for used in part]
    finally:
        for counter in counters:
            counter._file.close()
    assert sorted(counted) == list(range(1, 201))
