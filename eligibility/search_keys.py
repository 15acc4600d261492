"""What names and phones are searched by: expressions that an index of the table holds.

A page's search uses the very same expressions, or the index would not be found.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, Func, TextField
from django.db.models.expressions import Combinable

PHONE_DIGITS = 8
"""The last digits by which two spellings of one number agree: with and without country code."""

_PUNCTUATION = " -().+/"


class NameKey(Func):
    """A name in capitals, in the order of its bytes: names that begin alike lie side by side.

    SQLite knows capitals of ASCII letters only.
    """

    function = "UPPER"
    arity = 1
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """PostgreSQL's own order depends on the language of the database."""
        template = '(UPPER(%(expressions)s) COLLATE "C")'
        return self.as_sql(compiler, connection, template=template, **context)


class PhoneKey(Func):
    """The last eight digits of a phone number, however it was written."""

    arity = 1
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """One function takes all the punctuation out."""
        template = f"RIGHT(TRANSLATE(%(expressions)s, '{_PUNCTUATION}', ''), {PHONE_DIGITS})"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """SQLite takes out one character at a time."""
        template = "%(expressions)s"
        for character in _PUNCTUATION:
            template = f"REPLACE({template}, '{character}', '')"
        template = f"SUBSTR({template}, -{PHONE_DIGITS})"
        return self.as_sql(compiler, connection, template=template, **context)


def name_key(name: Combinable | None = None) -> NameKey:
    """The key of a task's name, or of any text."""
    return NameKey(name if name is not None else F("name"))
