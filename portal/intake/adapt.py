"""Python values as a database takes them, a column at a time.

`Field.get_db_prep_save` does this value by value and costs more than the insert itself, so it is
written here by hand for each type and held equal to it by a property test. On PostgreSQL the
values go into a binary COPY (`wire_type` says as what), on SQLite into parameters.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from json.encoder import (  # type: ignore[attr-defined]
    c_make_encoder,
    encode_basestring_ascii,
)
from typing import Any
from uuid import UUID

from django.db import DataError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, JSONField

Values = Sequence[Any]
Adapter = Callable[[Values], Values]

_NONE = type(None)


class JsonText(str):
    """A value of a JSON column that is JSON text already, such as one that is answered, too."""

    __slots__ = ()


_INTEGER_BITS = {"smallint": 15, "integer": 31, "bigint": 63}
_TYPES: dict[str, tuple[type, ...]] = {
    "CharField": (str,),
    "SlugField": (str,),
    "TextField": (str,),
    "AutoField": (int,),
    "BigAutoField": (int,),
    "SmallIntegerField": (int,),
    "IntegerField": (int,),
    "BigIntegerField": (int,),
    "PositiveSmallIntegerField": (int,),
    "PositiveIntegerField": (int,),
    "PositiveBigIntegerField": (int,),
    "BooleanField": (bool,),
    "FloatField": (float, int),
    "DecimalField": (Decimal,),
    "UUIDField": (UUID,),
    "DateField": (date,),
    "DateTimeField": (datetime,),
    "JSONField": (object,),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an insert: its name, the Python types it takes, and how they are sent.

    `wire_type` is what a binary COPY writes (a PostgreSQL type's name); empty on SQLite.
    """

    name: str
    takes: tuple[type, ...]
    adapt: Adapter | None
    wire_type: str

    def adapted(self, values: Values) -> Values:
        """The values as the database takes them; None stays NULL.

        Raises TypeError for a value of another type, ValueError for a datetime without a zone
        and DataError for a number that the column cannot hold. No message repeats a value.
        """
        for kind in set(map(type, values)):
            if kind is not _NONE and not _fits(kind, self.takes):
                wanted = " or ".join(each.__name__ for each in self.takes)
                raise TypeError(f"column {self.name} takes {wanted}, not {kind.__name__}")
        return values if self.adapt is None else self.adapt(values)


def _fits(kind: type, takes: tuple[type, ...]) -> bool:
    """Whether a column takes this type. A datetime is no date: which zone's day would it be?"""
    return issubclass(kind, takes) and not (takes == (date,) and issubclass(kind, datetime))


def column_for(field: Field[Any, Any], connection: BaseDatabaseWrapper) -> Column:
    """How this field's values are sent. Raises TypeError for a field of an unknown type."""
    target = field
    while target.remote_field is not None:
        target = target.target_field  # type: ignore[attr-defined]
    kind = target.get_internal_type()
    if kind not in _TYPES:
        raise TypeError(f"no way is known to insert the {kind} {field.name}")
    build = _postgres if connection.vendor == "postgresql" else _sqlite
    adapt, wire_type = build(kind, target, connection)
    return Column(str(field.column), _TYPES[kind], adapt, wire_type)


def _postgres(
    kind: str, field: Field[Any, Any], connection: BaseDatabaseWrapper
) -> tuple[Adapter | None, str]:
    db_type = str(field.db_type(connection)).partition("(")[0]
    if kind == "JSONField":
        # The binary form of jsonb is a version byte and the text.
        return _each(_json_writer(field, prefix="\x01")), "text"
    if db_type in _INTEGER_BITS:
        return _within(_INTEGER_BITS[db_type]), db_type
    if kind == "DecimalField":
        return _each(_decimal_writer(field, connection)), db_type
    if kind == "DateTimeField":
        return _each(_aware), db_type
    return None, db_type


def _sqlite(
    kind: str, field: Field[Any, Any], connection: BaseDatabaseWrapper
) -> tuple[Adapter | None, str]:
    if kind == "JSONField":
        return _each(_json_writer(field)), ""
    if kind == "UUIDField":
        return _each(lambda value: value.hex), ""
    if kind == "DateField":
        return _each(date.isoformat), ""
    if kind == "DateTimeField":
        return _each(_naive_writer(connection.timezone or UTC)), ""
    if kind == "DecimalField":
        return _each(_decimal_writer(field, connection)), ""
    return None, ""


def _each(convert: Callable[[Any], Any]) -> Adapter:
    """Convert one by one; a run of the same object (one request's `now`) is converted once."""

    def adapt(values: Values) -> Values:
        converted = []
        last = made = None
        for value in values:
            if value is not last:
                made = None if value is None else convert(value)
                last = value
            converted.append(made)
        return converted

    return adapt


def _within(bits: int) -> Adapter:
    """Refuse what the column cannot hold: psycopg's binary COPY would cut off the high bits."""

    def adapt(values: Values) -> Values:
        limit = 1 << bits
        numbers = [value for value in values if value is not None]
        if numbers and (max(numbers) >= limit or min(numbers) < -limit):
            raise DataError("integer out of range")
        return values

    return adapt


def _aware(value: datetime) -> datetime:
    """Refuse a datetime without a zone; the server would take it for its own."""
    if value.utcoffset() is None:
        raise ValueError("a datetime needs a time zone")
    return value


def _naive_writer(zone: tzinfo) -> Callable[[datetime], str]:
    """SQLite compares datetimes as text: always the database's zone, no offset, a space."""

    def write(value: datetime) -> str:
        return _aware(value).astimezone(zone).replace(tzinfo=None).isoformat(" ")

    return write


def _decimal_writer(
    field: Field[Any, Any], connection: BaseDatabaseWrapper
) -> Callable[[Decimal], Any]:
    digits, places = field.max_digits, field.decimal_places  # type: ignore[attr-defined]

    def write(value: Decimal) -> Any:
        return connection.ops.adapt_decimalfield_value(field.to_python(value), digits, places)

    return write


def _json_writer(field: Field[Any, Any], prefix: str = "") -> Callable[[Any], str]:
    """JSON text, the same that Django writes: on SQLite it compares JSON as text.

    The C encoder is built once, not for every value as `json.dumps` does: half the time.
    """
    encoder = field.encoder if isinstance(field, JSONField) else None
    if encoder is not None or c_make_encoder is None:
        return lambda value: (
            prefix + (value if value.__class__ is JsonText else json.dumps(value, cls=encoder))
        )
    plain = json.JSONEncoder()
    chunks = c_make_encoder(
        None, plain.default, encode_basestring_ascii, None, ": ", ", ", False, False, True
    )

    def write(value: Any) -> str:
        return prefix + (value if value.__class__ is JsonText else "".join(chunks(value, 0)))

    return write
