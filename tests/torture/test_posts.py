"""The campaign's judgement about requests finds each way in which a repeated POST can go wrong."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.torture.posts import Stored, judge_posts
from tests.torture.requests import AFTER, RECORDS, Request, Wanted, make_requests

Change = Callable[[Request, dict[str, list[str]], dict[str, str]], object]
NOTHING = Stored({}, {})


def a_request(path: str = "/tasks") -> Request:
    """Two rows under a key, sent three times; the first answer was lost with its process."""
    good = [Wanted("A"), Wanted("B")]
    answers, replayed = [["1", "2"], ["1", "2"]], [True, True]
    return Request("T-1", path, b"", good, "key", AFTER, answers, replayed, sends=3)


def broken_by(change: Change, path: str = "/tasks", died: str = AFTER) -> list[str]:
    """What is judged broken once `change` has been made to the world."""
    request, ids, source = a_request(path), {"A": ["1"], "B": ["2"]}, {"1": "one", "2": "one"}
    change(request, ids, source)
    stored = Stored(ids, source)
    checks, records = (NOTHING, stored) if path == RECORDS else (stored, NOTHING)
    return [each.name for each in judge_posts([request], checks, records, {"T-1": died})
            if each.violations]  # fmt: skip


def stored_twice(request: Request, ids: dict[str, list[str]], source: dict[str, str]) -> None:
    ids["A"].append("3")
    source["3"] = "two"


def in_two_batches(request: Request, ids: dict[str, list[str]], source: dict[str, str]) -> None:
    source["2"] = "two"


def answered_anew(request: Request, ids: dict[str, list[str]], source: dict[str, str]) -> None:
    request.replayed[0] = False


def answered_anew_twice(
    request: Request, ids: dict[str, list[str]], source: dict[str, str]
) -> None:
    request.replayed[:] = [False, False]


def other_ids(request: Request, ids: dict[str, list[str]], source: dict[str, str]) -> None:
    request.answers[1] = ["2", "1"]


def half_stored(request: Request, ids: dict[str, list[str]], source: dict[str, str]) -> None:
    request.answers, request.replayed = [], []
    del ids["B"]


@pytest.mark.parametrize(
    ("change", "path", "died", "name"),
    [
        (stored_twice, "/tasks", AFTER, "there twice"),
        (in_two_batches, "/tasks", AFTER, "made one batch"),
        (answered_anew, "/tasks", AFTER, "gets the stored answer"),
        (answered_anew_twice, "/tasks", "7", "gave one answer anew"),
        (other_ids, "/tasks", "7", "does the work once"),
        (other_ids, "/tasks", AFTER, "under the id it was given"),
        (half_stored, "/tasks", "7", "whole or not there"),
        (stored_twice, RECORDS, AFTER, "a practitioner sent again"),
    ],
)
def test_a_repeat_that_went_wrong_is_found(change: Change, path: str, died: str, name: str) -> None:
    assert [each for each in broken_by(change, path, died) if name in each]


def test_a_repeat_that_went_well_breaks_nothing() -> None:
    assert broken_by(lambda *_: None) == []
    assert broken_by(lambda *_: None, RECORDS) == []
    assert broken_by(answered_anew, died="7") == []


def test_requests_without_references_rely_on_their_key_alone_and_some_meet_each_kill() -> None:
    sent = make_requests(120, 12, random.Random(1))

    alone = [each for each in sent if b"client_reference" not in each.body]
    assert {each.path == RECORDS for each in alone} == {True, False}
    assert all(each.key for each in alone)
    assert {each.dies == AFTER for each in alone if each.dies} == {True, False}
