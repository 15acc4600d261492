"""The team's practitioners as a file: asked for, noted in the audit log, then sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from portal import audit
from portal.admin_site import Capability, Page, page
from portal.exports import MOST_XLSX_ROWS
from portal.models import Team
from portal.roles import zone_of
from records.admin.upload import NO_TEAM
from records.admin.upload_trial import NONE, integrations_of, team_of
from records.importers.rows import Format
from records.importers.writing import WRITTEN
from records.operations.exports import (
    export_practitioners,
    export_rejected,
    records_to_export,
    rejected_to_export,
)

ALL: Final = ""
TO_FIX: Final = "fix"
"""For the rows that were not accepted; a table is their only form."""
TOO_MANY: Final = "An Excel sheet does not hold that many practitioners; CSV does."


@page("records/export/", name="records_export", capability=Capability.EXPORT)
class ExportPractitioners(Page):
    """Choose which and in which form; the file comes in the answer to the form."""

    title = "Export practitioners"
    template_name = "records/export.html"
    crumbs = (("Practitioners", "admin:records"),)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The integrations and the forms there are."""
        team = team_of(self.request.user)
        return super().get_context_data(
            no_team="" if team else NO_TEAM,
            integrations=integrations_of(team),
            chosen=self.request.GET.get("integration", ALL),
            count=records_to_export(team).count() if team else 0,
            to_fix=rejected_to_export(team).count() if team else 0,
            forms=[(kind.value, each) for kind, each in WRITTEN.items()],
            back=_back(),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Note it, then send the file. What the form cannot say leads back to it."""
        team, wanted = team_of(request.user), request.POST.get("integration", ALL)
        form = request.POST.get("form", "")
        if team is not None and wanted == TO_FIX and form in (Format.CSV, Format.XLSX):
            return self._send_to_fix(team, form)
        known = {ALL, NONE, *(pk for pk, _ in integrations_of(team))}
        if team is None or form not in list(Format) or wanted not in known:
            return self.get(request)
        kind = Format(form)
        integration_id = None if wanted == ALL else "" if wanted == NONE else wanted
        records = records_to_export(team, integration_id=integration_id)
        if kind is Format.XLSX and records.count() > MOST_XLSX_ROWS:
            messages.error(request, TOO_MANY)
            return redirect(request.path)
        pieces = export_practitioners(
            team=team,
            kind=kind,
            records=records,
            actor=audit.actor_of(request),
            integration_id=integration_id,
        )
        return self._send(pieces, kind, "practitioners")

    def _send_to_fix(self, team: Team, ending: str) -> Any:
        """The rows that were not accepted, to be corrected and brought back."""
        rows = rejected_to_export(team)
        if ending == Format.XLSX and rows.count() > MOST_XLSX_ROWS:
            messages.error(self.request, TOO_MANY)
            return redirect(self.request.path)
        actor = audit.actor_of(self.request)
        pieces = export_rejected(team=team, ending=ending, rows=rows, actor=actor)
        return self._send(pieces, Format(ending), "practitioners-to-fix")

    def _send(self, pieces: Iterator[bytes], kind: Format, name: str) -> StreamingHttpResponse:
        """The file as an attachment, sent while it is made."""
        response = StreamingHttpResponse(pieces, content_type=WRITTEN[kind].content_type)
        day = timezone.now().astimezone(zone_of(self.request.user)).date()
        file_name = f"{name}-{day:%Y-%m-%d}.{WRITTEN[kind].ending}"
        response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
        return response


def _back() -> str:
    try:
        return reverse("admin:records")
    except NoReverseMatch:
        return reverse("admin:index")
