"""The shape of one row of a bulk request: JSON types and lengths, nothing about payers.

Pydantic answers with every fault of a row at once; `rules.check_rows` turns them into the words
of the error envelope. Values are never converted: a phone sent as a number is an error, because
its leading zero is gone. The request bodies here describe the endpoints to the OpenAPI page; the
rows themselves take the faster road of `check_rows`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from eligibility.choices import Priority
from eligibility.dates import is_ambiguous, iso_date

PRIORITIES: dict[str, Priority] = {str(priority.label): priority for priority in Priority}
NORMAL = str(Priority.NORMAL.label)

_WIRE_NAMES = {
    "doctor_name": "doctorName",
    "payer_name": "payerName",
    "referral_code": "referralCode",
    "service_type": "serviceType",
}


def _allow_null(schema: dict[str, Any]) -> None:
    """Say in the JSON schema that an optional field may be null: `check_rows` drops nulls."""
    required = schema.get("required", [])
    for name, field in schema["properties"].items():
        if name not in required and isinstance(field.get("type"), str):
            field["type"] = [field["type"], "null"]


def _known_priority(value: str) -> str:
    """High, normal or low; blank is normal."""
    if value and value not in PRIORITIES:
        raise PydanticCustomError("unknown", "priority is high, normal or low.")
    return value or NORMAL


def _iso_date(value: Any) -> date | None:
    """A date written YYYY-MM-DD; blank is none."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "A date is text.")
    day = iso_date(value.strip())
    if day is None and is_ambiguous(value.strip()):
        message = "service_date may mean two days: write it as year-month-day."
        raise PydanticCustomError("ambiguous", message)
    if day is None and value.strip():
        raise PydanticCustomError("format", "service_date is a date such as 2026-11-24.")
    return day


def _text(most: int, least: int = 0) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=least or None, max_length=most)


def _code(most: int, least: int = 0) -> StringConstraints:
    return StringConstraints(
        strip_whitespace=True, to_upper=True, min_length=least or None, max_length=most
    )


IdValue = Annotated[
    str, _text(64, least=1), Field(description="The identifier itself, as printed on the card.")
]
IdType = Annotated[
    str,
    _code(64, least=1),
    Field(description="EMIRATESID, CARDNUMBER, DHAMEMBERID, POLICYNUMBER or PASSPORT."),
]
PayerCode = Annotated[
    str, _code(200, least=1), Field(description="A payer's code, or a search's (BOTH).")
]


class Row(BaseModel):
    """One eligibility question about one patient, as a request or a file row states it.

    Text is trimmed, codes are upper-cased, an absent or null field has its default. After
    `check_rows`, `tpa_name` and `id_type` hold the registry's own codes instead of aliases.
    Lengths are in characters, counted after trimming.
    """

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        alias_generator=AliasGenerator(alias=lambda name: _WIRE_NAMES.get(name, name)),
        json_schema_extra=_allow_null,
        hide_input_in_errors=True,
    )

    id_value: IdValue
    id_type: IdType
    tpa_name: PayerCode
    visit_type: Annotated[
        str, _code(64), Field(description="Required by payers that have visit types.")
    ] = ""
    name: Annotated[str, _text(300), Field(description="The patient's name.")] = ""
    dob: Annotated[str, _text(64), Field(description="Date of birth, YYYY-MM-DD.")] = ""
    phone: Annotated[str, _text(64), Field(description="The patient's phone number.")] = ""
    doctor_name: Annotated[
        str, _text(300), Field(description="The clinician's name or licence.")
    ] = ""
    payer_name: Annotated[
        str, _text(300), Field(description="The insurer behind a TPA, where the TPA asks for it.")
    ] = ""
    referral_code: Annotated[str, _text(100)] = ""
    service_type: Annotated[str, _text(200)] = ""
    pod_id: Annotated[str, _text(100)] = ""
    mode: Annotated[str, _text(32), Field(description="Recorded, not used.")] = ""
    test_mode: Annotated[
        bool, Field(description="Ask the synthetic payer, whatever the payer is.")
    ] = False
    is_emergency: bool | None = None
    service_date: Annotated[
        date | None,
        BeforeValidator(_iso_date, json_schema_input_type=str | None),
        Field(description="The day of the visit; by default the clinic's day of the check."),
    ] = None
    client_reference: Annotated[
        str, _text(200), Field(description="Your own id: the same row sent again is not doubled.")
    ] = ""
    priority: Annotated[
        str,
        StringConstraints(strip_whitespace=True, to_lower=True, max_length=16),
        AfterValidator(_known_priority),
        Field(description="high, normal or low."),
    ] = NORMAL
    force: Annotated[bool, Field(description="Ask again even if the answer is fresh.")] = False
    scheduled_for: Annotated[
        str,
        _text(64),
        Field(description="Not before: ISO 8601; without a zone it is the clinic's."),
    ] = ""
    extra_args: dict[str, Any] = Field(
        default_factory=dict, description="What else a payer asks for."
    )

    @property
    def rank(self) -> Priority:
        """The row's place in the order of its lane."""
        return PRIORITIES[self.priority]


