"""Dice that fall the same way for the same words, in every process and on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A run of choices worked out from some words. Good for about twenty-five choices."""

    __slots__ = ("_left",)

    def __init__(self, *words: str) -> None:
        """Start from the words; their order counts."""
        seed = "\x1f".join(words).encode("utf-8", "surrogatepass")
        self._left = int.from_bytes(blake2b(seed, digest_size=32).digest(), "big")

    def below(self, limit: int) -> int:
        """A whole number from 0 to `limit` - 1."""
        self._left, chosen = divmod(self._left, limit)
        return chosen

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices, each as likely."""
        return choices[self.below(len(choices))]
