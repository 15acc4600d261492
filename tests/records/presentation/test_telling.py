"""Values, weeks and changes of a record as pages tell them."""

from __future__ import annotations

from typing import Any

import pytest

from records.presentation.history import differences
from records.presentation.values import language, said
from records.presentation.week import week_of
from tests.records.making import row


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        ("text", "text"),
        (7, "7"),
        (True, "true"),
        (["en", None, "ar"], "en, ar"),
        ([{"start": "09:00", "end": "12:00"}], "09:00–12:00"),
        ({"start": None, "end": "12:00"}, "?–12:00"),
        (
            {"tue": [{"start": "00:00", "end": "06:00"}], "mon": []},
            "Tuesday 00:00–06:00; Monday off",
        ),
        ([{"name": "Dentist", "code": "122300000X"}], "Dentist 122300000X"),
    ],
)
def test_a_value_is_said_as_people_read_it(value: Any, text: str) -> None:
    assert said(value) == text


@pytest.mark.parametrize(
    ("tag", "word"), [("ar", "Arabic"), ("pt-BR", "Portuguese (BR)"), ("xx-what", "xx-what")]
)
def test_a_language_is_called_by_its_name(tag: str, word: str) -> None:
    assert language(tag) == word


def test_a_week_has_seven_days_and_bars_for_what_can_be_read() -> None:
    week = week_of({"mon": [{"start": "22:00", "end": "24:00"}], "tue": [{"start": "9am"}]})
    assert [day.name for day in week][::6] == ["Monday", "Sunday"]
    assert [(bar.x, bar.width) for bar in week[0].bars] == [(1320, 120)]
    assert (week[1].text, week[1].bars) == ("9am–?", ())
    assert [day.text for day in week[2:]] == [""] * 5


@pytest.mark.parametrize("hours", [None, {}, {"mon": []}, "always", []])
def test_no_hours_are_no_week(hours: Any) -> None:
    assert week_of(hours) == []


def test_only_what_differs_is_told_day_by_day() -> None:
    hours = {"mon": [{"start": "09:00", "end": "12:00"}]}
    before, after = row(name="A", workingHours=hours), row(name="B", workingHours=None)
    assert differences(before, after) == [
        ("Name", "A", "B"),
        ("Hours on Monday", "09:00–12:00", ""),
    ]
    assert differences(before, before) == []
    assert ("Name", "", "B") in differences(None, after)
