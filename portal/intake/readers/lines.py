"""Physical lines of a text, one at a time, with a look ahead that takes nothing away."""

from __future__ import annotations

from collections import deque
from typing import IO, Final

LONGEST_LINE: Final = 1 << 20
"""Characters of one line that are kept; of a longer line one more, so that it can be told."""


class PhysicalLines:
    """The lines of a text opened with `newline=""`: ended by CR LF, LF or CR, ends included.

    `number` is the file's number (from 1) of the line taken last.
    """

    def __init__(self, text: IO[str]) -> None:
        self._text = text
        self._ahead: deque[str] = deque()
        self.number = 0

    def take(self) -> str:
        """The next line; empty at the end."""
        self.number += 1
        return self._ahead.popleft() if self._ahead else self._read()

    def peek(self, place: int) -> str:
        """The line `place` lines behind the next one, without taking it; empty at the end."""
        while len(self._ahead) <= place:
            self._ahead.append(self._read())
        return self._ahead[place]

    def skip(self, count: int) -> None:
        """Take lines that have been looked at."""
        for _ in range(count):
            self.take()

    def _read(self) -> str:
        line = self._text.readline(LONGEST_LINE + 1)
        if len(line) > LONGEST_LINE and not line.endswith(("\n", "\r")):
            self._leave_the_rest()
        return line

    def _leave_the_rest(self) -> None:
        """Go to the end of a line too long to keep."""
        while rest := self._text.readline(LONGEST_LINE):
            if rest.endswith(("\n", "\r")):
                return
