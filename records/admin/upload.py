"""Upload of practitioners: choose a file, see what it would do, then bring that very file in.

Between the steps the file is kept by `portal.uploads`; the address holds its token alone. A large
file comes in piece by piece, each piece in a request of its own that goes on where the last one
stopped (`operations.imports`), so that its progress shows and nothing depends on one long request.
"""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse

from portal import uploads
from portal.admin_site import Capability, Page, page
from portal.intake.readers import Unreadable
from portal.uploads import ENCODINGS, Upload
from records.admin.upload_trial import (
    CONFLICTS,
    PROFILES,
    Asked,
    bring_in,
    integrations_of,
    team_of,
    try_out,
)
from records.importers.report import RecordReport

PIECE_SECONDS = 6.0
"""How long one request brings rows in before it shows how far it is."""
GONE = "That file is no longer here: it is kept for an hour, for who brought it. Choose it again."
NO_TEAM = "Practitioners belong to a team, and you belong to none: log in as a person of the team."


@page("records/upload/", name="records_upload", capability=Capability.IMPORT)
class UploadPractitioners(Page):
    """All steps: without a file the choice of one, then what it would do, then how far it is."""

    title = "Upload practitioners"
    template_name = "records/upload.html"
    crumbs = (("Practitioners", "admin:records"),)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form, or the trial run of the file that the address names."""
        if "file" not in request.GET:
            return self.render_to_response(self.get_context_data())
        upload = uploads.find(request.GET["file"], owner=request.user.pk)
        return self._gone() if upload is None else self._trial(upload)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A new file, or what to do with the one that waits."""
        if team_of(request.user) is None:
            return self.render_to_response(self.get_context_data())
        if "list" in request.FILES or "file" not in request.POST:
            return self._keep()
        upload = uploads.find(request.POST["file"], owner=request.user.pk)
        if upload is None:
            return self._gone()
        deeds = {"run": self._run, "ask": self._ask_otherwise, "read": self._read_as}
        return deeds.get(request.POST.get("do", ""), self._discard)(upload)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What every step shows."""
        team = team_of(self.request.user)
        return super().get_context_data(
            no_team="" if team else NO_TEAM,
            integrations=integrations_of(team),
            profiles=PROFILES,
            conflicts=CONFLICTS,
            encodings=ENCODINGS,
            most_bytes=settings.UPLOAD_MAX_BYTES,
            **{"asked": Asked(), **kwargs},
        )

    # --- the first step ---------------------------------------------------------------------

    def _keep(self) -> HttpResponse:
        """Keep the file, and a second one of roles, for the trial run."""
        request, team = self.request, team_of(self.request.user)
        brought: Any = request.FILES.get("list")
        second: Any = request.FILES.get("roles")
        asked = Asked.read(request.POST, team)
        if brought is None:
            return self._ask_again("Choose a file first.")
        if asked is None:
            return self._ask_again("Choose the integration that the practitioners come through.")
        if any(each and each.size > settings.UPLOAD_MAX_BYTES for each in (brought, second)):
            most = settings.UPLOAD_MAX_BYTES // 1024**2
            said = f"The file is larger than {most} MB: split it."
            return self._ask_again(f"{said} The command import_practitioners takes any size.")
        options = asked.as_options()
        if second:
            kept = uploads.keep(second.file, name=second.name, owner=request.user.pk, options={})
            options["roles"] = kept.token
        upload = uploads.keep(
            brought.file, name=brought.name, owner=request.user.pk, options=options
        )
        return _show(upload)

    def _ask_again(self, error: str) -> HttpResponse:
        return self.render_to_response(self.get_context_data(error=error))

    # --- the second step --------------------------------------------------------------------

    def _trial(self, upload: Upload) -> HttpResponse:
        """What the file would do."""
        trial = try_out(upload, self.request.user)
        uploads.remember(upload, rows=str(trial.report.rows))
        asked = Asked.of(upload)
        return self.render_to_response(
            self.get_context_data(upload=upload, trial=trial, asked=asked)
        )

    def _ask_otherwise(self, upload: Upload) -> HttpResponse:
        """Somebody wants the same file brought in differently."""
        asked = Asked.read(self.request.POST, team_of(self.request.user))
        if asked is not None:
            uploads.remember(upload, **asked.as_options())
        return _show(upload)

    def _read_as(self, upload: Upload) -> HttpResponse:
        """Somebody has said how the text is written."""
        wanted = self.request.POST.get("encoding", "")
        if wanted in dict(ENCODINGS):
            uploads.remember(upload, encoding=wanted)
        return _show(upload)

    def _discard(self, upload: Upload) -> HttpResponse:
        """Forget the file."""
        self._forget(upload)
        messages.info(self.request, "The file was discarded. Nothing has been brought in.")
        return redirect("admin:records_upload")

    # --- the third step ---------------------------------------------------------------------

    def _run(self, upload: Upload) -> HttpResponse:
        """Bring rows in, for some seconds or to the end."""
        request, until = self.request, time.monotonic() + PIECE_SECONDS
        try:
            report = bring_in(
                upload,
                request.user,
                keep_going=lambda: time.monotonic() < until,
                request_id=getattr(request, "request_id", ""),
            )
        except FileNotFoundError:
            return self._gone()
        except Unreadable:
            return _show(upload)
        if report.is_done:
            return self._lead_on(upload, report)
        total = max(int(upload.options.get("rows", "0")), report.rows, 1)
        share = min(99, 100 * report.rows // total)
        context = self.get_context_data(upload=upload, going=report, total=total, share=share)
        return self.render_to_response(context)

    def _lead_on(self, upload: Upload, report: RecordReport) -> HttpResponse:
        """To what waits for people, else to the list."""
        self._forget(upload)
        level = messages.WARNING if report.rejected or report.conflicts else messages.SUCCESS
        messages.add_message(self.request, level, told(report))
        names = ("records_attention", "records") if report.rejected else ("records",)
        for name in names:
            try:
                return redirect(reverse(f"admin:{name}"))
            except NoReverseMatch:
                continue
        return redirect("admin:records_upload")

    def _forget(self, upload: Upload) -> None:
        roles = uploads.find(upload.options.get("roles", ""), owner=self.request.user.pk)
        for each in (upload, roles):
            if each is not None:
                each.delete()

    def _gone(self) -> HttpResponse:
        messages.warning(self.request, GONE)
        return redirect("admin:records_upload")


def _show(upload: Upload) -> HttpResponse:
    return redirect(f"{reverse('admin:records_upload')}?file={upload.token}")


def told(report: RecordReport) -> str:
    """What became of the rows, in a sentence or three."""
    if report.was_done:
        return "This very file came in before, so nothing was done."
    words = [f"{report.accepted:,} of {report.rows:,} rows are in."]
    kinds = {"new": report.created, "changed": report.updated, "corrected": report.fixed}
    kinds |= {"as they were": report.unchanged + report.skipped}
    if said := ", ".join(f"{count:,} {kind}" for kind, count in kinds.items() if count):
        words.append(f"{said[0].upper()}{said[1:]}.")
    if report.rejected:
        words.append(f"{report.rejected:,} were not accepted and wait to be fixed.")
    if report.waiting:
        words.append(f"{report.waiting:,} nobody had edited: they wait as before.")
    if report.conflicts:
        words.append(f"{report.conflicts:,} had been changed by somebody else and were left alone.")
    return " ".join(words)
