"""How long an answer may stand: windows by visit type, the clinic's day, the policy's end."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from eligibility import freshness
from eligibility.freshness import Window, any_window, faults, read_window, still_holds, window_for

DUBAI = ZoneInfo("Asia/Dubai")
EVENING = datetime(2026, 11, 22, 21, 30, tzinfo=UTC)
"""Half past one of the 23rd in Dubai."""


def test_nothing_is_reused_where_nobody_said_so() -> None:
    assert window_for({}, "OUTPATIENT") is None
    assert not any_window({})
    assert not any_window({"*": "off", "DENTAL": "off"})


def test_a_visit_type_of_its_own_goes_before_the_others() -> None:
    windows = {"*": "4h", "INPATIENT": "off", "DENTAL": "day"}
    assert window_for(windows, "OUTPATIENT") == Window(4)
    assert window_for(windows, "") == Window(4)
    assert window_for(windows, "DENTAL") == Window(None)
    assert window_for(windows, "INPATIENT") is None
    assert any_window(windows)


def test_hours_are_counted_back_from_now_and_the_day_begins_at_the_clinics_midnight() -> None:
    assert Window(4).opens_at(EVENING, DUBAI) == datetime(2026, 11, 22, 17, 30, tzinfo=UTC)
    assert Window(None).opens_at(EVENING, DUBAI) == datetime(2026, 11, 22, 20, 0, tzinfo=UTC)


def test_a_day_on_which_the_clocks_change_begins_at_its_own_midnight() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    noon = datetime(2026, 10, 25, 11, 0, tzinfo=UTC)
    assert Window(None).opens_at(noon, berlin) == datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    after = freshness.day_begins(date(2026, 10, 26), berlin)
    assert after == datetime(2026, 10, 25, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "4", "0h", "h", "169h", "04h", "-1h", "DAY", None, 4, ["4h"]])
def test_what_is_no_window_is_off_and_cannot_be_stored(text: object) -> None:
    assert read_window(text) is None
    assert not freshness.is_window(text)


@pytest.mark.parametrize("text", ["off", "day", "1h", "24h", "168h"])
def test_windows_can_be_stored(text: str) -> None:
    assert faults({"*": text, "DENTAL": text}, ["DENTAL"]) == []


def test_faults_name_the_visit_type_and_the_window_that_is_wrong() -> None:
    assert faults({"DENTAL": "4h"}, ["OUTPATIENT"]) == ["DENTAL is no visit type of this payer."]
    (fault,) = faults({"*": "soon"}, [])
    assert fault.startswith("Other visits: off, the same day, or 1 to 168 hours")
    assert faults(["4h"], []) == ["The windows are not a table of visit types."]


@pytest.mark.parametrize(
    ("policy", "holds"),
    [
        ({"end": "2026-11-22"}, False),
        ({"end": "2026-11-23"}, True),
        ({"end": "2026-11-22", "end_is_placeholder": True}, True),
        ({"end": None}, True),
        ({}, True),
        ({"end": "never"}, True),
    ],
)
def test_no_window_goes_past_the_policys_end(policy: dict[str, object], holds: bool) -> None:
    assert still_holds(policy, date(2026, 11, 23)) is holds
