"""Which column of a file is which field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eligibility.files import fields
from eligibility.files.appointments import row_of
from portal.intake.issues import Issue
from portal.intake.readers import Unreadable
from portal.intake.readers.serials import day_of_serial

LEFT_OUT: Final = ""
"""The field of a column that a mapping leaves out."""


class WrongColumns(Unreadable):
    """A file whose columns are not those of checks. `issues` name each column and what it may be.

    The message itself names no column: a file without a header has a patient there.
    """

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__("columns", "The columns of the file are not clear.")
        self.issues = tuple(issues)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one file: `of` says which field each is, in the file's order.

    A column that nobody knows is its own field: it stays in the row as it came. `notices` say
    what is done with such columns. With `row_ids` the file corrects rows that exist.
    """

    of: Mapping[str, str]
    row_ids: str | None = None
    versions: str | None = None
    notices: tuple[str, ...] = ()
    dates_from: int | None = None

    @classmethod
    def read(
        cls,
        header: Sequence[str],
        mapping: Mapping[str, str] | None = None,
        *,
        dates_from: int | None = None,
    ) -> Columns:
        """The columns of a header. `mapping` says the field of columns whose name does not.

        A field of "" leaves the column out. `dates_from` is the table's (`Table.dates_from`).
        Raises WrongColumns when a column that every row needs is missing, when two columns are
        one field, when a name is a field's but for a slip, and for a mapping of what is not there.
        """
        reading = _Reading(header, mapping or {})
        if reading.issues:
            raise WrongColumns(reading.issues)
        own = reading.own
        return cls(
            of=reading.fields,
            row_ids=own.get(fields.ROW_ID),
            versions=own.get(fields.VERSION),
            notices=tuple(reading.notices()),
            dates_from=dates_from,
        )

    @property
    def known(self) -> tuple[str, ...]:
        """The fields that the file has columns for."""
        return tuple(field for field in self.of.values() if field in fields.FIELDS)

    def cells(self, line: Mapping[str, str]) -> dict[str, str]:
        """A line's cells by field. A spreadsheet's bare number in a field of dates is a day."""
        of = self.of
        found = {of.get(name, name): cell for name, cell in line.items()}
        found.pop(LEFT_OUT, None)
        if self.dates_from is not None:
            for name in fields.DATES & found.keys():
                day = day_of_serial(found[name].strip(), self.dates_from)
                found[name] = day or found[name]
        return found

    def row(self, line: Mapping[str, str]) -> dict[str, Any]:
        """A line's cells as a row of a bulk request."""
        return row_of(self.cells(line))


class _Reading:
    """One header, read."""

    def __init__(self, header: Sequence[str], mapping: Mapping[str, str]) -> None:
        self.header = header
        self.fields: dict[str, str] = {}
        self.own: dict[str, str] = {}
        self.issues: list[Issue] = []
        self._mapping = self._read_mapping(mapping)
        for column in header:
            self._place(column)
        self.unknown = [name for name, field in self.fields.items() if field == name]
        self.unknown = [name for name in self.unknown if name not in fields.FIELDS]
        self.issues += [*self._twice(), *self._slips(), *self._missing()]

    def notices(self) -> Iterator[str]:
        """What becomes of columns that are no fields."""
        for column in self.unknown:
            field = fields.suggest(column)
            hint = f" If it is {field}, map it: {column}={field}." if field else ""
            yield f"The column {column!r} is not known: kept with each row, not used.{hint}"
        if self.own and fields.ROW_ID not in self.own:
            left_out = ", ".join(map(repr, self.own.values()))
            yield f"Left out, as the portal's own remarks: {left_out}."

    def _read_mapping(self, mapping: Mapping[str, str]) -> dict[str, str]:
        """The mapping by the file's own names; what cannot be is an issue."""
        names = {fields.squash(name): name for name in self.header}
        found = {}
        for column, wanted in mapping.items():
            name = names.get(fields.squash(column))
            field = fields.field_of(wanted) if wanted.strip() else LEFT_OUT
            if name is None:
                message = "The file has no column of this name."
                self._add("column.missing", message, column)
            elif field is None:
                message = "There is no field of this name."
                self._add("column.unknown_field", message, wanted, fields.suggest(wanted))
            else:
                found[name] = field
        return found

    def _place(self, column: str) -> None:
        own = fields.special(column)
        if column in self._mapping:
            self.fields[column] = self._mapping[column]
        elif own is not None:
            self.own[own] = column
            self.fields[column] = LEFT_OUT
        else:
            self.fields[column] = fields.field_of(column) or column

    def _twice(self) -> Iterator[Issue]:
        seen: dict[str, str] = {}
        for column, field in self.fields.items():
            first = seen.setdefault(field, column) if field != LEFT_OUT else column
            if first != column:
                message = f"This column and another one are both {field}. Map one of them."
                yield Issue(f"/{column}", "column.twice", message, column, field)

    def _slips(self) -> Iterator[Issue]:
        taken = set(self.fields.values())
        for column in self.unknown:
            field = fields.slip_of(column)
            if field is not None and field not in taken:
                message = f"This column is not known. Did you mean {field}?"
                yield Issue(f"/{column}", "column.unknown", message, column, field)

    def _missing(self) -> Iterator[Issue]:
        if fields.ROW_ID in self.own:
            return
        taken = set(self.fields.values())
        for field in fields.REQUIRED:
            if field not in taken:
                perhaps = next((c for c in self.unknown if fields.suggest(c) == field), None)
                hint = f" Is it {perhaps!r}? Then map it: {perhaps}={field}." if perhaps else ""
                message = f"The file has no column {field}.{hint}"
                yield Issue(f"/{field}", "column.missing", message, None, perhaps)
        if not taken & fields.FIELDS:
            message = "No column is known: is the header missing?"
            yield Issue("", "column.no_header", message)

    def _add(self, code: str, message: str, value: str, suggestion: str | None = None) -> None:
        self.issues.append(Issue(f"/{value}", code, message, value, suggestion))
