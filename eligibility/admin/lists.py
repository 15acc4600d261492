"""What the lists of checks and batches have in common: newest first, bounded, filters in a bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from eligibility.admin.filters import ClinicFilter, Pick
from eligibility.admin.paging import NEWEST, NewestFirst, Order
from eligibility.admin.search import LOOKED_THROUGH, MOST_FOUND
from portal.admin_site import PortalModelAdmin
from portal.roles import clinics_of


class NewestAdmin(PortalModelAdmin):
    """A model page whose list is `templates/eligibility/list.html` with rows of the page's own.

    Subclasses say what a row shows (`shown_row`) and how rows are loaded (`dressed`).
    """

    clinic_lookup = "clinic"
    change_list_template = "eligibility/list.html"
    rows_template: ClassVar[str]
    things: ClassVar[tuple[str, str]] = ("row", "rows")
    action_looks: ClassVar[dict[str, dict[str, Any]]] = {}
    list_filter: Sequence[type[Pick]] = ()
    ordering = ("-created_at", "-pk")
    sortable_by = ()
    list_per_page = 50
    preserve_filters = False  # a typed term must not travel into other pages' addresses
    list_disable_select_all = True

    # --- what NewestFirst asks for ---------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Any]:
        """unfold's changelist, bounded."""
        return type("NewestChangeList", (NewestFirst, super().get_changelist(request)), {})

    def clinics_shown(self, request: HttpRequest) -> list[UUID]:
        """The person's clinics, or the one of them that the list is filtered by."""
        wanted = request.GET.get(ClinicFilter.parameter_name, "")
        own = [clinic.pk for clinic in clinics_of(request.user)]
        return [pk for pk in own if str(pk) == wanted] or own

    def order_of(self, changelist: Any) -> Order:
        """The order of the list as it is filtered."""
        return NEWEST

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of one page, with all that they show."""
        return rows

    def search_ids(self, request: HttpRequest, rows: QuerySet[Any], term: str) -> list[UUID]:
        """What a typed term finds, newest first; a list without a search field is never asked."""
        return []

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The list itself searches (`search_ids`), clinic by clinic."""
        return queryset, False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Only what the filters are: any other lookup would walk over all rows."""
        return any(lookup in each.parameters() for each in self.list_filter)

    # --- the page --------------------------------------------------------------------------------

    def shown_rows(self, request: HttpRequest, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """What the template shows of each row."""
        return [{"row": row} for row in rows]

    def quick_views(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Filters that people use all day, as links above the list."""
        return []

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """The list with its rows in words."""
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            context |= self._words(request, context["cl"])
        return response

    def _words(self, request: HttpRequest, changelist: Any) -> dict[str, Any]:
        here, last = changelist.page_num, changelist.paginator.num_pages
        return {
            "rows": self.shown_rows(request, list(changelist.result_list)),
            "rows_template": self.rows_template,
            "quick_views": self.quick_views(request),
            "chips": _chips(changelist),
            "several_clinics": len(clinics_of(request.user)) > 1,
            "found": f"{changelist.result_count:,}",
            "thing": self._thing(changelist.result_count),
            "looked_through": f"{LOOKED_THROUGH:,}",
            "finds_too_many": bool(changelist.query) and changelist.result_count >= MOST_FOUND,
            "list_actions": self._list_actions(request),
            "without_search": changelist.get_query_string(remove=[SEARCH_VAR]),
            "newer": changelist.get_query_string({PAGE_VAR: here - 1}) if here > 1 else "",
            "older": changelist.get_query_string({PAGE_VAR: here + 1}) if here < last else "",
            "title": self.list_title,
            **self.when_empty(request),
        }

    def _thing(self, count: int) -> str:
        return self.things[0] if count == 1 else self.things[1]

    def _list_actions(self, request: HttpRequest) -> list[tuple[str, dict[str, Any]]]:
        """The actions that the person may use, as buttons."""
        allowed = self.get_actions(request)
        return [(name, look) for name, look in self.action_looks.items() if name in allowed]

    def when_empty(self, request: HttpRequest) -> dict[str, str]:
        """What an empty list says, and where it leads."""
        return {"nothing_title": f"There are no {self.things[1]} yet."}


def _chips(changelist: Any) -> list[dict[str, str]]:
    """The filters in force, each with the address of the list without it."""
    return [
        {
            "title": str(spec.title),
            "word": spec.chosen(),
            "link": changelist.get_query_string(remove=list(spec.parameters())),
        }
        for spec in changelist.filter_specs
        if spec.chosen()
    ]
