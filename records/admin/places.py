"""Where the pages of records are, and whose rows a person sees there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse

from portal.models import RejectedRow, Submission, Team
from records.choices import IntegrationStatus
from records.models import Integration, ResourceRecord
from records.operations import KIND


def team_of(request: HttpRequest) -> Team:
    """The person's team. Raises Http404 for those who look after the machine: they have none."""
    user: Any = request.user
    if user.team_id is None:
        raise Http404("this person belongs to no team")
    found: Team = user.team
    return found


def records_of(request: HttpRequest) -> QuerySet[ResourceRecord]:
    """The records that the person sees: those of the team."""
    user: Any = request.user
    found: QuerySet[ResourceRecord] = ResourceRecord.objects.filter(team_id=user.team_id or "")
    return found


def rejected_of(request: HttpRequest) -> QuerySet[RejectedRow]:
    """The rejected rows of records that still wait, in the order in which they came."""
    user: Any = request.user
    submissions = Submission.objects.filter(team_id=user.team_id or "", kind=KIND)
    rows = RejectedRow.objects.open().filter(submission__in=submissions.values("pk"))
    return rows.order_by("submission_id", "line")


def integrations_of(request: HttpRequest, *, offered: bool = False) -> list[tuple[str, str]]:
    """The team's integrations (id, name) by name; `offered`: only those that are active."""
    user: Any = request.user
    found = Integration.objects.filter(team_id=user.team_id or "").order_by("name")
    if offered:
        found = found.filter(status=IntegrationStatus.ACTIVE)
    return list(found.values_list("pk", "name"))


def record_address(record_id: str) -> str:
    """A record's page."""
    return reverse("admin:record", args=[record_id])


def fix_address(row: RejectedRow, **query: str) -> str:
    """The form of a rejected row; `like` names the group that it is taken from."""
    return with_query(reverse("admin:records_fix", args=[row.pk]), query)


def with_query(address: str, query: Mapping[str, str]) -> str:
    """The address with a query of what is not empty."""
    given = {name: value for name, value in query.items() if value}
    return f"{address}?{urlencode(given)}" if given else address
