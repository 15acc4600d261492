from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility.identifiers import make_emirates_id
from eligibility.rules import Registry
from eligibility.schemas import WIRE_NAMES
from portal.intake.text import find_unstorable
from tests.eligibility.make_rows import (
    check,
    make_row,
)

REGISTRY = Registry.shipped()


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": "A\0li"}, "/name"),
        ({"name": "A\ud800"}, "/name"),
        ({"tpa_name": "TPA004\0"}, "/tpa_name"),
        ({"id_value": "\udfff"}, "/id_value"),
        ({"extra_args": {"a": {"b": ["\0"]}}}, "/extra_args/a/b/0"),
        ({"extra_args": {"\ud800": "x"}}, "/extra_args/\\ud800"),
        ({"extra_args": {"a": math.inf}}, "/extra_args/a"),
        ({"colour": math.nan}, "/colour"),
        ({"col\0our": "red"}, "/col\\u0000our"),
    ],
)
def test_what_no_database_takes_is_refused_where_it_stands(
    fields: dict[str, Any], pointer: str
) -> None:
    (checked,) = check(make_row(**fields))
    refused = [issue for issue in checked.errors if issue.code == "text.unstorable"]
    assert [issue.pointer for issue in refused] == [pointer]
    assert find_unstorable(checked.raw) is None
    for issue in (*checked.errors, *checked.warnings):
        json.dumps(issue.as_detail(), ensure_ascii=False, allow_nan=False).encode("utf-8")


def test_deep_nesting_is_refused() -> None:
    deep: Any = "end"
    for _ in range(3000):
        deep = [deep]
    (checked,) = check(make_row(extra_args={"a": deep}))
    assert [issue.code for issue in checked.errors] == ["text.unstorable"]
    assert find_unstorable(checked.raw) is None


def test_a_row_that_is_rejected_anyway_is_made_storable_even_when_nothing_was_suspected() -> None:
    (checked,) = check(make_row(phone=5, name="\0"), suspicious=False)
    assert {issue.code for issue in checked.errors} == {"phone.type", "text.unstorable"}
    assert find_unstorable(checked.raw) is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
plausible = (
    st.sampled_from(["TPA002", "EMIRATESID", "OUTPATIENT", "CARDNO", "BOTH", "PASSPORT", " ", ""])
    | st.builds(make_emirates_id, st.integers(1900, 2026), st.integers(0, 9_999_999))
    | st.dates().map(str)
    | st.datetimes().map(str)
)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(sorted(WIRE_NAMES)) | st.text(), plausible | anything)
        | anything,
        max_size=4,
    ),
    st.sampled_from(["lenient", "strict"]),
)
def test_no_row_makes_the_check_fail_and_no_rejected_row_is_unstorable(
    rows: list[Any], profile: str
) -> None:
    checked = check(*rows, registry=REGISTRY, profile=profile)
    assert len(checked) == len(rows)
    for each in checked:
        assert each.errors or (each.row is not None and each.payer is not None)
        assert find_unstorable(each.raw) is None
        assert not (profile == "strict" and each.warnings)
        for issue in (*each.errors, *each.warnings):
            assert find_unstorable(issue.as_detail()) is None
            assert issue.pointer == "" or issue.pointer.startswith("/")
