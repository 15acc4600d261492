"""The practitioners of the team: a list to search and narrow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.urls import reverse
from django.utils import timezone

from portal import moments
from portal.admin_site import Badge, Page, page
from portal.badges import Colour
from records.admin.filters import Filters, found
from records.admin.places import integrations_of, record_address, records_of, with_query
from records.choices import RecordType
from records.forms.catalogue import statuses
from records.models import ResourceRecord, TaxonomyCode
from records.querysets import as_rows

ROWS_A_PAGE = 50
MOST = 10_000
"""Records that a list counts and leads to; whoever looks for others narrows it."""

STATUSES: Mapping[str, tuple[str, str, Colour]] = {
    "active": ("Active", "check_circle", "green"),
    "inactive": ("Inactive", "do_not_disturb_on", "grey"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One record as the list shows it."""

    name: str
    ids: list[str]
    specialty: str
    more: int
    places: str
    integration: str
    status: Badge | None
    warnings: int
    changed: str
    link: str


@page("records/", name="records")
class RecordsPage(Page):
    """The list, the newest first."""

    title = "Practitioners"
    template_name = "records/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """One page of what the search and the filters leave."""
        filters = Filters.read(self.request.GET)
        integrations = integrations_of(self.request)
        rows = found(records_of(self.request), filters)
        count = rows.order_by()[: MOST + 1].count()
        pages = Paginator(range(min(count, MOST)), ROWS_A_PAGE)
        here = pages.get_page(self.request.GET.get("page"))
        first, last = max(here.start_index() - 1, 0), here.end_index()
        records = list(rows.order_by("-pk")[first:last]) if count else []
        return super().get_context_data(
            lines=_lines(records, dict(integrations)),
            here=here,
            count=f"{min(count, MOST):,}{'+' if count > MOST else ''}",
            is_one=count == 1,
            filters=filters,
            statuses=statuses(),
            types=RecordType.choices,
            integrations=integrations,
            chips=_chips(filters, dict(integrations)),
            query=with_query("", filters.as_fields()).lstrip("?"),
            new=reverse("admin:record_new"),
            **kwargs,
        )


def status_badge(status: str) -> Badge | None:
    """The status as word, icon and colour; a word of the setting's own stays as it is."""
    if not status:
        return None
    return Badge(*STATUSES.get(status, (status, "label", "blue")))


def specialty_names(codes: set[str]) -> dict[str, str]:
    """Code → its own name, from the loaded table or the short list that ships. One query."""
    from records.data.taxonomy import COMMON

    known = {code: each.name for code, each in COMMON.items() if code in codes}
    rows = TaxonomyCode.objects.filter(code__in=as_rows(codes))
    return known | dict(rows.values_list("code", "display_name"))


def _lines(records: list[ResourceRecord], integrations: Mapping[str, str]) -> list[Line]:
    now = timezone.now()
    codes = {
        str(each.get("code"))
        for record in records
        for each in (record.config.get("specialties") or [])[:1]
    }
    names = specialty_names(codes)
    return [_line(record, integrations, names, now) for record in records]


def _line(
    record: ResourceRecord, integrations: Mapping[str, str], names: Mapping[str, str], now: Any
) -> Line:
    config = record.config
    specialties = config.get("specialties") or []
    first = specialties[0] if specialties else {}
    places = [
        each.get("locationName") or each.get("locationId") for each in config.get("locations") or []
    ]
    ids = [f"NPI {record.npi}" if record.npi else "", record.external_id, record.logical_id or ""]
    return Line(
        name=config.get("name") or "",
        ids=[each for each in dict.fromkeys(ids) if each],
        specialty=first.get("name") or names.get(first.get("code") or "", first.get("code") or ""),
        more=max(len(specialties) - 1, 0),
        places=", ".join(each for each in places[:2] if each),
        integration=integrations.get(record.integration_key, record.integration_key),
        status=status_badge(record.status),
        warnings=len(record.warnings),
        changed=moments.age(record.updated_at, now),
        link=record_address(record.pk),
    )


def _chips(filters: Filters, integrations: Mapping[str, str]) -> list[dict[str, str]]:
    """The filters in force, each with the address of the list without it."""
    words = {
        "q": ("Search", filters.q),
        "type": ("Type", dict(RecordType.choices).get(filters.type, filters.type)),
        "status": ("Status", filters.status.capitalize()),
        "integration": ("Integration", integrations.get(filters.integration, filters.integration)),
        "specialty": ("Specialty", filters.specialty),
        "warnings": ("Warnings", {"yes": "with", "no": "without"}.get(filters.warnings, "")),
    }
    fields = filters.as_fields()
    return [
        {
            "title": title,
            "word": word,
            "link": with_query("", {k: v for k, v in fields.items() if k != name}) or "?",
        }
        for name, (title, word) in words.items()
        if name in fields
    ]