class DraftRow(Row):
    """A row whose faulty fields were taken out, so that its other fields can still be judged."""

    id_value: IdValue = ""
    id_type: IdType = ""
    tpa_name: PayerCode = ""


ATTRIBUTES: dict[str, str] = {field.alias or name: name for name, field in Row.model_fields.items()}
"""Wire name → attribute of `Row`."""

WIRE_NAMES: frozenset[str] = frozenset(ATTRIBUTES)

DISPLAY_NAMES = frozenset({"appointment", "insurance_as_written"})
"""Columns of appointment lists that no check reads: kept in the row as it came, for people."""


class BulkRequest(BaseModel):
    """The body of `bulk/create-tasks`: many rows, each accepted or rejected by itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "requests": [
                        {
                            "id_value": "784-XXXX-XXXXXXX-X",
                            "id_type": "EMIRATESID",
                            "tpa_name": "TPA002",
                            "visit_type": "OUTPATIENT",
                            "extra_args": {"title": "", "value": ""},
                            "doctorName": "",
                            "payerName": "",
                        }
                    ]
                }
            ]
        }
    )

    requests: Annotated[list[Row], Field(min_length=1, description="The rows, in any order.")]


SCHEDULE_EXAMPLE: dict[str, Any] = {
    "requests": [
        {
            "tpa_name": "TPA002",
            "id_value": "784-XXXX-XXXXXXX-X",
            "id_type": "EMIRATESID",
            "phone": "0501234567",
            "name": "[PATIENT_NAME]",
            "dob": "YYYY-MM-DD",
            "visit_type": "OUTPATIENT",
            "doctorName": "Dr. Smith",
            "mode": "prod",
            "test_mode": False,
            "extra_args": {"note": "example 1"},
        },
        {
            "tpa_name": "DHPO",
            "id_value": "784-YYYY-YYYYYYY-Y",
            "id_type": "EMIRATESID",
            "name": "[PATIENT_NAME]",
            "visit_type": "OUTPATIENT",
            "mode": "prod",
            "test_mode": False,
        },
    ],
    "scheduled_for": "2025-01-01T10:00:00Z",
    "description": "Morning batch for clinic A",
}
"""The document's own request, shown by the schema and by the OpenAPI page."""


class ScheduleRequest(BulkRequest):
    """The body of `schedule-tasks`: rows that wait as one batch until `scheduled_for`."""

    model_config = ConfigDict(json_schema_extra={"examples": [SCHEDULE_EXAMPLE]})

    scheduled_for: Annotated[
        str | None,
        Field(
            description="When to run: ISO 8601; without a zone it is the clinic's. Absent or past:"
            " at once. More than 366 days ahead is refused."
        ),
    ] = None
    description: Annotated[str | None, Field(description="What staff see the batch under.")] = None


def row_json_schema() -> dict[str, Any]:
    """The JSON schema of one row, by its wire names."""
    return Row.model_json_schema(by_alias=True)
