"""What needs attention among records: rows that could not be stored, by fault and value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from portal.admin_site import Capability, Page, page
from portal.groupfix import MOST_ROWS, Cluster, last_fix_of
from portal.groupfix.clusters import Fault
from records.admin.alike import place_of
from records.admin.groups import faults_of, first_of, group_of
from records.admin.places import fix_address, rejected_of, with_query
from records.presentation.rejections import words_for
from records.presentation.values import said

MOST_SHOWN = 8
"""Values of one fault that are listed; the rarer ones are reached through the fault itself."""
NOTHING_LEFT = "Nothing is left to do there: somebody has seen to it."


@dataclass(frozen=True, slots=True)
class GroupView:
    """One group as the page shows it, with the addresses of what can be done with all of it."""

    count: int
    value: str
    suggestion: str
    start: str
    alike: str
    discard: str


@dataclass(frozen=True, slots=True)
class FaultView:
    """One fault with its commonest values; `whole` is all of it, `rest` how many values more."""

    title: str
    advice: str
    where: str
    count: int
    whole: GroupView
    takes_own: int
    groups: list[GroupView]
    rest: int


@page("records/attention/", name="records_attention")
class AttentionPage(Page):
    """Every fault, the commonest first."""

    title = "Needs attention"
    template_name = "records/attention.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The faults in words."""
        faults = faults_of(self.request)
        total = rejected_of(self.request).order_by().count()
        return super().get_context_data(
            faults=[_fault(each) for each in faults],
            total=total,
            practitioners=total,
            last_fix=last_fix_of(self.request.user),
            cut=MOST_ROWS if total > MOST_ROWS else 0,
            **kwargs,
        )


@page("records/attention/start/", name="records_start", capability=Capability.FIX)
class StartPage(Page):
    """Leads to the form of the first row of a group."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The first row as the list stands now; the list when there is none any more."""
        group = group_of(request)
        row = first_of(group) if group else None
        if row is None or group is None:
            messages.info(request, NOTHING_LEFT)
            return redirect("admin:records_attention")
        return redirect(fix_address(row, like=group.token))


def _fault(fault: Fault) -> FaultView:
    words = words_for(fault.whole.code)
    shown = fault.clusters[:MOST_SHOWN]
    takes_own = len(fault.clusters) > 1 and fault.whole.suggested
    return FaultView(
        title=words.title,
        advice=words.advice,
        where=place_of(fault.whole.pattern),
        count=fault.count,
        whole=_group(fault.whole, ""),
        takes_own=takes_own or 0,
        groups=[_group(each, said(each.value)) for each in shown],
        rest=len(fault.clusters) - len(shown),
    )


def _group(cluster: Cluster, value: str) -> GroupView:
    def to(name: str) -> str:
        return with_query(reverse(f"admin:records_{name}"), {"like": cluster.token})

    return GroupView(
        count=len(cluster.refs),
        value=value,
        suggestion=said(cluster.suggestion),
        start=to("start"),
        alike=to("alike"),
        discard=to("discard"),
    )
