"""A workbook's ZIP archive, looked through and packed anew before anything opens it.

A few kilobytes can claim, or unfold to, more than any machine has. The parts that are needed are
copied under limits into an archive of our own, and the library that reads cells gets the copy:
it sees exactly what was measured, whatever the original says of itself in its several indexes.
"""

from __future__ import annotations

import posixpath
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, Final, NamedTuple
from xml.etree import ElementTree as ET

from portal.intake.readers.base import Unreadable
from portal.intake.readers.extent import area, damaged

MOST_PARTS: Final = 2_000
MOST_UNPACKED: Final = 256 << 20
"""Bytes of the parts that are read, unpacked."""
MOST_RATIO: Final = 200
"""Unpacked to packed, of parts over 1 MiB. Plain spreadsheets stay below 60."""
MOST_CELLS: Final = 4_000_000
"""Cells up to the last one in use. All are held in memory at once, 24 bytes and a text each."""
_MOST_INDEX: Final = 4 << 20
_RATIO_FROM: Final = 1 << 20
_BLOCK: Final = 1 << 20

_WORKBOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_SHARED: Final = ("[content_types].xml", "_rels/.rels", "xl/styles.xml", "xl/sharedstrings.xml")
_FOREIGN: Final = {
    "xl/workbook.bin": "This is a binary Excel workbook (.xlsb). Save it as .xlsx.",
    "mimetype": "This is an OpenDocument file. Save it as .xlsx or as CSV.",
    "word/document.xml": "This is a Word document. Export the list as a spreadsheet or as CSV.",
}
_READABLE: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Sheet(NamedTuple):
    """One worksheet as the workbook lists it; `part` is its place in the archive."""

    name: str
    is_hidden: bool
    part: str


class Package:
    """The archive of an .xlsx file. Raises Unreadable when it is none, or too big to open."""

    def __init__(self, file: BinaryIO) -> None:
        with _damage_refused():
            self._zip = zipfile.ZipFile(file)
        parts = self._zip.infolist()
        if len(parts) > MOST_PARTS:
            raise Unreadable("file.too_big", f"The workbook has more than {MOST_PARTS:,} parts.")
        self._parts = {part.filename.lower(): part for part in parts}
        if _WORKBOOK not in self._parts:
            other = (message for name, message in _FOREIGN.items() if name in self._parts)
            message = next(other, "This is a ZIP archive, not an Excel workbook. Unpack it first.")
            raise Unreadable("file.kind", message)
        self._workbook = self._parse(_WORKBOOK)

    @property
    def dates_from(self) -> int:
        """The year from which the workbook counts its days: 1900, or 1904 on an old Macintosh."""
        found = self._workbook.find("{*}workbookPr")
        said = "" if found is None else found.get("date1904", "")
        return 1904 if said in ("1", "true") else 1900

    def sheets(self) -> list[Sheet]:
        """The worksheets, in the workbook's order. Charts and macros are left out."""
        targets = {
            each.get("Id"): each.get("Target", "")
            for each in self._parse(_RELATIONS).iterfind("{*}Relationship")
            if each.get("Type", "").endswith("/worksheet")
        }
        found = []
        for sheet in self._workbook.iterfind("{*}sheets/{*}sheet"):
            target = targets.get(_relation_of(sheet))
            if target is not None:
                part = posixpath.normpath(posixpath.join("xl", target)).lstrip("/").lower()
                is_hidden = sheet.get("state", "visible") != "visible"
                found.append(Sheet(sheet.get("name", ""), is_hidden, part))
        return found

    @contextmanager
    def repacked(self, sheet: Sheet) -> Iterator[str]:
        """The path of a copy with this worksheet alone, gone at the end of the block.

        Raises Unreadable when it unfolds to more than may be held.
        """
        wanted = (_WORKBOOK, _RELATIONS, *_SHARED, sheet.part)
        parts = [self._parts[name] for name in wanted if name in self._parts]
        self._refuse_too_big(parts)
        self._refuse_too_wide(sheet)
        with tempfile.NamedTemporaryFile(suffix=".xlsx") as copy:
            with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as target, _damage_refused():
                for part in parts:
                    with self._zip.open(part) as source, target.open(part.filename, "w") as to:
                        _copy(source, to)
            copy.flush()
            yield copy.name

    def _refuse_too_big(self, parts: list[zipfile.ZipInfo]) -> None:
        if sum(part.file_size for part in parts) > MOST_UNPACKED:
            message = f"Unpacked, the workbook has more than {MOST_UNPACKED >> 20} MiB."
            raise Unreadable("file.too_big", f"{message} Save the list as CSV.")
        for part in parts:
            if part.flag_bits & 1 or part.compress_type not in _READABLE:
                raise damaged()
            is_big = part.file_size > _RATIO_FROM
            if is_big and part.file_size > MOST_RATIO * max(part.compress_size, 1):
                message = (
                    f"A part of the workbook unfolds to more than {MOST_RATIO} times its size."
                )
                raise Unreadable("file.too_big", f"{message} Save the list as CSV.")

    def _refuse_too_wide(self, sheet: Sheet) -> None:
        with _damage_refused(), self._zip.open(self._parts[sheet.part]) as content:
            cells = area(content, MOST_CELLS)
        if cells > MOST_CELLS:
            message = (
                f"The sheet reaches over {cells:,} cells; {MOST_CELLS:,} can be read. Delete what"
                " stands far from the list, or save the list as CSV."
            )
            raise Unreadable("file.too_big", message)

    def _parse(self, name: str) -> ET.Element:
        part = self._parts.get(name)
        if part is None or part.file_size > _MOST_INDEX:
            raise damaged()
        with _damage_refused():
            text = self._zip.read(part)
            if b"<!" in text.replace(b"<!--", b""):
                raise damaged()  # entities may unfold without end; no workbook has any
            return ET.fromstring(text)  # noqa: S314 - no entities, and of limited size


def _relation_of(sheet: ET.Element) -> str | None:
    """The id of a sheet's relation, whatever the namespace's version."""
    found = (value for name, value in sheet.attrib.items() if name.endswith("}id"))
    return next(found, None)


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while block := source.read(_BLOCK):
        target.write(block)


@contextmanager
def _damage_refused() -> Iterator[None]:
    """Turn what an archive or its XML may raise into a refusal."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        ET.ParseError,
        EOFError,
        LookupError,
        OSError,
        OverflowError,
        RuntimeError,  # among them: a compression that the standard library does not know
        ValueError,
    ) as error:
        raise damaged() from error
