"""What a typed term finds among checks: identifier, reference, name, phone, or a check's own id.

Every road is an index's; only "the name contains it" is looked for in the newest rows alone, and
only when the other roads found less than a page. The term is never written anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q, QuerySet, Value
from django.db.models.lookups import Exact, GreaterThanOrEqual, LessThan

from eligibility.admin.paging import Part, ids_of, part
from eligibility.identifiers import search_key
from eligibility.search_keys import PHONE_DIGITS, NameKey, PhoneKey

MOST_FOUND = 1_000
"""Checks that a search finds, the newest ones."""

LOOKED_THROUGH = 5_000
"""Rows of a clinic whose names a search reads when it looks for words within them."""

WALKED = 2_000
"""Rows of a clinic that a search takes from an index that leads to them in an order of its own."""

HELP = "Name, identifier, reference or phone"
_LONGEST = 100
_SHORTEST = 2
_LAST = "\U0010ffff"  # comes after every other character, in the order of both databases


@dataclass(frozen=True, slots=True)
class Road:
    """A condition that an index answers, and the order that the same index gives for nothing.

    A wide one may fit a good part of all rows: too few to meet them among the newest, too many to
    sort.
    """

    condition: Q
    order: Any
    is_wide: bool = False


def search(
    rows: QuerySet[Any], term: str, clinic_ids: Sequence[UUID], *, enough: int
) -> list[UUID]:
    """The ids of the rows that the term finds, newest first, at most MOST_FOUND of them.

    `rows` come filtered. Fewer than `enough` found: names that contain the term are found too.
    """
    term = " ".join(term[:_LONGEST].split())
    if len(term) < _SHORTEST:
        return []
    roads = list(_roads(term))
    parts = [
        each
        for road in roads
        for clinic_id in clinic_ids
        if (each := _part(rows.filter(road.condition, clinic=clinic_id), road)) is not None
    ]
    found = ids_of(parts, limit=MOST_FOUND, distinct=True)
    if len(found) < enough and _has_letter(term):
        containing = [_containing(each, term) for each in _named(rows, clinic_ids)]
        found = ids_of(parts + containing, limit=MOST_FOUND, distinct=True)
    return found


def _part(rows: QuerySet[Any], road: Road) -> Part | None:
    """What is at the end of a road, bounded.

    SQLite would rather walk over all the newest rows than sort what an index finds, so there
    the order is the index's own, and on a wide road everywhere: a term that fits thousands of
    rows of a clinic may miss some of the newest.
    """
    if connection.vendor == "postgresql" and not road.is_wide:
        return part(rows, MOST_FOUND)
    return part(rows, WALKED, walk=(road.order,))


def _roads(term: str) -> Iterable[Road]:
    """The roads that a term of this kind may be found by."""
    with suppress(ValueError):
        yield Road(Q(pk=UUID(term)), "-pk")
    key = search_key("", term)
    if len(key) > _SHORTEST:
        yield Road(_begins("id_key", key), "-id_key")
    for spelling in {term, term.upper()}:
        yield Road(_begins("client_reference", spelling), "-client_reference")
    if _has_letter(term):
        yield Road(_name_begins(term), NameKey(F("name")).desc(), is_wide=True)
    digits = "".join(character for character in key if character.isdecimal())
    if len(digits) >= PHONE_DIGITS and not _has_letter(term):
        phone, wanted = PhoneKey(F("phone")), Value(digits[-PHONE_DIGITS:])
        yield Road(Q(Exact(phone, wanted)), phone.desc())


def _has_letter(term: str) -> bool:
    return any(character.isalpha() for character in term)


def _begins(field: str, text: str) -> Q:
    """The field begins with the text, letter for letter, as each database's index is asked."""
    if connection.vendor == "postgresql":
        return Q(**{f"{field}__startswith": text})
    return Q(**{f"{field}__gte": text, f"{field}__lt": text + _LAST})


def _name_begins(text: str) -> Q:
    key = NameKey(F("name"))
    begin, end = NameKey(Value(text)), NameKey(Value(text + _LAST))
    return Q(GreaterThanOrEqual(key, begin)) & Q(LessThan(key, end))


def _named(rows: QuerySet[Any], clinic_ids: Iterable[UUID]) -> Iterable[Part]:
    """The newest rows of each clinic with their names: (created_at, id, name)."""
    for clinic_id in clinic_ids:
        newest = rows.filter(clinic=clinic_id)
        if each := part(newest, LOOKED_THROUGH, columns=("name",)):
            yield each


def _containing(named: Part, term: str) -> Part:
    """Those of the rows whose name contains the term."""
    plain = term.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    sql = (
        f"SELECT created_at, pk FROM ({named.sql}) AS named"  # noqa: S608
        r" WHERE UPPER(name) LIKE UPPER(%s) ESCAPE '\'"
    )
    return Part(sql, (*named.parameters, f"%{plain}%"))
