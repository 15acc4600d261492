"""A payer's JSON Schema takes exactly the rows that its rules accept."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from eligibility import payer_file
from eligibility.lookup import Registry
from eligibility.models.rules_version import RULES
from eligibility.payer_rules import PayerRules
from eligibility.registry import Standing, with_rules
from eligibility.wire.payers import payer, rules_schema
from tests.eligibility.make_rows import check

PAYERS = payer_file.shipped().payers
ALIASES = payer_file.shipped().vocabulary.aliases
VISITS = sorted({visit for each in PAYERS for visit in each.visit_types} | {"NOWHERE", ""})
ID_TYPES = sorted({kind for each in PAYERS for kind in each.id_types} | {*ALIASES, "LIBRARYCARD"})


def rows_for(rules: PayerRules) -> st.SearchStrategy[dict[str, Any]]:
    """Rows for a payer, right and wrong, with codes in capitals and texts trimmed."""
    visits = st.sampled_from([*rules.visit_types, *VISITS])
    values = st.sampled_from(["X1", "784-1987-1234567-1"])
    arguments = st.sampled_from(
        [{}, {"a": ""}, {"a": " "}, {"a": None}, {"a": "b"}, {"a": 0}, {"a": "", "b": "c"}]
    )
    texts = st.sampled_from(["", " ", "a text"])
    optional = dict.fromkeys(("name", "phone", "doctorName", "payerName", "referralCode"), texts)
    return st.fixed_dictionaries(
        {"tpa_name": st.just(rules.code)},
        optional={
            "id_value": values,
            "id_type": st.sampled_from([*rules.id_types, *ID_TYPES]),
            "visit_type": visits,
            "extra_args": arguments,
            **optional,
        },
    )


@given(st.data())
def test_the_schema_takes_a_row_exactly_when_the_rules_do(data: st.DataObject) -> None:
    rules = data.draw(st.sampled_from(PAYERS))
    row = data.draw(rows_for(rules))
    takes = Draft202012Validator(rules_schema(rules, ALIASES)).is_valid(row)
    (checked,) = check(row)
    assert takes == (not checked.errors), [issue.code for issue in checked.errors]


@pytest.mark.parametrize("rules", PAYERS, ids=lambda rules: str(rules.code))
def test_every_payers_schema_is_one(rules: PayerRules) -> None:
    since = datetime(2026, 11, 22, tzinfo=UTC)
    shown = payer(Standing(rules, since), id_aliases=ALIASES)
    Draft202012Validator.check_schema(shown["json_schema"])
    assert shown["effective_from"] == "2026-11-22T00:00:00+00:00"
    assert (shown["effective_until"], shown["upcoming"]) == (None, None)


@given(st.data())
def test_both_versions_of_a_payers_rules_are_told_as_they_judge(data: st.DataObject) -> None:
    now, other = data.draw(st.sampled_from(PAYERS)), data.draw(st.sampled_from(PAYERS))
    stored = json.loads(json.dumps({name: other.as_json().get(name, []) for name in RULES}))
    later = with_rules(now, stored)
    begins = datetime(2027, 1, 1, tzinfo=UTC)
    shown = payer(Standing(now, begins - timedelta(days=9), later, begins), id_aliases=ALIASES)
    upcoming = shown["upcoming"]
    assert shown["effective_until"] == upcoming["effective_from"] == "2027-01-01T00:00:00+00:00"
    row = data.draw(rows_for(data.draw(st.sampled_from([now, later]))) | rows_for(now))
    for rules, told in ((now, shown), (later, upcoming)):
        (checked,) = check(row, registry=Registry([rules]))
        takes = Draft202012Validator(told["json_schema"]).is_valid(row)
        assert takes == (not checked.errors), [issue.code for issue in checked.errors]
