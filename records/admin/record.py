"""One practitioner: who, when and where they work, what is doubtful, and what happened to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse

from portal import moments
from portal.admin_site import Page, page
from portal.models import Team
from portal.people import names_of
from portal.roles import zone_of
from records.admin.places import integrations_of, record_address, records_of, team_of
from records.admin.records import specialty_names, status_badge
from records.choices import Change
from records.models import RecordChange, ResourceRecord
from records.operations import record_history
from records.presentation.fields import place
from records.presentation.history import Told, differences
from records.presentation.rejections import words_for
from records.presentation.values import language, said
from records.presentation.week import week_of

MOST_CHANGES = 50
"""Changes that the page tells, the newest ones."""

ROADS = {"api": "through the API", "file": "from a file", "form": "in the portal"}
_LOOKS = {
    Change.CREATED.value: ("Created", "add_circle", "green"),
    Change.UPDATED.value: ("Changed", "edit", "blue"),
    Change.DELETED.value: ("Deleted", "delete", "red"),
}


@page("records/<objectid:pk>/", name="record")
class RecordPage(Page):
    """A record as it stands; of a deleted one, its history."""

    template_name = "records/record.html"
    crumbs = (("Practitioners", "admin:records"),)

    def get_title(self) -> str:
        """Not the name: a browser's history keeps titles."""
        return "Practitioner"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The record in words. Raises Http404 for one that the team never had."""
        team = team_of(self.request)
        record = records_of(self.request).filter(pk=self.kwargs["pk"]).first()
        history = list(
            record_history(team=team, record_id=self.kwargs["pk"]).reverse()[: MOST_CHANGES + 1]
        )
        if record is None and not history:
            raise Http404("no such record")
        integrations = dict(integrations_of(self.request))
        zone = zone_of(self.request.user)
        return super().get_context_data(
            record=record,
            history=_told(history[:MOST_CHANGES], zone),
            has_more=len(history) > MOST_CHANGES,
            **(self._parts(record, team, integrations) if record else {}),
            **kwargs,
        )

    def _parts(
        self, record: ResourceRecord, team: Team, integrations: Mapping[str, str]
    ) -> dict[str, Any]:
        config = record.config
        return {
            "name": config.get("name") or "",
            "status": status_badge(record.status),
            "facts": _facts(record, integrations),
            "prose": _prose(config),
            "supervisor": self._supervisor(record),
            "languages": [(tag, language(str(tag))) for tag in config.get("languages") or []],
            "specialties": _specialties(config),
            "locations": config.get("locations") or [],
            "week": week_of(config.get("workingHours")),
            "warnings": [_warning(each) for each in record.warnings],
            "links": {
                "change": reverse("admin:record_change", args=[record.pk]),
                "delete": reverse("admin:record_delete", args=[record.pk]),
            },
        }

    def _supervisor(self, record: ResourceRecord) -> tuple[str, str] | None:
        """(what to call the supervisor, the address of that record if there is one)."""
        if not record.supervisor_id:
            return None
        found = records_of(self.request).filter(pk=record.supervisor_id).first()
        if found is None:
            return record.supervisor_id, ""
        return found.config.get("name") or found.pk, record_address(found.pk)


def record_or_404(request: Any, pk: str) -> ResourceRecord:
    """The team's record of this id."""
    return get_object_or_404(records_of(request), pk=pk)


def _facts(record: ResourceRecord, integrations: Mapping[str, str]) -> list[tuple[str, str]]:
    config = record.config
    integration = integrations.get(record.integration_key, record.integration_key)
    pairs = [
        ("NPI", record.npi),
        ("Practitioner's id", record.external_id),
        ("Gender", str(config.get("gender") or "").capitalize()),
        ("Qualification", said(config.get("qualification"))),
        ("Organisation's id", record.organization_id),
        ("Integration", integration),
        ("Id in your system", record.logical_id or ""),
        ("Preferred reasons for a visit", said(config.get("preferred_visiting_reasons"))),
        ("Id here", record.pk),
    ]
    return [(word, value) for word, value in pairs if value]


def _prose(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    pairs = [("Education", "education"), ("Summary", "summary"), ("Picture", "avatar")]
    return [(word, said(config.get(name))) for word, name in pairs if config.get(name)]


def _specialties(config: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(name, code, the code's own name where the record says another)."""
    given = config.get("specialties") or []
    names = specialty_names({str(each["code"]) for each in given if each.get("code")})
    return [_specialty(each, names) for each in given]


def _specialty(given: Mapping[str, Any], names: Mapping[str, str]) -> tuple[str, str, str]:
    code, name = given.get("code") or "", given.get("name") or ""
    own = names.get(code, "")
    differs = bool(name and own) and name.casefold() != own.casefold()
    return name or own or "No name", code, own if differs else ""


def _warning(issue: Mapping[str, Any]) -> dict[str, str]:
    words = words_for(str(issue.get("code", "")))
    return {
        "title": words.title,
        "where": place(str(issue.get("pointer") or "")),
        "value": said(issue.get("value")),
        "message": str(issue.get("message", "")),
        "suggestion": said(issue.get("suggestion")),
    }


def _told(changes: list[RecordChange], zone: Any) -> list[Told]:
    names = names_of(change.actor for change in changes)
    found = []
    for change in changes:
        word, icon, colour = _LOOKS[change.change]
        is_update = change.change == Change.UPDATED
        found.append(
            Told(
                word=word,
                icon=icon,
                colour=colour,
                who=names.get(change.actor, "The portal"),
                road=ROADS.get(change.source, ""),
                when=moments.at(change.at, zone),
                version=change.version,
                differences=differences(change.before, change.after) if is_update else [],
            )
        )
    return found
