from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eligibility.forms.catalogue import SPECS, YES_OR_NO
from eligibility.forms.reading import read_row, restated, values_of
from tests.eligibility.make_rows import check, errors, make_row


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (563657799, "563657799"),
        (563657799.0, "563657799"),
        (1.5, "1.5"),
        (True, "true"),
        ({"a": 1}, '{"a": 1}'),
        (" Ali ", " Ali "),
    ],
)
def test_a_value_of_a_wrong_type_is_shown_as_the_text_it_should_have_been(
    sent: Any, shown: str
) -> None:
    assert values_of({"phone": sent}) == {"phone": shown}


def test_what_is_no_row_has_no_values() -> None:
    for row in (None, "text", [1], 5):
        assert values_of(row) == {}
        assert restated(row) == {}


def test_a_form_changes_its_own_fields_and_leaves_the_others() -> None:
    row = make_row(insurance_as_written="NAS", mode="prod")
    read = read_row({"name": " Sara ", "unheard_of": "x"}, row)
    assert read == {**row, "name": "Sara"}


def test_an_empty_field_clears_what_the_row_says_and_adds_nothing() -> None:
    read = read_row({"name": "", "phone": "", "doctorName": " "}, {"name": "Ali", "phone": None})
    assert read == {"name": "", "phone": None}


@pytest.mark.parametrize(
    ("posted", "before", "after"),
    [("yes", None, True), ("no", True, False), ("", True, None), ("maybe", True, None)],
)
def test_a_yes_or_no_can_be_taken_back(posted: str, before: Any, after: Any) -> None:
    row = {} if before is None else {"is_emergency": before}
    assert read_row({"is_emergency": posted}, row)["is_emergency"] is after


def test_further_details_are_changed_one_by_one() -> None:
    row = {"extra_args": {"title": "LMP", "value": "", "nested": {"kept": True}}}
    read = read_row({"extra_args.value": "2026-08-01"}, row)
    assert read["extra_args"] == {"title": "LMP", "value": "2026-08-01", "nested": {"kept": True}}
    assert values_of(read)["extra_args"] == {"title": "LMP", "value": "2026-08-01"}


def test_empty_details_are_not_added_to_a_row_that_has_none() -> None:
    assert read_row({"extra_args.title": "", "extra_args.value": ""}, {}) == {}


def test_details_of_a_wrong_type_are_replaced_by_the_forms() -> None:
    read = read_row({"extra_args.title": "", "extra_args.value": ""}, {"extra_args": "x"})
    assert read == {"extra_args": {"title": "", "value": ""}}


def test_types_that_a_sender_got_wrong_are_right_once_the_form_has_them() -> None:
    row = make_row(phone=563657799, name=5, test_mode="true", is_emergency="no")
    assert len(errors(row)) == 4
    read = restated(row)
    assert errors(read) == []
    assert (read["test_mode"], read["is_emergency"]) == (True, False)


def test_a_row_without_a_fault_is_restated_as_it_is() -> None:
    row = make_row()
    assert restated(row) == row


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@example({"tpa_name": None, "is_emergency": ""})
@given(st.dictionaries(st.sampled_from([*SPECS, "unheard"]), anything))
def test_whatever_a_row_holds_its_form_can_show_and_read_it(row: dict[str, Any]) -> None:
    values = values_of(row)
    read = restated(row)
    assert all(isinstance(value, str | dict) for value in values.values())
    assert read.get("unheard") == row.get("unheard")
    assert restated(read) == read
    wrong = [issue for issue in check(read)[0].errors if issue.code.endswith(".type")]
    assert {issue.pointer for issue in wrong} <= {"/extra_args"}
    assert all(read[name] in (True, False, None) for name in YES_OR_NO & read.keys())
