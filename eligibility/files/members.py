"""Lists of members, one line each: an identifier and the payer that has its owner.

Columns `id_value`, `id_type`, `tpa_name` and, if it is known, `seen_on` (the day on which that
was true, YYYY-MM-DD); others are left alone. A JSON line has the same names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, BinaryIO, Final

from eligibility.dates import iso_date
from eligibility.identifiers import NOT_SENDABLE, read_identifier
from eligibility.payer_rules import PayerRules
from eligibility.rules import Registry
from portal.intake.issues import Issue
from portal.intake.readers import Line, Unreadable, read_table
from portal.intake.readers.ndjson import read_ndjson
from portal.intake.readers.objects import JsonRow
from portal.intake.reports import Report
from portal.intake.text import find_unstorable

NEEDED: Final = ("id_value", "id_type", "tpa_name")
SEEN_ON: Final = "seen_on"
_JSON_ENDINGS: Final = (".ndjson", ".jsonl")
_LONGEST: Final = 64


@dataclass(slots=True)
class MemberReport(Report):
    """What became of a list of members; `fixed` lines got a newer day."""


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One good line. `seen_at` is None when the list does not say since when."""

    id_type: str
    id_key: str
    payer: str
    seen_at: datetime | None


@contextmanager
def member_lines(
    file: BinaryIO, *, name: str, sheet: str | None, encoding: str | None, report: MemberReport
) -> Iterator[Iterator[Line]]:
    """The lines of a CSV, Excel or NDJSON file. Raises Unreadable, also for missing columns."""
    report.name = name
    if name.lower().endswith(_JSON_ENDINGS):
        with read_ndjson(file, encoding=encoding) as objects:
            report.read_as, report.notices = objects.read_as, list(objects.notices)
            yield (_line_of(row) for row in objects.rows)
        return
    with read_table(file, name=name, sheet=sheet, encoding=encoding) as table:
        report.read_as, report.notices = table.read_as, list(table.notices)
        have = {column.strip().lower() for column in table.columns}
        if missing := [column for column in NEEDED if column not in have]:
            message = f"The file has no column {', '.join(missing)}."
            raise Unreadable("file.columns", message)
        yield table.lines


def _line_of(row: JsonRow) -> Line:
    """A JSON row as a line of cells."""
    if row.fault is not None or not isinstance(row.value, dict):
        fault = row.fault or Issue("", "row.type", "A row must be an object.")
        return Line(row.number, {"row": _as_cell(row.value)}, fault)
    return Line(row.number, {name: _as_cell(value) for name, value in row.value.items()})


def _as_cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def read_member(line: Line, registry: Registry, *, now: datetime) -> MemberLine | list[Issue]:
    """The member that a line names, or what is wrong with it."""
    if line.fault is not None:
        return [line.fault]
    cells = {name.strip().lower(): cell.strip() for name, cell in line.cells.items()}
    values = {name: cells.get(name, "") for name in (*NEEDED, SEEN_ON)}
    issues = [
        Issue(f"/{name}", "required", f"{name} is missing.") for name in NEEDED if not values[name]
    ]
    payer, id_type = registry.find(values["tpa_name"]), registry.id_type(values["id_type"])
    issues += _about_payer(values["tpa_name"], payer, registry)
    if values["id_type"] and id_type is None:
        suggestion = registry.suggest_id_type(values["id_type"])
        message = "There is no such kind of identifier."
        issues.append(Issue("/id_type", "id_type.unknown", message, None, suggestion))
    id_key, about_id = _key(id_type or "", values["id_value"])
    seen_at, about_day = _seen_at(values[SEEN_ON], now)
    issues += about_id + about_day
    if issues or payer is None or id_type is None:
        return issues
    return MemberLine(id_type, id_key, payer.code, seen_at)


def _about_payer(text: str, payer: PayerRules | None, registry: Registry) -> list[Issue]:
    if not text or (payer is not None and not payer.is_search):
        return []
    if payer is not None:
        message = f"{payer.code} is a search; a member is with one payer."
        return [Issue("/tpa_name", "tpa_name.search", message)]
    suggestion = registry.suggest_payer(text)
    return [Issue("/tpa_name", "tpa_name.unknown", "There is no such payer.", None, suggestion)]


def _key(id_type: str, id_value: str) -> tuple[str, list[Issue]]:
    """The identifier's search key, and why it can be none."""
    if not id_value:
        return "", []
    if len(id_value) > _LONGEST:
        message = f"An identifier has at most {_LONGEST} characters."
        return "", [Issue("/id_value", "text.too_long", message)]
    if find_unstorable(id_value) is not None:
        message = "The identifier holds what cannot be stored."
        return "", [Issue("/id_value", "text.unstorable", message)]
    key, doubt = read_identifier(id_type, id_value)
    if doubt is not None and doubt.code in NOT_SENDABLE:
        return "", [Issue("/id_value", doubt.code, doubt.message)]
    if not key:
        return "", [Issue("/id_value", "required", "The identifier has no letter and no digit.")]
    return key, []


def _seen_at(text: str, now: datetime) -> tuple[datetime | None, list[Issue]]:
    if not text:
        return None, []
    day = iso_date(text[:10])
    if day is None or day > now.date():
        message = "seen_on is a day in the past: YYYY-MM-DD."
        return None, [Issue(f"/{SEEN_ON}", "seen_on.format", message)]
    return datetime.combine(day, time(), UTC), []
