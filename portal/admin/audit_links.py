"""Where the audit log's rows are to be seen: the pages of those that still exist, for the reader.

One query however many kinds of rows a page of the log names: each kind's model page gives the
rows that the person may see, which are asked for together by their ids.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse

from portal.admin.audit_kinds import kind_of, model_of
from portal.models import AuditEvent

Named = tuple[str, str]
"""(model label, id) of a row that the log names."""


def links_to(request: HttpRequest, events: Iterable[AuditEvent]) -> dict[Named, str]:
    """The address of every named row that the person may look at now."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if event.object_kind and event.object_id:
            wanted[event.object_kind].add(event.object_id)
    sources = [
        (label, rows)
        for label, ids in wanted.items()
        if (rows := _rows(request, label, sorted(ids))) is not None
    ]
    if not sources:
        return {}
    models = {label: rows.model for label, rows in sources}
    columns = [_columns(label, rows) for label, rows in sources]
    found = columns[0].union(*columns[1:], all=True) if columns[1:] else columns[0]
    pages = {(label, _compact(about)): (label, page) for label, about, page in found}
    return {
        (label, each): _address(models[label], pages[label, _compact(each)][1])
        for label, ids in wanted.items()
        for each in ids
        if (label, _compact(each)) in pages
    }


def _rows(request: HttpRequest, label: str, ids: list[str]) -> QuerySet[Any] | None:
    """The rows whose pages show these; None where there are no such pages for the person."""
    of_kind = kind_of(label).pages
    if of_kind is not None:
        return of_kind(request, ids)
    model = model_of(label)
    page: Any = admin.site._registry.get(model) if model else None
    if model is None or page is None or not page.has_view_permission(request):
        return None
    known = [each for each in ids if _is_key(model, each)]
    return page.get_queryset(request).filter(pk__in=known) if known else None


def _is_key(model: Any, text: str) -> bool:
    try:
        model._meta.pk.to_python(text)
    except ValidationError:
        return False
    return True


def _columns(label: str, rows: QuerySet[Any]) -> QuerySet[Any, tuple[str, str, str]]:
    """(kind, id that the log names, id of the page); ids as each database writes them."""
    about = "about" if "about" in rows.query.annotations else "pk"
    bare = rows.order_by().select_related(None).prefetch_related(None)
    return bare.annotate(
        named_kind=Value(label, CharField()),
        named_id=Cast(about, CharField()),
        page_id=Cast("pk", CharField()),
    ).values_list("named_kind", "named_id", "page_id")


def _compact(text: str) -> str:
    """A UUID with or without its dashes is the same."""
    return text.replace("-", "")


def _address(model: Any, page_id: str) -> str:
    meta = model._meta
    key = meta.pk.to_python(page_id)  # a UUID's dashes are not in every database
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[key])
