from __future__ import annotations

import json

from eligibility.identifiers import doubt_about
from tests.benchmarks.measure import Contender, as_records, take_turns
from tests.benchmarks.report import table, with_verdict
from tests.benchmarks.rows import make_body, make_rows


def make_contender(name: str, log: list[str]) -> Contender:
    return Contender(name, lambda: name, log.append)


def test_contenders_take_turns_after_a_round_that_is_not_counted() -> None:
    log: list[str] = []
    resets: list[int] = []
    contenders = [make_contender(name, log) for name in "abc"]
    taken = take_turns(contenders, 2, lambda: resets.append(len(log)))
    assert "".join(log) == "abcbcacab"
    assert resets == list(range(9))
    assert {name: len(times) for name, times in taken.items()} == {"a": 2, "b": 2, "c": 2}


def test_a_record_compares_medians_with_the_floors() -> None:
    taken = {"floor": [10.0, 12.0, 11.0], "ours": [30.0, 22.0, 21.0]}
    floor, ours = as_records(taken, floor="floor", db="sqlite", rows=5, facts={"python": "3"})
    assert (floor["ratio"], floor["noisy"]) == (1.0, False)
    assert (ours["ratio"], ours["median_ms"], ours["floor_ms"]) == (2.0, 22.0, 11.0)
    assert ours["samples"] == [30.0, 22.0, 21.0]
    assert (ours["db"], ours["rows"], ours["python"]) == ("sqlite", 5, "3")


def test_a_floor_that_spreads_makes_every_record_noisy() -> None:
    taken = {"floor": [10.0, 15.1], "ours": [20.0, 20.0]}
    records = as_records(taken, floor="floor", db="sqlite", rows=5, facts={})
    assert [record["noisy"] for record in records] == [True, True]


def test_the_table_says_which_goals_were_met() -> None:
    taken = {"floor": [10.0], "ours": [20.0]}
    floor, ours = as_records(taken, floor="floor", db="sqlite", rows=1_000, facts={})
    ours["faster_than"] = {"drf": 5.0}
    met = with_verdict(ours, {"ratio": 2.0, "drf": 4.0})
    slow, behind = with_verdict(ours, {"ratio": 1.9}), with_verdict(ours, {"drf": 5.1})
    assert [each["verdict"] for each in (met, slow, behind)] == ["met", "missed", "missed"]
    lines = table([floor, met]).splitlines()
    assert lines[1].split() == ["floor", "sqlite", "1,000", "10.0", "1.00"]
    assert "<= 2x floor, >= 4x faster than drf: 5.0x" in lines[2]


def test_made_up_rows_are_the_same_for_the_same_seed_and_without_doubt() -> None:
    rows = make_rows(300, run="A")
    assert rows == make_rows(300, run="A")
    assert json.loads(make_body(300, run="A")) == {"requests": rows}
    assert all(len(row) == 12 for row in rows)
    assert all(doubt_about(row["id_type"], row["id_value"]) is None for row in rows)
    again = make_rows(300, run="B")
    assert len({row["client_reference"] for row in rows + again}) == 600
