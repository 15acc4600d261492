"""Rows of CSV and Excel by their header: dotted columns, lists, hours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from portal.intake.issues import Issue
from portal.intake.readers import Line, Table, Unreadable
from portal.intake.text import excerpt
from records.importers import cells, fields
from records.importers.fields import HOURS, INTEGRATION_ID, LISTS, LOGICAL_ID, OBJECTS, TYPE
from records.importers.rows import FileRow, Format, Source

Take = Callable[[dict[str, Any], str], None]
"""Puts a cell's value into a config that is being made. Raises cells.Unclear."""

_TOP: Final = frozenset({LOGICAL_ID, INTEGRATION_ID, fields.RECORD_ID})


def table_source(table: Table, kind: Format) -> Source:
    """The rows of a table of practitioners.

    Raises Unreadable when no column is known, and when two columns say the same.
    """
    plan = Plan(table.columns)
    return Source(
        format=kind,
        rows=(plan.read(line) for line in table.lines),
        read_as=table.read_as,
        columns=table.columns,
        carried=plan.carried,
        notices=[*table.notices, *plan.notices],
        close=table.close,
    )


class Plan:
    """What each column of one header does to a row.

    A column that nobody knows stays in the row under its own name, for the rules to tell.
    """

    def __init__(self, header: Sequence[str]) -> None:
        self._takes: list[tuple[str, str, Take]] = []
        self._top: dict[str, str] = {}
        self._own: dict[str, str] = {}
        self._columns = frozenset(header)
        self.notices: list[str] = []
        seen: dict[tuple[str, ...], int] = {}
        for number, column in enumerate(header, 1):
            path = self._place(column)
            if path is not None and (first := seen.setdefault(path, number)) != number:
                message = f"Columns {first} and {number} are both {'.'.join(path)}."
                raise Unreadable("columns", message)
        if not seen:
            message = "No column is known: is the header missing?"
            raise Unreadable("columns", message)
        self.carried = frozenset(path[0] for path in seen) & fields.DOCUMENTED

    def _place(self, column: str) -> tuple[str, ...] | None:
        """Where the column goes; None when it is the portal's own, or unknown."""
        path = fields.path_of(column)
        if path is not None:
            if path[0] in _TOP:
                self._top[path[0]] = column
            else:
                self._takes.append((column, ".".join(path), _take(path)))
            return path
        own = fields.special(column)
        if own is not None:
            self._own[own] = column
            return None
        self.notices.append(f"The column {column!r} is not known.")
        self._takes.append((column, column, _take_text(column)))
        return None

    def read(self, line: Line) -> FileRow:
        """The row of a line. Nothing is refused here, only told."""
        own, of = self._own, line.cells
        row_id = of.get(own[fields.ROW_ID], "").strip() if fields.ROW_ID in own else None
        version = of.get(own.get(fields.VERSION, ""), "").strip()
        top = {name: cells.text_in(of.get(column, "")) for name, column in self._top.items()}
        record_id = top.pop(fields.RECORD_ID, None) or ""
        config, errors = self._config(of)
        if line.fault is not None:
            errors = (line.fault,)
            beyond = of.keys() - self._columns
            config |= {name: of[name] for name in sorted(beyond)}
        row: dict[str, Any] = {name: said for name, said in top.items() if said is not None}
        row["config"] = config
        is_row = line.fault is None
        return FileRow(line.number, row, of, errors, is_row, row_id, version, record_id)

    def _config(self, of: Mapping[str, str]) -> tuple[dict[str, Any], tuple[Issue, ...]]:
        config: dict[str, Any] = {"type": TYPE}
        errors: list[Issue] = []
        for column, path, take in self._takes:
            cell = of.get(column, "")
            if not cell or cell.isspace():
                continue
            try:
                take(config, cell)
            except cells.Unclear as unclear:
                pointer = "/config/" + path.replace(".", "/")
                errors.append(Issue(pointer, "hours.format", str(unclear), excerpt(cell)))
                _keep_text(config, path, cell.strip())
        for name in config.keys() & OBJECTS.keys() | config.keys() & set(LISTS):
            config[name] = _in_order(config[name])
        if isinstance(config.get(HOURS), dict):
            for day, said in config[HOURS].items():
                config[HOURS][day] = _in_order(said)
        return config, tuple(errors)


def _keep_text(config: dict[str, Any], path: str, text: str) -> None:
    """Keep what cannot be read as it came, for whoever fixes the row."""
    field, _, day = path.partition(".")
    if not day:
        config[field] = text
    elif isinstance(week := config.setdefault(field, {}), dict):
        week[day] = text


def _in_order(said: Any) -> Any:
    """Items that came by their numbers, as a list."""
    return [said[number] for number in sorted(said)] if isinstance(said, _Numbered) else said


class _Numbered(dict[int, Any]):
    """Items of a list by their number, while they come column by column."""


def _take(path: tuple[str, ...]) -> Take:
    name, *rest = path
    if rest:
        return _take_part(name, rest)
    if name in LISTS:
        return _take_whole(name, cells.list_in)
    if name in OBJECTS:
        return _take_whole(name, lambda cell: cells.objects_in(name, cell))
    if name == HOURS:
        return _take_whole(name, cells.hours_in)
    return _take_whole(name, cells.npi_in) if name == "npi" else _take_text(name)


def _take_text(name: str) -> Take:
    return _take_whole(name, cells.text_in)


def _take_whole(name: str, read: Callable[[str], Any]) -> Take:
    def take(config: dict[str, Any], cell: str) -> None:
        value = read(cell)
        if value is not None:
            config[name] = value

    return take


def _take_part(name: str, rest: list[str]) -> Take:
    """For a column that is a part of a list or of the week."""
    if name in LISTS:
        return lambda config, cell: _put(config, name, int(rest[0]), cells.text_in(cell))
    if name in OBJECTS:
        return lambda config, cell: _put_in(
            config, name, int(rest[0]), rest[1], cells.text_in(cell)
        )
    if len(rest) == 1:
        return lambda config, cell: _put_day(config, rest[0], cell)
    day, place, end = rest
    return lambda config, cell: _put_in(
        config.setdefault(HOURS, {}), day, int(place), end, cells.clock_in(cell)
    )


def _put(into: dict[str, Any], name: str, number: int, value: Any) -> None:
    items = into.setdefault(name, _Numbered())
    if isinstance(items, _Numbered):  # a column that says the whole list is believed first
        items[number] = value


def _put_in(into: dict[str, Any], name: str, number: int, key: str, value: Any) -> None:
    items = into.setdefault(name, _Numbered())
    if isinstance(items, _Numbered):
        items.setdefault(number, {})[key] = value


def _put_day(config: dict[str, Any], day: str, cell: str) -> None:
    said = cells.day_in(cell)
    if said is not None:
        config.setdefault(HOURS, {})[day] = said
