from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.eligibility.make_rows import (
    NOW,
    check,
    errors,
    make_row,
    only_warning,
    warnings,
)

DOUBTS = [
    ({"id_value": "784-XXXX-XXXXXXX-X"}, "emirates_id.shape", "/id_value"),
    ({"id_value": "784-1956-4625200-4"}, "emirates_id.check_digit", "/id_value"),
    ({"id_value": "111-1111-1111111-1"}, "emirates_id.placeholder", "/id_value"),
    ({"id_type": "DHAMEMBERID", "id_value": "I027"}, "dha_member_id.shape", "/id_value"),
    (
        {"tpa_name": "TPA010", "id_type": "PASSPORT", "id_value": "N-1"},
        "passport.shape",
        "/id_value",
    ),
    ({"dob": "YYYY-MM-DD"}, "dob.format", "/dob"),
    ({"dob": "1986-13-40"}, "dob.format", "/dob"),
    ({"dob": "03/04/1986"}, "dob.ambiguous", "/dob"),
    ({"dob": "2026-11-23"}, "dob.future", "/dob"),
    ({"phone": "0123"}, "phone.odd", "/phone"),
    ({"colour": "red"}, "field.unknown", "/colour"),
]


@pytest.mark.parametrize(("fields", "code", "pointer"), DOUBTS)
def test_a_doubt_is_a_warning_under_lenient_and_an_error_under_strict(
    fields: dict[str, Any], code: str, pointer: str
) -> None:
    row = make_row(**fields)
    (lenient,) = check(row)
    assert [(issue.code, issue.pointer) for issue in lenient.warnings] == [(code, pointer)]
    assert lenient.errors == []
    (strict,) = check(row, profile="strict")
    assert strict.errors == lenient.warnings
    assert strict.warnings == []


@pytest.mark.parametrize("fields", [case[0] for case in DOUBTS])
def test_no_message_repeats_what_was_sent(fields: dict[str, Any]) -> None:
    for issue in check(make_row(**fields))[0].warnings:
        assert str(issue.value) not in issue.message


@pytest.mark.parametrize(
    ("sent", "suggestion"),
    [
        ("13/01/1986", "1986-01-13"),
        ("01/13/1986", "1986-01-13"),
        ("05.05.1986", "1986-05-05"),
        ("1986-11-13T00:00:00", "1986-11-13"),
        ("03/04/1978", None),
        ("31/31/1978", None),
        ("1978", None),
    ],
)
def test_a_date_of_birth_is_suggested_only_when_it_can_mean_one_day(
    sent: str, suggestion: str | None
) -> None:
    (checked,) = check(make_row(dob=sent))
    assert [issue.suggestion for issue in checked.warnings] == [suggestion]
    assert checked.dob is None


def test_the_future_begins_tomorrow_where_the_clinic_is() -> None:
    late = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)  # already the 23rd in Dubai
    assert warnings(make_row(dob="2026-11-23"), now=late) == []
    assert warnings(make_row(dob="2026-11-23"), now=late, timezone=UTC) == ["dob.future"]


def test_a_phone_is_judged_by_the_clinics_region() -> None:
    assert warnings(make_row(phone="0563657799"), region="AE") == []
    assert warnings(make_row(phone="0563657799"), region="QA") == ["phone.odd"]
    assert warnings(make_row(phone="+971 56 365 7799"), region="QA") == []


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("doctor_name", "doctorName"),
        ("doctorname", "doctorName"),
        ("visitType", "visit_type"),
        ("visit_typ", "visit_type"),
        ("date_of_birth", "dob"),
        ("Emirates-ID", "id_value"),
        ("colour", None),
        ("", None),
    ],
)
def test_an_unknown_field_is_named_with_the_one_probably_meant(
    name: str, suggestion: str | None
) -> None:
    issue = only_warning(make_row(**{name: "x"}))
    assert (issue.code, issue.suggestion) == ("field.unknown", suggestion)


def test_the_name_of_an_unknown_field_is_escaped_in_its_pointer() -> None:
    assert only_warning(make_row(**{"a/b~c": 1})).pointer == "/a~1b~0c"


def test_an_unknown_field_without_a_value_is_not_worth_a_warning() -> None:
    rows = [make_row(colour=None), make_row(name=None, colour=None), make_row(colour=None)]
    assert [each.warnings for each in check(*rows)] == [[], [], []]


def test_a_thousand_unknown_fields_do_not_make_a_thousand_warnings() -> None:
    (checked,) = check(make_row(**{f"field{number}": 1 for number in range(1000)}))
    assert len(checked.warnings) == 11
    assert "990 more" in checked.warnings[-1].message


@pytest.mark.parametrize(
    ("sent", "moment"),
    [
        ("2026-11-24T06:00:00Z", datetime(2026, 11, 24, 6, tzinfo=UTC)),
        ("2026-11-24T06:00:00+05:30", datetime(2026, 11, 24, 0, 30, tzinfo=UTC)),
        ("2026-11-24T06:00", datetime(2026, 11, 24, 2, tzinfo=UTC)),
        ("2026-11-24 06:00:00.5", datetime(2026, 11, 24, 2, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-24", datetime(2026, 11, 23, 20, tzinfo=UTC)),
        ("20261124T060000z", datetime(2026, 11, 24, 6, tzinfo=UTC)),
        ("2025-01-01T10:00:00Z", datetime(2025, 1, 1, 10, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_the_clinics(sent: str, moment: datetime) -> None:
    (checked,) = check(make_row(scheduled_for=sent))
    assert checked.errors == []
    assert checked.scheduled_for == moment
    assert checked.scheduled_for is not None
    assert checked.scheduled_for.tzinfo is UTC


@pytest.mark.parametrize(
    "sent",
    ["soon", "24/11/2026 06:00", "2026-11-24x06:00", "2026-11-31T00:00", "1764000000",
     "0001-01-01T00:00:00+14:00", "2026-11-24T06:00+99:00"],
)  # fmt: skip
def test_what_is_no_time_is_an_error(sent: str) -> None:
    assert errors(make_row(scheduled_for=sent)) == ["scheduled_for.format"]


def test_a_year_and_a_day_ahead_is_the_most() -> None:
    most = NOW + timedelta(days=366)
    assert errors(make_row(scheduled_for=most.isoformat())) == []
    later = most + timedelta(seconds=1)
    assert errors(make_row(scheduled_for=later.isoformat())) == ["scheduled_for.too_far"]
    assert errors(make_row(scheduled_for="9999-12-31T23:59")) == ["scheduled_for.too_far"]


def test_a_gap_in_the_clinics_clock_is_no_obstacle() -> None:
    zone = ZoneInfo("Europe/Berlin")
    (checked,) = check(make_row(scheduled_for="2027-03-28T02:30"), timezone=zone)
    assert checked.scheduled_for == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


def test_a_blank_time_is_none() -> None:
    (checked,) = check(make_row(scheduled_for=" "), timezone=timezone.utc)  # noqa: UP017
    assert (checked.errors, checked.scheduled_for) == ([], None)
