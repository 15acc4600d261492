"""What a file would do, found by a trial run of the very operation that does it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import BinaryIO

from eligibility.admin.names import payer_names
from eligibility.files import fields
from eligibility.files.columns import WrongColumns
from eligibility.files.report import FileReport
from eligibility.operations.filing import Watch, Wishes
from eligibility.operations.imports import import_file
from eligibility.presentation.fields import label, message_in_words, value_in_words
from portal.badges import Colour
from portal.intake.issues import Issue
from portal.intake.readers import Line, Unreadable, read_table
from portal.intake.reasons import Reason, by_frequency
from portal.models import Clinic
from portal.uploads import ENCODINGS, Upload

ROWS_SHOWN = 12

_FOR_THE_COMMAND = re.compile(r" (?:Is it .*\? Then|If it is .*,) map it: .*$", re.DOTALL)
"""What the file's reader advises who brings a file in by command: the page has a form for it."""

FIELDS = tuple(sorted(((name, label(name)) for name in fields.FIELDS), key=lambda f: f[1]))
"""(field, word) of what a column may be."""

MOST_COLUMNS = 60
"""A file with more columns is not mapped on a page."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One row that is not accepted: where it stands and what is wrong, never what it says.

    `suggestion` is a value that would be right, in words, `code` the same as a file says it.
    """

    line: int
    field: str
    message: str
    suggestion: str = ""
    code: str = ""


@dataclass(slots=True)
class Trial:
    """The outcome of a trial run. `problem` says why the file as a whole is of no use."""

    report: FileReport = field(default_factory=FileReport)
    refused: list[RefusedRow] = field(default_factory=list)
    refused_more: int = 0
    problem: Unreadable | None = None
    columns: list[tuple[str, str]] = field(default_factory=list)
    """(column, the field it may be) of a file whose columns are not clear."""

    payers: Mapping[str, str] = field(default_factory=dict)
    """Payers' names by code, for messages."""

    @property
    def read_as(self) -> str:
        """How the file was read: "CSV, UTF-8, comma"."""
        words = dict(ENCODINGS)
        return ", ".join(words.get(part, part) for part in self.report.read_as.split(", "))

    @property
    def notices(self) -> list[str]:
        """What else is to be known of the file, its columns' fields in words."""
        return [_about_columns(notice) for notice in self.report.notices]

    @property
    def column_issues(self) -> list[Issue]:
        """What is wrong with the file's columns."""
        issues = self.problem.issues if isinstance(self.problem, WrongColumns) else ()
        return [replace(each, message=_about_columns(each.message)) for each in issues]

    @property
    def asks_encoding(self) -> bool:
        """Whether somebody has to say how the text is written."""
        return self.problem is not None and self.problem.code == "file.encoding"

    @property
    def errors(self) -> list[Reason]:
        """Why rows are not accepted, the commonest reason first."""
        return self._in_words(self.report.errors)

    @property
    def doubts(self) -> list[Reason]:
        """What is odd about accepted rows, the commonest first."""
        return self._in_words(self.report.doubts)

    def _in_words(self, reasons: dict[str, Reason]) -> list[Reason]:
        return [
            replace(
                each,
                field=label(each.field) if each.field else "",
                message=message_in_words(each.message, self.payers),
            )
            for each in by_frequency(reasons)
        ]

    @property
    def tiles(self) -> list[tuple[str, str, Colour, int]]:
        """(word, icon, colour, rows) of what would become of the rows; they add up to the file."""
        report = self.report
        repaired: list[tuple[str, str, Colour, int]] = [
            ("Corrected", "build", "green", report.fixed),
            ("Unchanged", "remove", "grey", report.unchanged),
            ("Changed by somebody else", "sync_problem", "amber", report.conflicts),
        ]
        found: list[tuple[str, str, Colour, int]] = [
            ("New checks", "check_circle", "green", report.created),
            ("Came in before", "history", "blue", report.replayed),
            *(repaired if report.is_correction else []),
            ("Not accepted", "edit_off", "amber", report.rejected),
        ]
        always = {"Not accepted", "Corrected" if report.is_correction else "New checks"}
        return [tile for tile in found if tile[3] or tile[0] in always]


def bring_in(
    content: BinaryIO,
    upload: Upload,
    *,
    clinic: Clinic,
    actor: str,
    watch: Watch | None = None,
    dry_run: bool = False,
    again: bool = False,
    scheduled_for: datetime | None = None,
    request_id: str = "",
) -> FileReport:
    """The one call of the operation, for the trial and for the real run alike."""
    wishes = Wishes(
        clinic=clinic,
        actor=actor,
        scheduled=scheduled_for is not None,
        scheduled_for=scheduled_for,
        dry_run=dry_run,
        again=again,
        request_id=request_id,
    )
    return import_file(
        content,
        wishes,
        name=upload.name,
        encoding=upload.options.get("encoding"),
        mapping=json.loads(upload.options.get("mapping", "{}")),
        watch=watch,
    )


def try_out(upload: Upload, *, clinic: Clinic, actor: str) -> Trial:
    """Run the file without storing anything, and remember the first rows that are refused."""
    trial = Trial(payers=payer_names())

    def refused(line: Line, issues: Sequence[Issue]) -> None:
        if len(trial.refused) >= ROWS_SHOWN:
            trial.refused_more += 1
            return
        trial.refused.append(_refused(line, issues[0], trial.payers))

    try:
        with upload.read() as content:
            trial.report = bring_in(
                content,
                upload,
                clinic=clinic,
                actor=actor,
                watch=Watch(refused=refused),
                dry_run=True,
            )
    except Unreadable as problem:
        trial.problem = problem
        if trial.column_issues:
            trial.columns = _columns(upload)
    return trial


def _columns(upload: Upload) -> list[tuple[str, str]]:
    """The file's columns with what each may be; none when they are too many to choose from."""
    encoding = upload.options.get("encoding")
    with upload.read() as content, read_table(content, upload.name, encoding=encoding) as table:
        names = table.columns if len(table.columns) <= MOST_COLUMNS else ()
    return [(name, fields.field_of(name) or fields.suggest(name) or "") for name in names]


def _refused(line: Line, issue: Issue, payers: Mapping[str, str]) -> RefusedRow:
    name = issue.pointer.lstrip("/")
    message = message_in_words(issue.message, payers)
    row = RefusedRow(line.number, label(name) if name else "", message)
    if issue.suggestion is None:
        return row
    code = str(issue.suggestion)
    words = value_in_words(name, code, payers)
    is_said = f"Did you mean {words}?" in message
    return replace(row, suggestion="" if is_said else words, code=code if code != words else "")


def _about_columns(message: str) -> str:
    """A message about the file's columns in the words of the page's own form."""
    return message_in_words(_FOR_THE_COMMAND.sub("", message))
