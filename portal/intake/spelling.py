"""What somebody probably meant: a known code for a word that is none. Suggested, never applied."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache

_LONGEST = 80
_LEAST_LIKENESS = 0.75
_WORD = re.compile(r"\w+")
_NOT_ALNUM = re.compile(r"[\W_]+")


class Speller:
    """Known codes, and the words people write for each.

    A word is a code's when it is the same but for case and separators ("EMIRATES ID"), when a
    code's name begins with it or has a word in common that no other name has ("Nextcare TPA"),
    or when it is a near miss of one of the words. Codes named first win.
    """

    def __init__(
        self, words: Mapping[str, Iterable[str]], names: Mapping[str, str] | None = None
    ) -> None:
        names = names or {}
        self._words: dict[str, str] = {}
        for code in words:
            self._words.setdefault(_squash(code), code)
        for code, others in words.items():
            for word in (*others, *([names[code]] if code in names else ())):
                self._words.setdefault(_squash(word), code)
        self._starts = [(_squash(name), code) for code, name in names.items()]
        self._distinct = _distinct_words(names)
        # A slip of the first letter is rare, and looking through all words costs ten times more.
        self._initials: dict[str, list[str]] = {}
        for word in self._words:
            self._initials.setdefault(word[:1], []).append(word)
        self._remembered = lru_cache(maxsize=1024)(self._suggest)

    def suggest(self, text: str) -> str | None:
        """The code this text stands for, or None. Long texts are no words, and not remembered."""
        return self._remembered(text) if len(text) <= _LONGEST else None

    def _suggest(self, text: str) -> str | None:
        word = _squash(text)
        if not word:
            return None
        return self._words.get(word) or self._by_name(word, text) or self._nearest(word)

    def _by_name(self, word: str, text: str) -> str | None:
        if len(word) >= 3:
            for start, code in self._starts:
                if start.startswith(word):
                    return code
        for part in _WORD.findall(text.casefold()):
            if part in self._distinct:
                return self._distinct[part]
        return None

    def _nearest(self, word: str) -> str | None:
        near = get_close_matches(word, self._initials.get(word[0], ()), 1, _LEAST_LIKENESS)
        return self._words[near[0]] if near else None


def _squash(text: str) -> str:
    """The letters and digits alone, case forgotten."""
    return _NOT_ALNUM.sub("", text.casefold())


def _distinct_words(names: Mapping[str, str]) -> dict[str, str]:
    """Words of three letters or more that stand in one name only → that name's code."""
    seen: dict[str, str | None] = {}
    for code, name in names.items():
        for word in set(_WORD.findall(name.casefold())):
            seen[word] = None if word in seen else code
    return {word: code for word, code in seen.items() if code and len(word) >= 3}
