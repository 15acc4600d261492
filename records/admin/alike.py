"""Fix all like this, for rejected records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from django.urls import reverse

from portal.admin.alike import AlikePage
from portal.admin.alike_done import HOMES
from portal.admin_site import Capability, page
from portal.groupfix import Cluster, Ref, open_refs
from portal.models import Team
from records.admin.places import integrations_of, rejected_of, team_of, with_query
from records.data.languages import LANGUAGES
from records.forms.catalogue import genders, statuses
from records.operations.group_fixes import RejectedRecords
from records.presentation.fields import place
from records.presentation.rejections import words_for
from records.presentation.values import said

HOMES[RejectedRecords.name] = "admin:records_attention"


def place_of(pattern: str) -> str:
    """What a person calls a place; which one of a list goes without saying."""
    return place(pattern).replace(" *", "").replace("hours, ", "") if pattern else ""


@page("records/alike/", name="records_alike", capability=Capability.FIX)
class AlikeRecords(AlikePage):
    """The faults of the team's rejected records."""

    smallest = 1

    def kind(self) -> str:
        """Rejected rows of records."""
        return RejectedRecords.name

    def refs(self, as_of: datetime | None) -> list[Ref]:
        """All that wait."""
        rows = rejected_of(self.request)
        return open_refs(rows if as_of is None else rows.filter(updated_at__lte=as_of))

    def team(self) -> Team:
        """The person's."""
        return team_of(self.request)

    def words(self, fault: Cluster) -> tuple[str, str]:
        """By the code of the fault."""
        found = words_for(fault.code)
        return found.title, found.advice

    def field(self, pattern: str) -> str:
        """As the pages of records call it."""
        return place_of(pattern)

    def shown(self, pattern: str, value: Any) -> str:
        """Practitioners' records hold nothing that is masked."""
        return said(value)

    def choices(self, pattern: str) -> Sequence[tuple[str, str]]:
        """Where only some values are right."""
        if pattern == "/integrationId":
            return self._integrations
        if pattern == "/config/languages/*":
            return _languages()
        known = {
            "/config/gender": genders(),
            "/config/status": statuses(),
            "/config/type": (("practitioners", "Practitioner"),),
        }
        return known.get(pattern, ())

    def address(self, **more: str) -> str:
        """One fault; the faults themselves are on the list that the rows are taken from."""
        return with_query(reverse("admin:records_alike"), more) if more else self.back()

    def get_crumbs(self) -> list[dict[str, str]]:
        """Back to that list."""
        return [{"title": "Needs attention", "link": self.back()}]

    def back(self) -> str:
        """The list of groups."""
        return reverse("admin:records_attention")

    @cached_property
    def _integrations(self) -> list[tuple[str, str]]:
        return integrations_of(self.request, offered=True)


def _languages() -> list[tuple[str, str]]:
    found = [(code, f"{each.names[0]} ({code})") for code, each in LANGUAGES.items()]
    return sorted(found, key=lambda each: each[1])
