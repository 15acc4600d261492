"""Text as people look for it: without case, accents and odd spaces, alike on both databases."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """The text in small letters, without marks, single spaces: "José  AL" → "jose al".

    Databases differ here: SQLite knows the case of ASCII letters only, and PostgreSQL's order
    depends on the language of the database. So the folded text is stored and compared as it is.
    """
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", text)
        text = "".join(each for each in apart if not unicodedata.combining(each)).casefold()
    return " ".join(text.lower().split())
