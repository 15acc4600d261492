"""Which line of a file had a text first, for any number of lines, in a few bytes each.

A dictionary takes some 120 bytes a line, which is 120 MB for a million; here it is 18 to 36. The
texts themselves are not kept: two that differ are taken for one only when 64 bits of their hashes
agree, which a file of a million lines meets once in ten million files.
"""

from __future__ import annotations

from array import array

_SMALLEST = 1 << 10
_FULL = 2 / 3
_BITS = (1 << 64) - 1


class FirstLines:
    """Texts by the line that had them first; lines count from 1 and fit 32 bits."""

    def __init__(self) -> None:
        self._count = 0
        self._make(_SMALLEST)

    def first(self, text: str, line: int) -> int:
        """The line that had this text first: this one, if none did before."""
        wanted = hash(text) & _BITS
        place = self._place_of(wanted)
        if earlier := self._lines[place]:
            return earlier
        self._hashes[place], self._lines[place] = wanted, line
        self._count += 1
        if self._count > self._room:
            self._grow()
        return line

    def seen(self, text: str) -> int:
        """The line that had this text first; 0 when none had."""
        return self._lines[self._place_of(hash(text) & _BITS)]

    def _make(self, size: int) -> None:
        self._mask, self._room = size - 1, int(size * _FULL)
        self._hashes = array("Q", bytes(8 * size))
        self._lines = array("I", bytes(4 * size))

    def _place_of(self, wanted: int) -> int:
        """Where the hash stands, or the free place where it belongs."""
        hashes, lines, mask = self._hashes, self._lines, self._mask
        place = wanted & mask
        while lines[place] and hashes[place] != wanted:
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        hashes, lines = self._hashes, self._lines
        self._make(2 * len(hashes))
        for wanted, line in zip(hashes, lines, strict=True):
            if line:
                place = self._place_of(wanted)
                self._hashes[place], self._lines[place] = wanted, line
