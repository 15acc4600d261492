"""Rows as a client sends them, and the rules applied to them on a fixed day."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from eligibility.identifiers import make_emirates_id
from eligibility.payer_rules import PayerRules
from eligibility.rules import Checked, Registry, check_rows
from eligibility.schemas import WIRE_NAMES
from portal.intake.issues import Issue

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
DUBAI = ZoneInfo("Asia/Dubai")


def make_row(*without: str, **fields: Any) -> dict[str, Any]:
    """A row with no fault and no doubt, `fields` changed and those named in `without` left out."""
    row = {
        "id_value": make_emirates_id(1986, 9027382),
        "id_type": "EMIRATESID",
        "tpa_name": "TPA004",
        "visit_type": "OUTPATIENT",
        "extra_args": {"title": "", "value": ""},
        "doctorName": "DHA-P-0000202",
        "payerName": "",
        "name": "Ali Farouk",
        "dob": "1986-11-13",
        "phone": "0563657799",
        "client_reference": "APT-000004",
    } | fields
    return {name: value for name, value in row.items() if name not in without}


def make_payer(code: str = "PAY1", **rules: Any) -> PayerRules:
    """A payer that takes an Emirates ID and nothing special."""
    return PayerRules(
        **{"code": code, "name": f"Payer {code}", "kind": "tpa", "id_types": ("EMIRATESID",)}
        | rules
    )


def check(*rows: Any, registry: Registry | None = None, **options: Any) -> list[Checked]:
    """The rows checked against the shipped registry, in Dubai, on 22 November 2026 at noon."""
    settings: dict[str, Any] = {"timezone": DUBAI, "now": NOW} | options
    return check_rows(rows, registry=registry or Registry.shipped(), **settings)


def errors(row: Any, **options: Any) -> list[str]:
    """The codes of one row's errors."""
    return [issue.code for issue in check(row, **options)[0].errors]


def warnings(row: Any, **options: Any) -> list[str]:
    """The codes of one row's warnings."""
    return [issue.code for issue in check(row, **options)[0].warnings]


def only_error(row: Any, **options: Any) -> Issue:
    """The one error of a row."""
    (found,) = check(row, **options)[0].errors
    return found


def only_warning(row: Any, **options: Any) -> Issue:
    """The one warning of a row."""
    (found,) = check(row, **options)[0].warnings
    return found


def sample_rows() -> list[dict[str, Any]]:
    """The shipped appointments as rows: empty cells left out, `note` put where it belongs."""
    text = files("eligibility").joinpath("data", "appointments.csv").read_text(encoding="utf-8")
    return [_sample_row(line) for line in csv.DictReader(text.splitlines())]


def _sample_row(line: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {name: line[name] for name in line.keys() & WIRE_NAMES}
    row["service_date"] = line["appointment"][:10]
    key, _, value = line["note"].partition("=")
    if key in WIRE_NAMES:
        row[key] = value
    elif key:
        row["extra_args"] = {"title": key, "value": value}
    return row
