"""Rows with the same fault are found together, and no address repeats what they say."""

from __future__ import annotations

import uuid
from typing import Any

from portal.groupfix import ANY, Held, Ref, clusters_of, find_cluster


def held(*errors: tuple[str, str, Any]) -> Held:
    """A row with these errors: (code, pointer, value)."""
    details = [
        {"code": code, "pointer": pointer, "value": value, "message": "m", "suggestion": None}
        for code, pointer, value in errors
    ]
    return Held(Ref(uuid.uuid4(), 1), None, {}, details)


def test_rows_are_grouped_by_code_field_and_value_the_commonest_first() -> None:
    rows = [held(("a.bad", "/a", "x")) for _ in range(2)]
    rows += [held(("a.bad", "/a", "y")) for _ in range(3)] + [held(("b.bad", "/b", "x"))]
    faults = clusters_of(rows)
    assert [(f.whole.code, f.count) for f in faults] == [("a.bad", 5), ("b.bad", 1)]
    assert [(c.value, len(c.refs)) for c in faults[0].clusters] == [("y", 3), ("x", 2)]


def test_a_row_counts_in_each_of_its_faults_but_once_in_each() -> None:
    faults = clusters_of([held(("l.bad", "/l/0", "x"), ("l.bad", "/l/3", "x"), ("a.bad", "/a", 1))])
    assert [(f.whole.pattern, f.count) for f in faults] == [("/a", 1), ("/l/*", 1)]


def test_values_of_different_types_are_different_values() -> None:
    fault = clusters_of([held(("a.bad", "/a", value)) for value in (1, True, "1", None)])[0]
    assert len(fault.clusters) == 4


def test_a_cluster_is_found_again_by_its_token_which_says_nothing() -> None:
    rows = [held(("a.bad", "/a", "784-1990-1234567-1")) for _ in range(2)]
    cluster = clusters_of(rows)[0].clusters[0]
    again = clusters_of(rows[:1])
    found = find_cluster(again, cluster.token)
    assert found is not None
    assert (found.value, len(found.refs)) == ("784-1990-1234567-1", 1)
    assert find_cluster(again, "nothing") is None
    whole = find_cluster(again, again[0].whole.token)
    assert whole is not None
    assert whole.value is ANY


def test_a_value_that_is_a_star_is_not_any_value() -> None:
    fault = clusters_of([held(("a.bad", "/a", "*"))])[0]
    assert fault.whole.token != fault.clusters[0].token


def test_suggestions_are_counted_by_rows() -> None:
    row = held(("l.bad", "/l/0", "English"), ("l.bad", "/l/1", "Arabic"), ("l.bad", "/l/2", "?"))
    for error, suggestion in zip(row.errors, ("en", "ar", None), strict=True):
        error["suggestion"] = suggestion
    fault = clusters_of([row])[0]
    assert (fault.whole.suggested, fault.whole.suggestion) == (1, None)
    assert {cluster.suggestion for cluster in fault.clusters} == {"en", "ar", None}
