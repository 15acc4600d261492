"""Numbered pages: `?page&size` in, `{items, total, page, size, pages}` out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from portal.errors import invalid_request

SIZE = 20
MOST = 500
_LAST_PAGE = 1_000_000


@dataclass(slots=True)
class Page:
    """One page of a list; `page` counts from 1. `total` is filled in by `slice`."""

    page: int = 1
    size: int = SIZE
    total: int = 0

    def slice(self, rows: QuerySet[Any]) -> list[Any]:
        """This page of the rows, which are ordered; also counts all of them.

        The page's keys are looked for first, so that a deep page never carries the rows before it.
        """
        self.total = rows.count()
        first = (self.page - 1) * self.size
        if first >= self.total:
            return []
        keys = list(rows.values_list("pk", flat=True)[first : first + self.size])
        found = {row.pk: row for row in rows.model._default_manager.filter(pk__in=keys)}
        return [found[key] for key in keys if key in found]

    def envelope(self, items: list[Any]) -> dict[str, Any]:
        """The page as it is answered."""
        return {
            "items": items,
            "total": self.total,
            "page": self.page,
            "size": self.size,
            "pages": -(-self.total // self.size),
        }


def read_page(request: Request) -> Page:
    """The page that is asked for. Raises ApiError for what is no number in range."""
    page = read_number(request, "page", default=1, most=_LAST_PAGE)
    return Page(page, read_number(request, "size", default=SIZE, most=MOST))


def read_number(request: Request, name: str, *, default: int, most: int) -> int:
    """A number from 1 to `most` in the query. Raises ApiError for anything else."""
    text = request.query_params.get(name, "").strip()
    if not text:
        return default
    if text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most:
        return int(text)
    message = f"{name} is a whole number from 1 to {most:,}."
    raise invalid_request(f"{name}.range", message, value=text[:64])
