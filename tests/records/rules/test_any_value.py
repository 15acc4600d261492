from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.intake.text import find_unstorable
from records.outline import outline_of
from records.rules import Facts, RegisteredNpi
from records.rules.severity import PROFILES
from records.schemas import DAYS, Practitioner
from tests.records.rules.make_records import (
    FACTS,
    INTEGRATION,
    OTHER,
    SUPERVISOR,
    TAXONOMY,
    check,
    make_npi,
)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
plausible = st.sampled_from(
    [INTEGRATION, SUPERVISOR, OTHER, make_npi(), "9am", "22:00", "06:00", "24:00", "English", "M",
     "active", "207Q00000X", "//x.y/z", "https://a@b/c", "practitioners", "", " ", "\0"]
)  # fmt: skip
value = plausible | anything
stretch = st.dictionaries(st.sampled_from(["start", "end", "until"]), value, max_size=3) | value
week = st.dictionaries(st.sampled_from([*DAYS, "Monday"]), st.lists(stretch, max_size=3) | value)
specialty = st.dictionaries(st.sampled_from(["name", "code"]), value) | value
config = st.dictionaries(
    st.sampled_from(sorted(outline_of(Practitioner).keys)) | st.text(max_size=5),
    value
    | st.lists(value, max_size=3)
    | st.lists(value, min_size=3, max_size=3).map(lambda few: few * 40)
    | st.lists(specialty, max_size=3)
    | week,
).map(lambda given: {"type": "practitioners"} | given)
row = (
    st.fixed_dictionaries(
        {"config": config}, optional={"logicalId": value, "integrationId": value, "npi": value}
    )
    | anything
)
LOADED = Facts(
    integrations=FACTS.integrations,
    supervisors={SUPERVISOR: OTHER, OTHER: SUPERVISOR},
    shared_npis=frozenset({make_npi()}),
    taxonomy=TAXONOMY,
    npi_registry={make_npi(): RegisteredNpi("Amal Haddad")},
    own_ids={0: SUPERVISOR, 1: OTHER, 9: OTHER},
)


@pytest.mark.parametrize("profile", PROFILES)
@given(st.lists(row, max_size=3), st.booleans())
@settings(deadline=None, max_examples=60)
def test_whatever_json_can_say_has_an_answer_that_can_be_stored_and_sent(
    profile: str, rows: list[Any], suspicious: bool
) -> None:
    checked = check(*rows, profile=profile, facts=LOADED, suspicious=suspicious)
    assert len(checked) == len(rows)
    for each in checked:
        if suspicious:
            assert find_unstorable(each.raw) is None
        if each.row is not None:
            assert set(each.row.config) == outline_of(Practitioner).keys
        for issue in (*each.errors, *each.warnings):
            assert issue.message
            detail = json.dumps(issue.as_detail(), ensure_ascii=False)
            assert not suspicious or detail.encode("utf-8")


def test_nesting_without_an_end_is_that_rows_error() -> None:
    deep: Any = "end"
    for _ in range(3_000):
        deep = [deep]
    checked = check({"config": {"type": "practitioners", "languages": deep}}, {"config": deep})
    assert [[issue.code for issue in each.errors] for each in checked] == [
        ["text.unstorable", "languages.type"],
        ["text.unstorable", "config.type"],
    ]
