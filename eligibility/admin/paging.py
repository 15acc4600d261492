"""Pages of the newest rows of some clinics, out of any number of rows.

A database walks an index of (clinic, newest first) for one clinic, but sorts everything for two.
So each clinic gives its newest rows and these are merged; nothing but ids is skipped or counted,
and no more of them than MOST.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import EmptyResultSet
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest

from eligibility.engine.rows import python_uuid

MOST = 10_000
"""Rows that a list counts and leads to; whoever looks for others narrows the list."""


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list: by one column that an index is in the order of, then by id."""

    column: str
    descending: bool

    @property
    def fields(self) -> tuple[str, str]:
        """As a queryset takes it."""
        sign = "-" if self.descending else ""
        return (f"{sign}{self.column}", f"{sign}pk")

    @property
    def sql(self) -> str:
        """As a merged SELECT takes it, whose first columns are these."""
        return "1 DESC, 2 DESC" if self.descending else "1, 2"


NEWEST = Order("created_at", descending=True)
BY_LINE = Order("line", descending=False)


@dataclass(frozen=True, slots=True)
class Part:
    """A SELECT of (the order's column, id) of rows of one clinic, in order."""

    sql: str
    parameters: tuple[Any, ...]


def part(
    rows: QuerySet[Any],
    most: int = MOST + 1,
    *,
    order: Order = NEWEST,
    walk: Sequence[Any] = (),
    columns: Sequence[str] = (),
) -> Part | None:
    """The first of these rows, with further columns; None when there cannot be any.

    `walk` is another order to take them in, where an index gives it and the list's own it not.
    """
    first = rows.order_by(*(walk or order.fields)).values_list(order.column, "pk", *columns)[:most]
    try:
        sql, parameters = first.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return None
    return Part(sql, tuple(parameters))


def parts_of(
    rows: QuerySet[Any], clinic_ids: Iterable[UUID], *, order: Order = NEWEST
) -> list[Part]:
    """The first rows of each clinic."""
    found = (part(rows.filter(clinic=clinic_id), order=order) for clinic_id in clinic_ids)
    return [each for each in found if each is not None]


def ids_of(
    parts: Sequence[Part],
    *,
    limit: int,
    offset: int = 0,
    order: Order = NEWEST,
    distinct: bool = False,
) -> list[UUID]:
    """The ids of the first rows of all the parts; `distinct` when parts may overlap."""
    if not parts:
        return []
    merged, parameters = _merged(parts, distinct=distinct)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{merged} ORDER BY {order.sql} LIMIT %s OFFSET %s", [*parameters, limit, offset]
        )
        return [python_uuid(row[1]) for row in cursor.fetchall()]


def count_of(parts: Sequence[Part]) -> int:
    """How many rows there are in all the parts."""
    if not parts:
        return 0
    merged, parameters = _merged(parts, distinct=False)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({merged}) AS counted", parameters)  # noqa: S608
        return int(cursor.fetchone()[0])


def _merged(parts: Sequence[Part], *, distinct: bool) -> tuple[str, list[Any]]:
    between = " UNION " if distinct else " UNION ALL "
    selects = (
        f"SELECT * FROM ({each.sql}) AS part_{number}"  # noqa: S608
        for number, each in enumerate(parts)
    )
    return between.join(selects), [value for each in parts for value in each.parameters]


class NewestFirst:
    """Makes a changelist of Django's show the newest rows, a page at a time, within bounds.

    Goes before Django's ChangeList among the base classes. The model page gives `clinics_shown`
    (the clinics that the list may show), `order_of` (newest first, or by line in a batch),
    `search_ids` (what a typed term finds) and `dressed` (rows with all that they show).
    """

    model_admin: Any
    queryset: QuerySet[Any]
    query: str
    page_num: int
    list_per_page: int

    def get_results(self, request: HttpRequest) -> None:
        """Django's attributes, without Django's unbounded count."""
        ids, count = self._found(request) if self.query.strip() else self._newest(request)
        self.is_cut = count > MOST
        self.result_count = min(count, MOST)
        self.paginator = Paginator(range(self.result_count), self.list_per_page)
        if not 1 <= self.page_num <= self.paginator.num_pages:
            raise IncorrectLookupParameters
        self.result_list = self._load(ids)
        self.multi_page = self.result_count > self.list_per_page
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = False

    def _load(self, ids: list[UUID]) -> list[Any]:
        """These rows in this order, found by their ids alone: they have been filtered already."""
        model: Any = self.queryset.model
        rows = {row.pk: row for row in self.model_admin.dressed(model.objects.filter(pk__in=ids))}
        return [rows[pk] for pk in ids if pk in rows]

    def _newest(self, request: HttpRequest) -> tuple[list[UUID], int]:
        order = self.model_admin.order_of(self)
        parts = parts_of(self.queryset, self.model_admin.clinics_shown(request), order=order)
        count = count_of(parts)
        return ids_of(parts, limit=self._room(), offset=self._offset(), order=order), count

    def _found(self, request: HttpRequest) -> tuple[list[UUID], int]:
        ids = self.model_admin.search_ids(request, self.queryset, self.query)
        offset = self._offset()
        return ids[offset : offset + self.list_per_page], len(ids)

    def _offset(self) -> int:
        return max(self.page_num - 1, 0) * self.list_per_page

    def _room(self) -> int:
        """No row beyond MOST is shown, though one beyond is counted."""
        return max(min(self.list_per_page, MOST - self._offset()), 0)
