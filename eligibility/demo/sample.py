"""The project's sample: 400 appointments, some with the faults that real lists have."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

from eligibility.files.appointments import APPOINTMENT, date_of, row_of

Line = dict[str, str]


def sample_rows(*, first_day: date, run: int) -> list[dict[str, Any]]:
    """The sample as rows of a request. Its first day is `first_day`, its references are new."""
    lines = sample_lines()
    shift = first_day - min(_day(line) for line in lines)
    return [row_of(_moved(line, shift, run)) for line in lines]


def sample_lines() -> list[Line]:
    """The sample as the file has it, cells by column name."""
    path = files("eligibility").joinpath("data", "appointments.csv")
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines(), strict=True))


def _day(line: Line) -> date:
    return date.fromisoformat(date_of(line[APPOINTMENT]))


def _moved(line: Line, shift: timedelta, run: int) -> Line:
    """The line of another day and of this run."""
    day = date_of(line[APPOINTMENT])
    time = line[APPOINTMENT].removeprefix(day)
    return line | {
        APPOINTMENT: f"{_day(line) + shift}{time}",
        "client_reference": f"R{run}-{line['client_reference']}",
    }
