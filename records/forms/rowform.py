"""A whole form for one record: what is at fault first, then the rest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.intake.issues import Issue
from records.forms.catalogue import FIELDS, FieldSpec, Kind
from records.forms.reading import INTEGRATION, stands_at, value_of
from records.presentation.fields import DAY_LABELS, place
from records.presentation.values import said
from records.rules.suggestions import take


@dataclass(frozen=True, slots=True)
class Note:
    """What is wrong or doubtful; `token` names the suggestion, `words` say it. Empty: none."""

    text: str
    where: str = ""
    token: str = ""
    words: str = ""


@dataclass(slots=True)
class Field:
    """One field as the form shows it.

    `days` of hours are (name, label, text), `rows` of a table have (name, label, text, length);
    `guilty` names those of them that an error or a warning is about.
    """

    spec: FieldSpec
    value: str = ""
    rows: list[list[tuple[str, str, str, int]]] = field(default_factory=list)
    days: list[tuple[str, str, str]] = field(default_factory=list)
    options: Sequence[tuple[str, str]] = ()
    errors: list[Note] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
    guilty: set[str] = field(default_factory=set)
    has_focus: bool = False

    @property
    def parts(self) -> list[str]:
        """The names of the days, or of the parts of a table."""
        cells = [name for row in self.rows for name, *_ in row]
        return [*cells, *(name for name, *_ in self.days)]

    @property
    def is_odd(self) -> bool:
        """Whether a choice has a value that is none of its options."""
        return bool(self.value) and self.value not in dict(self.options)


@dataclass(frozen=True, slots=True)
class RowForm:
    """`first` are the fields at fault, `rest` the others; `notes` are about none of them."""

    first: list[Field]
    rest: list[Field]
    notes: list[Note]
    faults: int
    doubts: int

    @property
    def fields(self) -> list[Field]:
        """All fields, in the order of the page."""
        return [*self.first, *self.rest]


def row_form(
    row: Any,
    *,
    integrations: Sequence[tuple[str, str]],
    errors: Collection[Issue] = (),
    warnings: Collection[Issue] = (),
) -> RowForm:
    """The form of a row as it stands; `integrations` are the team's (id, name)."""
    specs = _specs()
    fields = {pointer: _field(spec, row, integrations) for pointer, spec in specs.items()}
    notes = []
    for issue in (*errors, *warnings):
        about = fields.get(_pointer_of(issue, specs))
        note = _note(issue)
        if about is None:
            notes.append(note)
        else:
            (about.errors if issue in errors else about.warnings).append(note)
            about.guilty |= {n for n in about.parts if _is_within(issue.pointer, n)}
    first = [each for each in fields.values() if each.errors]
    first += [each for each in fields.values() if each.warnings and not each.errors]
    rest = [each for each in fields.values() if not each.errors and not each.warnings]
    (first or rest)[0].has_focus = True
    return RowForm(first, rest, notes, len(errors), len(warnings))


def take_over(row: Any, issues: Collection[Issue], token: str) -> Any:
    """The row with the suggestion taken that this token names; the row itself if it has gone."""
    for issue in issues:
        if issue.suggestion is not None and _token(issue) == token:
            taken = take(row, pointer=issue.pointer, code=issue.code, suggestion=issue.suggestion)
            return row if taken is None else taken
    return row


def _specs() -> dict[str, FieldSpec]:
    chosen = FieldSpec(INTEGRATION, "Integration", Kind.CHOICE, help="Where the record comes from.")
    return {**FIELDS, INTEGRATION: chosen}


def _field(spec: FieldSpec, row: Any, integrations: Sequence[tuple[str, str]]) -> Field:
    value = value_of(spec, row)
    if spec.kind is Kind.HOURS:
        days = [(f"{spec.pointer}/{day}", DAY_LABELS[day], value[day]) for day in DAY_LABELS]
        return Field(spec, days=days)
    if spec.kind is Kind.TABLE:
        rows = [
            [(f"{spec.pointer}/{n}/{c.name}", c.label, line[c.name], c.most) for c in spec.columns]
            for n, line in enumerate(value)
        ]
        return Field(spec, rows=rows)
    options = integrations if spec.pointer == INTEGRATION else spec.options
    if spec.pointer == INTEGRATION:
        value = str(stands_at(row, INTEGRATION) or "")
    return Field(spec, value=value, options=options)


def _pointer_of(issue: Issue, specs: Mapping[str, FieldSpec]) -> str:
    """The field that the issue is about; an unknown field belongs to none."""
    steps = issue.pointer.split("/")
    depth = 3 if steps[1:2] == ["config"] else 2
    pointer = "/".join(steps[:depth])
    return pointer if pointer in specs else ""


def _is_within(pointer: str, name: str) -> bool:
    """Whether an issue is about this part: at it, inside of it, or about the whole of its row."""
    row = name.rpartition("/")[0]
    return pointer in (name, row) or pointer.startswith(f"{name}/")


def _note(issue: Issue) -> Note:
    has_one = issue.suggestion is not None
    return Note(
        issue.message,
        place(issue.pointer),
        _token(issue) if has_one else "",
        said(issue.suggestion) if has_one else "",
    )


def _token(issue: Issue) -> str:
    """What a form's button calls the suggestion."""
    text = json.dumps([issue.pointer, issue.code, issue.suggestion], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
