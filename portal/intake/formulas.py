"""Cells that a spreadsheet would run as a formula: written so that it does not, and read back.

A cell that begins with = + - @, a tab, a carriage return or a NUL gets an apostrophe in front, as
does one that begins so behind apostrophes: taking one apostrophe away gives back any text exactly.
What other systems have made safe in the same way is read right, too.
"""

from __future__ import annotations

import re

_RISKY = re.compile(r"'*[=+\-@\t\r\0]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r\0]")


def escape(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if _RISKY.match(text) else text


def unescape(cell: str) -> str:
    """The text that `escape` made the cell of; a cell that needed none is its own text."""
    return cell[1:] if cell.startswith("'") and _ESCAPED.match(cell) else cell
