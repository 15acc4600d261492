from __future__ import annotations

import os
import signal
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import objectid

COUNTER_SIZE = 1 << 24
forks = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def in_a_fork(work: Callable[[], str]) -> str:
    """What the work gives in a forked child; fails when the child takes longer than 5 s."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # the child, which must never return into pytest
        try:
            signal.alarm(5)
            os.write(writer, work().encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return text


def test_an_object_id_is_24_lower_case_hex_characters() -> None:
    made = objectid.new()
    assert len(made) == 24
    assert set(made) <= set("0123456789abcdef")


def test_an_object_id_begins_with_the_second_it_was_made_in() -> None:
    before = int(time.time())
    made = objectid.new()
    assert before <= int(made[:8], 16) <= int(time.time())


def test_one_object_id_follows_another() -> None:
    first, second = objectid.batch(2)
    third = objectid.new()
    assert first[:18] == second[:18]
    assert int(second[18:], 16) == int(first[18:], 16) + 1
    assert int(third[18:], 16) == (int(second[18:], 16) + 1) % COUNTER_SIZE


@pytest.mark.parametrize("start", [0, COUNTER_SIZE - 1, COUNTER_SIZE - 2, COUNTER_SIZE - 500])
def test_a_batch_ascends_without_a_gap_wherever_the_counter_stands(
    start: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objectid, "_counter", start)
    for size in (1, 2, 1000):
        made = objectid.batch(size)
        assert made == sorted(made)
        counters = [int(each[18:], 16) for each in made]
        assert counters == list(range(counters[0], counters[0] + size))
        assert len({each[:18] for each in made}) == 1


def test_the_counter_goes_on_from_zero_after_its_last_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(objectid, "_counter", COUNTER_SIZE - 1)
    assert [objectid.new()[18:] for _ in range(3)] == ["ffffff", "000000", "000001"]


@pytest.mark.parametrize("make", [objectid.batch, objectid.uuid_batch])
def test_an_empty_batch_is_empty(make: Callable[[int], list[Any]]) -> None:
    assert make(0) == []


@pytest.mark.parametrize(
    ("make", "size"),
    [
        (objectid.batch, -1),
        (objectid.batch, COUNTER_SIZE + 1),
        (objectid.uuid_batch, -1),
        (objectid.uuid_batch, (1 << 20) + 1),
    ],
)
def test_a_batch_that_the_counter_cannot_hold_is_refused(
    make: Callable[[int], list[Any]], size: int
) -> None:
    with pytest.raises(ValueError, match=str(size)):
        make(size)


@pytest.mark.parametrize("make", [objectid.batch, objectid.uuid_batch])
def test_ids_of_many_threads_are_all_different(make: Callable[[int], list[Any]]) -> None:
    sizes = [1, 7, 100] * 100
    with ThreadPoolExecutor(8) as threads:
        made = [each for batch in threads.map(make, sizes) for each in batch]
    assert len(set(made)) == len(made) == sum(sizes)


@forks
def test_a_forked_child_makes_other_ids() -> None:
    here = objectid.new()
    there = in_a_fork(objectid.new)
    assert len(there) == 24
    assert there[8:18] != here[8:18]


@forks
def test_a_child_forked_while_another_thread_makes_an_id_can_make_one() -> None:
    held, enough = threading.Event(), threading.Event()

    def hold() -> None:
        with objectid._lock:
            held.set()
            enough.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(20)
    try:
        assert len(in_a_fork(objectid.new)) == 24
    finally:
        enough.set()
        holder.join()


@given(size=st.integers(1, 600))
def test_uuids_of_a_batch_ascend_and_are_version_7(size: int) -> None:
    before = time.time_ns() // 1_000_000
    made = objectid.uuid_batch(size)
    after = time.time_ns() // 1_000_000
    assert made == sorted(made)
    assert [str(each) for each in made] == sorted(map(str, made))
    assert len(set(made)) == size
    for each in made:
        assert each.version == 7
        assert each.variant == uuid.RFC_4122
        assert before <= each.int >> 80 <= after


def test_uuids_of_the_largest_request_ascend() -> None:
    made = objectid.uuid_batch(10_000)
    assert all(one < other for one, other in pairwise(made))
    assert {made[0].version, made[-1].version} == {7}


def test_the_next_uuid_cannot_be_told_from_the_last() -> None:
    tails = [each.int & ((1 << 54) - 1) for each in objectid.uuid_batch(1000)]
    steps = {abs(one - other) for one, other in pairwise(tails)}
    assert len(steps) == 999
    assert min(steps) > 1 << 20
