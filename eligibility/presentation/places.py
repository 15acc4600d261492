"""Where a row stood in what was sent, as whoever sent it counts."""

from __future__ import annotations

from typing import Final

_FILE: Final = "file"


def place(line: int | None, source: str) -> str:
    """A file's rows are named by its own lines, those of a request by their number from 1.

    `line` is as stored: from 0 for a request, the file's line for a file; None says nothing.
    `source` is that of the submission ("rest", "file", …).
    """
    if line is None:
        return ""
    return f"line {line}" if source == _FILE else f"row {line + 1}"
