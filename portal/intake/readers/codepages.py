"""Which Windows code page a text's bytes speak for: Arabic (1256) or Western (1252).

Both give every byte a meaning, so only words tell them apart. Arabic is written without a Latin
letter in the same word; Western accented letters stand between plain ones.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import BinaryIO, Final, Self

_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_LATIN = re.compile(rb"[A-Za-z]")
_FOREIGN = re.compile(rb"[\x80-\xff]{3}")
_ONLY_1256: Final = frozenset((0x81, 0x8D, 0x8F, 0x90, 0x9D))
_BESIDE: Final = frozenset("\u200c\u200d\u200e\u200f\u00a0«»–—…“”‘’")
_LONGEST: Final = 1 << 20


def _differs(byte: int) -> bool:
    return byte in _ONLY_1256 or bytes((byte,)).decode("cp1252") != bytes((byte,)).decode("cp1256")


_DIFFERENT: Final = bytes(byte for byte in range(0x80, 0x100) if _differs(byte))
_NOT_1252: Final = bytes(sorted(_ONLY_1256))


@dataclass(slots=True)
class Evidence:
    """Words that can only be Arabic, or only Western, or neither; single letters may be both."""

    arabic: int = 0
    western: int = 0
    neither: int = 0
    single: int = 0

    @classmethod
    def of(cls, file: BinaryIO) -> Self:
        """What the whole file says. Words with a byte that means the same in both say nothing."""
        found = cls()
        file.seek(0)
        while text := file.readline(_LONGEST):
            if not text.isascii():
                for word in _WORD.findall(text):
                    found.weigh(word)
        return found

    def weigh(self, word: bytes) -> None:
        """Count one word that has bytes beyond ASCII."""
        if word.translate(None, _DIFFERENT) == word:
            return
        if _LATIN.search(word):
            impossible = word.translate(None, _NOT_1252) != word or _FOREIGN.search(word)
            self.neither += bool(impossible)
            self.western += not impossible
        elif len(word) == 1:
            self.single += 1
        elif _is_arabic(word.decode("cp1256")):
            self.arabic += 1
        else:
            self.neither += 1

    def verdict(self) -> tuple[str, str]:
        """The code page and why, in words; without a code page, why there is none."""
        has_words = bool(self.arabic or self.western)
        if self.neither or (self.arabic and self.western) or (self.single and not has_words):
            return "", "and could be one code page or another"
        if self.arabic:
            return "cp1256", "all its words beyond ASCII are Arabic there"
        if self.western:
            return "cp1252", "its accented letters stand inside Latin words"
        return "cp1252", "the few characters beyond ASCII are the same in the likely code pages"


def _is_arabic(word: str) -> bool:
    """Two Arabic letters at least, and nothing else but marks and stops that stand by them."""
    letters = [letter for letter in word if unicodedata.name(letter, "").startswith("ARABIC")]
    return len(letters) > 1 and all(each in letters or each in _BESIDE for each in word)
