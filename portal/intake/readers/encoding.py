"""In which encoding a text file is written: by its mark, by what was declared, or beyond doubt.

Nothing is guessed. A file that is no UTF-8 is read as a Windows code page only when its bytes
leave no choice: Arabic words that touch no Latin letter (cp1256), or accented letters inside
Latin words (cp1252). Anything else has to be declared. The whole file is decoded once before its
first row is read, so that no bad byte turns up behind rows that have been accepted already.
"""

from __future__ import annotations

import codecs
from typing import BinaryIO, Final, NamedTuple

from portal.intake.readers.base import Unreadable
from portal.intake.readers.codepages import Evidence

_BLOCK: Final = 1 << 18
_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_KNOWN: Final = frozenset(
    codecs.lookup(name).name
    for name in (
        *("ascii", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"),
        *(f"cp{number}" for number in (437, 720, 850, 852, 864, 866, *range(1250, 1259))),
        *(f"iso8859-{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 15)),
        *("mac-roman", "mac-arabic"),
    )
)
_CONTROLS: Final = bytes(set(range(32)) - {0, 9, 10, 11, 12, 13, 26, 27})
_SAY = "Say which one it is (cp1256 for Arabic Windows, cp1252 for Western Windows)."


class Encoding(NamedTuple):
    """A codec's name, and what its owner should know about the choice ("" when it is plain)."""

    name: str
    notice: str = ""


_PLAIN: Final = Encoding("utf-8")


def find_encoding(file: BinaryIO, declared: str | None = None) -> Encoding:
    """The encoding of a whole file; leaves the file at its beginning.

    Raises Unreadable for an unknown name, a file that is no text, bytes that the encoding does
    not have (naming line and character), and bytes that could be one thing or the other.
    """
    wanted = _known(declared) if declared else ""
    file.seek(0)
    head = file.read(_BLOCK)
    _refuse_no_text(head, wanted)
    found = _by_mark(head, wanted) or _by_content(file, wanted)
    if found is not _PLAIN and (fault := _first_fault(file, found.name)) is not None:
        raise _bad_byte(file, fault, found.name, "")
    file.seek(0)
    return found


def _known(declared: str) -> str:
    try:
        name = codecs.lookup(declared.strip()).name
    except (LookupError, ValueError):
        name = ""
    if name not in _KNOWN:
        raise Unreadable("file.encoding", f"There is no encoding of this name. {_SAY}")
    return name


def _refuse_no_text(head: bytes, wanted: str) -> None:
    if head.startswith(tuple(_MARKS)) or wanted.startswith(("utf-16", "utf-32")):
        return
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 10 > len(head) and min(even, odd) * 10 < max(even, odd):
        order = "be" if even > odd else "le"
        message = f"This looks like UTF-16 without its mark: declare utf-16-{order}."
        raise Unreadable("file.encoding", message)
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > len(head) // 100:
        raise Unreadable("file.binary", "This is not a text file, nor a spreadsheet.")


def _by_mark(head: bytes, wanted: str) -> Encoding | None:
    """What the byte order mark says; it is believed more than what was declared."""
    mark = next((mark for mark in _MARKS if head.startswith(mark)), None)
    if mark is None:
        return None
    name = _MARKS[mark]
    if not wanted or name.startswith(wanted.partition("-le")[0].partition("-be")[0]):
        return Encoding(name)
    return Encoding(name, f"The file is marked as {name} and was read as such, not as {wanted}.")


def _by_content(file: BinaryIO, wanted: str) -> Encoding:
    if wanted:
        return Encoding(wanted, "" if wanted == "utf-8" else f"Read as {wanted}, as declared.")
    fault = _first_fault(file, "utf-8")
    if fault is None:
        return _PLAIN
    name, reason = Evidence.of(file).verdict()
    if not name:
        raise _bad_byte(file, fault, "utf-8", f", {reason}")
    return Encoding(name, f"The file is not UTF-8 and was read as {name}: {reason}.")


def _bad_byte(file: BinaryIO, fault: int, name: str, why: str) -> Unreadable:
    line, character = _place(file, fault, name)
    message = f"Line {line}, character {character}: this is not {name}{why}. {_SAY}"
    return Unreadable("file.encoding", message, line=line)


def _first_fault(file: BinaryIO, name: str) -> int | None:
    """Where in the file the first byte stands that cannot be decoded; None when there is none."""
    decoder = codecs.getincrementaldecoder(name)()
    file.seek(0)
    at = 0
    while True:
        block = file.read(_BLOCK)
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            return at - held + error.start
        if not block:
            return None
        at += len(block)


def _place(file: BinaryIO, fault: int, name: str) -> tuple[int, int]:
    """The line and the character in it (both from 1) of a byte's place."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(name)(errors="replace")
    line, tail, left = 1, "", fault
    while left > 0 and (block := file.read(min(_BLOCK, left))):
        left -= len(block)
        tail += decoder.decode(block)
        *whole, tail = tail.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        line += len(whole)
    return line, len(tail) + 1
