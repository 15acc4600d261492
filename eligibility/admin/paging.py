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

NEWEST_FIRST = ("-created_at", "-pk")


@dataclass(frozen=True, slots=True)
class Part:
    """A SELECT of (created_at, id) of rows of one clinic, newest first."""

    sql: str
    parameters: tuple[Any, ...]


def part(
    rows: QuerySet[Any],
    most: int = MOST + 1,
    *,
    order: Sequence[Any] = NEWEST_FIRST,
    columns: Sequence[str] = (),
) -> Part | None:
    """The newest of these rows, with further columns; None when there cannot be any."""
    newest = rows.order_by(*order).values_list("created_at", "pk", *columns)[:most]
    try:
        sql, parameters = newest.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return None
    return Part(sql, tuple(parameters))


def parts_of(rows: QuerySet[Any], clinic_ids: Iterable[UUID], most: int = MOST + 1) -> list[Part]:
    """The newest rows of each clinic."""
    found = (part(rows.filter(clinic=clinic_id), most) for clinic_id in clinic_ids)
    return [each for each in found if each is not None]


def ids_of(
    parts: Sequence[Part], *, limit: int, offset: int = 0, distinct: bool = False
) -> list[UUID]:
    """The ids of the newest rows of all the parts; `distinct` when parts may overlap."""
    if not parts:
        return []
    merged, parameters = _merged(parts, distinct=distinct)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{merged} ORDER BY 1 DESC, 2 DESC LIMIT %s OFFSET %s", [*parameters, limit, offset]
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
    (the clinics that the list may show), `search_parts` (what a typed term finds) and `dressed`
    (the rows of one page with all that they show).
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
        self.result_list = self.model_admin.dressed(self.queryset.filter(pk__in=ids))
        self.multi_page = self.result_count > self.list_per_page
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = False

    def _newest(self, request: HttpRequest) -> tuple[list[UUID], int]:
        parts = parts_of(self.queryset, self.model_admin.clinics_shown(request))
        count = count_of(parts)
        return ids_of(parts, limit=self._room(), offset=self._offset()), count

    def _found(self, request: HttpRequest) -> tuple[list[UUID], int]:
        ids = self.model_admin.search_ids(request, self.queryset, self.query)
        offset = self._offset()
        return ids[offset : offset + self.list_per_page], len(ids)

    def _offset(self) -> int:
        return max(self.page_num - 1, 0) * self.list_per_page

    def _room(self) -> int:
        """No row beyond MOST is shown, though one beyond is counted."""
        return max(min(self.list_per_page, MOST - self._offset()), 0)
