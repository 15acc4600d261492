from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from eligibility.choices import Priority
from eligibility.schemas import (
    ATTRIBUTES,
    WIRE_NAMES,
    BulkRequest,
    Row,
    ScheduleRequest,
    row_json_schema,
)
from tests.eligibility.make_rows import errors, make_row, only_error, warnings

DOCUMENTED = {
    "id_value", "id_type", "tpa_name", "visit_type", "extra_args", "doctorName", "payerName",
    "phone", "name", "dob", "mode", "test_mode", "referralCode", "serviceType", "pod_id",
    "is_emergency", "service_date", "client_reference", "priority", "force", "scheduled_for",
}  # fmt: skip

TEXT_FIELDS = sorted(DOCUMENTED - {"extra_args", "test_mode", "is_emergency", "force"})


def test_the_wire_names_are_the_documented_ones() -> None:
    assert WIRE_NAMES == DOCUMENTED
    assert ATTRIBUTES["doctorName"] == "doctor_name"
    assert ATTRIBUTES["serviceType"] == "service_type"


def test_text_is_trimmed_and_codes_are_upper_cased() -> None:
    row = Row.model_validate(
        make_row(tpa_name=" tpa004 ", id_type="EmiratesId", visit_type="\toutpatient", name=" A B ")
    )
    assert (row.tpa_name, row.id_type, row.visit_type) == ("TPA004", "EMIRATESID", "OUTPATIENT")
    assert row.name == "A B"


def test_absent_fields_have_their_defaults() -> None:
    row = Row.model_validate({"id_value": "1", "id_type": "CARDNUMBER", "tpa_name": "TPA008"})
    assert row.visit_type == row.name == row.phone == row.doctor_name == row.client_reference == ""
    assert row.extra_args == {}
    assert row.service_date is None
    assert row.is_emergency is None
    assert (row.test_mode, row.force) == (False, False)
    assert row.rank is Priority.NORMAL


@pytest.mark.parametrize(
    ("sent", "rank"),
    [("high", 0), ("NORMAL", 1), (" Low ", 2), ("", 1)],
)
def test_priority_is_read_whatever_its_case(sent: str, rank: int) -> None:
    assert Row.model_validate(make_row(priority=sent)).rank == rank


def test_an_unknown_priority_is_an_error() -> None:
    assert errors(make_row(priority="urgent")) == ["priority.unknown"]


@pytest.mark.parametrize(
    ("sent", "day"),
    [("2026-11-24", date(2026, 11, 24)), (" 2026-11-24", date(2026, 11, 24)), ("", None)],
)
def test_the_service_date_is_a_date(sent: str, day: date | None) -> None:
    assert Row.model_validate(make_row(service_date=sent)).service_date == day


@pytest.mark.parametrize("sent", ["24/11/2026", "2026-11-31", "2026-W48-2", "20261124", "tomorrow"])
def test_a_service_date_that_is_no_date_is_an_error(sent: str) -> None:
    assert errors(make_row(service_date=sent)) == ["service_date.format"]


@pytest.mark.parametrize("sent", ["03/04/2026", "3.4.2026", "12-11-2026"])
def test_a_service_date_that_may_be_two_days_is_an_error_of_its_own(sent: str) -> None:
    fault = only_error(make_row(service_date=sent))
    assert (fault.code, fault.suggestion) == ("service_date.ambiguous", None)


@pytest.mark.parametrize("sent", ["24/11/2026", "11/24/2026", "2026-11-24 08:00"])
def test_a_service_date_that_can_only_mean_one_day_is_suggested(sent: str) -> None:
    assert only_error(make_row(service_date=sent)).suggestion == "2026-11-24"


@pytest.mark.parametrize("field", TEXT_FIELDS)
@pytest.mark.parametrize("value", [5, 0, True, 1.5, ["x"], {"x": "y"}])
def test_text_is_never_made_from_another_type(field: str, value: Any) -> None:
    assert f"{field}.type" in errors(make_row(**{field: value}))


@pytest.mark.parametrize("field", ["test_mode", "force", "is_emergency"])
@pytest.mark.parametrize("value", ["true", 1, 0, "", [], {}])
def test_a_truth_value_is_never_made_from_another_type(field: str, value: Any) -> None:
    assert errors(make_row(**{field: value})) == [f"{field}.type"]


@pytest.mark.parametrize("value", ["", "x", 1, [], [["title", "x"]], True])
def test_extra_args_is_an_object(value: Any) -> None:
    assert errors(make_row(extra_args=value)) == ["extra_args.type"]


@pytest.mark.parametrize(
    "field", sorted(DOCUMENTED - {"id_value", "id_type", "tpa_name", "visit_type"})
)
def test_null_is_as_good_as_absent(field: str) -> None:
    row = make_row(**{field: None})
    assert errors(row) == []
    assert warnings(row, profile="lenient") == []


@pytest.mark.parametrize("field", ["id_value", "id_type", "tpa_name"])
@pytest.mark.parametrize("value", [None, "", " \t", "\u00a0"])
def test_required_fields_may_not_be_null_or_blank(field: str, value: Any) -> None:
    assert errors(make_row(**{field: value})) == [f"{field}.required"]


@pytest.mark.parametrize(
    ("field", "most"),
    [
        ("id_value", 64), ("client_reference", 200), ("name", 300), ("doctorName", 300),
        ("payerName", 300), ("phone", 64), ("mode", 32), ("pod_id", 100),
    ],
)  # fmt: skip
def test_text_may_be_as_long_as_its_column_and_no_longer(field: str, most: int) -> None:
    row = {"tpa_name": "TPA008", "id_type": "CARDNUMBER"}
    assert errors(make_row(**(row | {field: " " + "x" * most + " "}))) == []
    assert errors(make_row(**(row | {field: "x" * (most + 1)}))) == ["text.too_long"]


def test_a_fault_shows_nothing_of_the_row_in_its_exception() -> None:
    with pytest.raises(ValidationError) as raised:
        Row.model_validate(make_row(name=["Secret Patient"]))
    assert "Secret Patient" not in str(raised.value)


def test_the_documents_examples_fit_the_request_bodies() -> None:
    for body in (BulkRequest, ScheduleRequest):
        (example,) = body.model_json_schema()["examples"]
        assert body.model_validate(example).requests


def test_the_json_schema_speaks_the_wire_names_and_allows_null() -> None:
    schema = row_json_schema()
    assert set(schema["properties"]) == DOCUMENTED
    assert set(schema["required"]) == {"id_value", "id_type", "tpa_name"}
    assert schema["properties"]["id_value"]["type"] == "string"
    assert schema["properties"]["doctorName"]["type"] == ["string", "null"]
    service_date = schema["properties"]["service_date"]["anyOf"]
    assert {part["type"] for part in service_date} == {"string", "null"}
