"""Needs attention: what failed, what is doubtful and what was rejected, as pieces of work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from eligibility.admin.names import dated_name
from eligibility.admin.places import (
    fix_address,
    group_address,
    group_of,
    group_or_404,
    worklist_address,
    worklist_of,
)
from eligibility.admin.worklist_rows import shown_rows
from eligibility.choices import Actor
from eligibility.models import Batch, Payer
from eligibility.presentation.failures import WHO_ACTS
from eligibility.worklist import UNKNOWN_PAYER, Filters, Group, GroupKey, Kind, Since
from portal import moments
from portal.admin_site import Capability, Page, page
from portal.badges import Colour
from portal.groupfix import last_fix_of
from portal.roles import clinics_of
from records.waiting import practitioners_waiting

ROWS_A_PAGE = 50
_RECENT = timedelta(days=14)
_MOST_BATCHES = 25

NOTHING_LEFT = "Nothing is left to do there: somebody has seen to it."

_ICONS: dict[Kind, tuple[str, Colour]] = {
    Kind.FAILED: ("error", "red"),
    Kind.ANSWER: ("help", "amber"),
    Kind.REJECTED: ("edit_off", "violet"),
}
_WORDS = {Kind.FAILED: "Failed", Kind.ANSWER: "Doubtful answer", Kind.REJECTED: "Not accepted"}


@dataclass(frozen=True, slots=True)
class GroupView:
    """One group as a page shows it, with the addresses of what can be done with all of it."""

    payer: str
    payer_code: str
    count: int
    oldest: str
    rows: str
    start: str
    rerun: str
    settle: str
    settle_word: str
    discard: str
    alike: str


@dataclass(frozen=True, slots=True)
class CauseView:
    """One cause in plain words, and the payers at which it occurred."""

    title: str
    advice: str
    who: str
    word: str
    icon: str
    colour: Colour
    count: int
    groups: list[GroupView]


@page("worklist/", name="worklist")
class WorklistPage(Page):
    """Every group, what the clinic can do first."""

    title = "Needs attention"
    template_name = "eligibility/worklist.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The groups by who acts, and what the list can be narrowed by."""
        worklist = worklist_of(self.request)
        groups = worklist.groups()
        user: Any = self.request.user
        return super().get_context_data(
            sections=list(_sections(groups, worklist.filters)),
            total=sum(group.count for group in groups),
            filters=worklist.filters,
            choices=_choices(self.request),
            is_narrowed=bool(worklist.filters.as_fields()),
            practitioners=practitioners_waiting(user.team_id),
            last_fix=last_fix_of(user),
            **kwargs,
        )


@page("worklist/group/", name="worklist_group")
class GroupPage(Page):
    """The rows of one group, a page of them at a time."""

    template_name = "eligibility/worklist_group.html"
    crumbs = (("Needs attention", "admin:worklist"),)

    def get_title(self) -> str:
        """What is wrong with these rows."""
        return group_or_404(self.request).explain().title

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The group and one page of its rows."""
        key, worklist = group_or_404(self.request), worklist_of(self.request)
        rows = worklist.rows(key)
        pages = Paginator(range(rows.count()), ROWS_A_PAGE)
        here = pages.get_page(self.request.GET.get("page"))
        first, last = max(here.start_index() - 1, 0), here.end_index()
        now = timezone.now()
        return super().get_context_data(
            cause=_cause(key.kind, [_group(key, pages.count)], worklist.filters, now),
            lines=shown_rows(rows[first:last], key, worklist.filters, now),
            fault_word=f"What is {'doubtful' if key.kind is Kind.ANSWER else 'wrong'}",
            here=here,
            query=worklist.filters.as_query(group=str(key)),
            back=worklist_address(worklist.filters),
            shows_clinic=len(clinics_of(self.request.user)) > 1,
            **kwargs,
        )


@page("worklist/start/", name="worklist_start", capability=Capability.FIX)
class StartPage(Page):
    """Leads to the form of the first row of a group."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The first row as the list stands now; the list when there is none any more."""
        key, worklist = group_of(request), worklist_of(request)
        row = worklist.rows(key).first() if key else None
        if row is None:
            messages.info(request, NOTHING_LEFT)
            return redirect(worklist_address(worklist.filters))
        return redirect(fix_address(row, key, worklist.filters))


def _group(key: GroupKey, count: int) -> Group:
    """The group as its own page shows it, where nobody asks for the oldest row."""
    name = Payer.objects.filter(code=key.payer).values_list("name", flat=True).first()
    return Group(key, name or key.payer or UNKNOWN_PAYER, count, timezone.now())


def _sections(groups: list[Group], filters: Filters) -> Iterator[dict[str, Any]]:
    """The causes by who acts, in that order; the commonest cause of each first."""
    now = timezone.now()
    for actor, members in groupby(groups, key=lambda group: group.explanation.actor):
        by_cause: dict[tuple[Kind, str], list[Group]] = {}
        for group in members:
            by_cause.setdefault((group.key.kind, group.key.cause), []).append(group)
        causes = [_cause(kind, each, filters, now) for (kind, _), each in by_cause.items()]
        yield {
            "title": WHO_ACTS[Actor(actor)],
            "count": sum(cause.count for cause in causes),
            "is_ours": actor is Actor.CLINIC,
            "causes": sorted(causes, key=lambda cause: -cause.count),
        }


def _cause(kind: Kind, groups: list[Group], filters: Filters, now: datetime) -> CauseView:
    explanation = groups[0].explanation
    icon, colour = _ICONS[kind]
    return CauseView(
        title=explanation.title,
        advice=explanation.advice,
        who=WHO_ACTS[explanation.actor],
        word=_WORDS[kind],
        icon=icon,
        colour=colour,
        count=sum(group.count for group in groups),
        groups=[_view(group, filters, now) for group in groups],
    )


def _view(group: Group, filters: Filters, now: datetime) -> GroupView:
    key = group.key
    is_rejected = key.kind is Kind.REJECTED

    def to(name: str) -> str:
        return group_address(f"admin:worklist_{name}", key, filters)

    return GroupView(
        payer=group.payer_name,
        payer_code=key.payer,
        count=group.count,
        oldest=moments.age(group.oldest, now),
        rows=to("group"),
        start=to("start"),
        rerun="" if is_rejected else to("rerun"),
        settle="" if is_rejected else to("settle"),
        settle_word="Accept" if key.kind is Kind.ANSWER else "Settle",
        discard=to("discard") if is_rejected else "",
        alike=to("alike") if group.count > 1 else "",
    )


def _choices(request: HttpRequest) -> dict[str, Any]:
    """What each filter offers: (value, words)."""
    user: Any = request.user
    clinics = clinics_of(user)
    recent = Batch.objects.filter(
        clinic__in=[clinic.pk for clinic in clinics], created_at__gte=timezone.now() - _RECENT
    )
    batches = recent.select_related("clinic").order_by("-created_at")[:_MOST_BATCHES]
    return {
        "clinics": [(str(clinic.pk), clinic.name) for clinic in clinics],
        "payers": list(Payer.objects.order_by("name").values_list("code", "name")),
        "batches": [(str(batch.pk), dated_name(batch)) for batch in batches],
        "since": Since.choices,
    }
