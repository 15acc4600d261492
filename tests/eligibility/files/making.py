"""Files of checks, and what became of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eligibility.files.report import FileReport
from eligibility.identifiers import make_emirates_id
from eligibility.operations.filing import Watch, Wishes
from eligibility.operations.imports import import_file
from portal.exports import as_bytes, cell_text
from portal.intake.readers import read_table
from portal.models import Clinic

COLUMNS = (
    *("client_reference", "appointment", "name", "dob", "phone", "id_type", "id_value"),
    *("tpa_name", "visit_type", "doctorName", "note"),
)


def make_cells(number: int = 1, **cells: str) -> dict[str, str]:
    """One line of an appointment list without a fault."""
    return {
        "client_reference": f"APT-{number:05}",
        "appointment": "2026-11-24 08:03",
        "name": "Ali Farouk",
        "dob": "1986-11-13",
        "phone": "0563657799",
        "id_type": "EMIRATESID",
        "id_value": make_emirates_id(1986, 1_000_000 + number),
        "tpa_name": "TPA004",
        "visit_type": "OUTPATIENT",
        "doctorName": "DHA-P-0000202",
        "note": "",
    } | cells


def make_file(
    lines: Iterable[Mapping[str, Any]], columns: Sequence[str] | None = None, ending: str = "csv"
) -> bytes:
    """A file of these lines; the first one says the columns."""
    rows = list(lines)
    names = list(columns or rows[0])
    return b"".join(as_bytes(ending, names, [[row.get(name) for name in names] for row in rows]))


def bring(
    content: bytes | str,
    clinic: Clinic,
    *,
    name: str = "list.csv",
    mapping: Mapping[str, str] | None = None,
    watch: Watch | None = None,
    **wishes: Any,
) -> FileReport:
    """Bring a file in; its counts add up."""
    data = content.encode() if isinstance(content, str) else content
    asked = Wishes(clinic=clinic, actor=wishes.pop("actor", "f" * 24), **wishes)
    report = import_file(io.BytesIO(data), asked, name=name, mapping=mapping, watch=watch)
    parts = (report.created, report.replayed, report.rejected)
    assert sum((*parts, report.fixed, report.unchanged, report.conflicts)) == report.rows
    return report


def told(content: bytes, ending: str = "csv") -> list[dict[str, str]]:
    """The rows of a file that went out."""
    with read_table(io.BytesIO(content), f"x.{ending}") as table:
        return [line.cells for line in table.lines]


def plain_csv(rows: Sequence[Sequence[str]]) -> str:
    """A file as other programs write it: quoted only where needed."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def as_cells(row: Mapping[str, Any]) -> dict[str, str]:
    """A stored row as the cells of a file that goes out."""
    return {name: cell_text(value) for name, value in row.items()}
