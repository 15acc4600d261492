"""Where things are in the staff's pages: addresses hold ids, codes and filters, never a patient."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.urls import NoReverseMatch, reverse

from eligibility.models import EligibilityTask
from eligibility.worklist import Filters, GroupKey, Kind, Worklist
from portal.models import RejectedRow
from portal.roles import visible_clinic_ids, zone_of


def worklist_of(request: HttpRequest) -> Worklist:
    """The part of the worklist that an address names, within the person's own clinics."""
    user: Any = request.user
    filters = Filters.read(request.GET)
    return Worklist(tuple(visible_clinic_ids(user)), filters, zone_of(user))


def group_of(request: HttpRequest) -> GroupKey | None:
    """The group that an address names, if it names one."""
    return GroupKey.parse(request.GET.get("group", ""))


def group_or_404(request: HttpRequest) -> GroupKey:
    """The group that an address must name."""
    key = group_of(request)
    if key is None:
        raise Http404("no such group")
    return key


def worklist_address(filters: Filters) -> str:
    """The list of groups."""
    return _with_query(reverse("admin:worklist"), filters.as_query())


def group_address(name: str, key: GroupKey, filters: Filters, **more: str) -> str:
    """A page about one group, by its address name ("admin:worklist_group")."""
    return _with_query(reverse(name), filters.as_query(group=str(key), **more))


def fix_address(
    row: EligibilityTask | RejectedRow, key: GroupKey | None = None, filters: Filters | None = None
) -> str:
    """The form for one row; `key` and `filters` say which list it is taken from."""
    is_task = isinstance(row, EligibilityTask)
    name = "admin:eligibility_fix" if is_task else "admin:eligibility_fix_rejected"
    more = {"group": str(key)} if key else {}
    return _with_query(reverse(name, args=[row.pk]), (filters or Filters()).as_query(**more))


def fix_address_of(pk: UUID, key: GroupKey, filters: Filters) -> str:
    """The form for the row of this id, which is one of the group."""
    is_rejected = key.kind is Kind.REJECTED
    name = "admin:eligibility_fix_rejected" if is_rejected else "admin:eligibility_fix"
    return _with_query(reverse(name, args=[pk]), filters.as_query(group=str(key)))


def task_address(task_id: Any) -> str:
    """The page of one check."""
    try:
        return reverse("admin:eligibility_eligibilitytask_change", args=[task_id])
    except NoReverseMatch:
        return reverse("admin:worklist")


def _with_query(address: str, query: str) -> str:
    return f"{address}?{query}" if query else address
