"""Upload of a list: choose a file, see what it would do, then run or schedule that very file.

Between the steps the file is kept by `portal.uploads`; the address holds its token alone. What
becomes of its rows is decided by `operations.imports`, as for the command `import_tasks`.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from eligibility.admin.home_desk import address
from eligibility.admin.upload_trial import FIELDS, bring_in, try_out
from eligibility.files.report import FileReport
from eligibility.worklist import Filters
from portal import moments, uploads
from portal.admin_site import Capability, Page, page
from portal.intake.readers import Unreadable
from portal.models import Clinic
from portal.roles import clinics_of
from portal.uploads import ENCODINGS, Upload

FURTHEST = timedelta(days=366)
"""How far ahead a batch may be scheduled."""

GONE = "That file is no longer here: it is kept for an hour, for who brought it. Choose it again."


class _CameBefore(Exception):
    """Nothing was done, so the file stays for whoever wants it in again."""


@page("upload/", name="upload", capability=Capability.IMPORT)
class UploadPage(Page):
    """Both steps: without a file the choice of one, with a file what it would do."""

    title = "Upload"
    template_name = "eligibility/upload.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form, or the trial run of the file that the address names."""
        if "file" not in request.GET:
            return self.render_to_response(self.get_context_data())
        upload = uploads.find(request.GET["file"], owner=request.user.pk)
        return self._gone() if upload is None else self._trial(upload)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A new file, or what to do with the one that waits."""
        if "list" in request.FILES or "file" not in request.POST:
            return self._keep()
        upload = uploads.find(request.POST["file"], owner=request.user.pk)
        if upload is None:
            return self._gone()
        deeds = {
            "run": self._run,
            "schedule": self._schedule,
            "read": self._read_as,
            "map": self._map,
        }
        return deeds.get(request.POST.get("do", ""), self._discard)(upload)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What both steps show."""
        return super().get_context_data(
            clinics=clinics_of(self.request.user),
            most_bytes=settings.UPLOAD_MAX_BYTES,
            **kwargs,
        )

    # --- the first step ---------------------------------------------------------------------

    def _keep(self) -> HttpResponse:
        """Keep the file for its trial run."""
        request = self.request
        brought: Any = request.FILES.get("list")
        clinic = self._clinic(request.POST.get("clinic", ""))
        if brought is None:
            return self._ask_again("Choose a file first.")
        if clinic is None:
            return self._ask_again("Choose the clinic that the list is for.")
        if brought.size > settings.UPLOAD_MAX_BYTES:
            most = settings.UPLOAD_MAX_BYTES // 1024**2
            too_large = f"The file is larger than {most} MB: split it."
            return self._ask_again(f"{too_large} The command import_tasks takes any size.")
        upload = uploads.keep(
            brought.file,
            name=brought.name,
            owner=request.user.pk,
            options={"clinic": str(clinic.pk)},
        )
        return _show(upload)

    def _ask_again(self, error: str) -> HttpResponse:
        return self.render_to_response(self.get_context_data(error=error))

    def _clinic(self, wanted: str) -> Clinic | None:
        """The person's clinic with this id; their only one needs no choice."""
        own = clinics_of(self.request.user)
        if len(own) == 1 and not wanted:
            return own[0]
        return next((clinic for clinic in own if str(clinic.pk) == wanted), None)

    # --- the second step --------------------------------------------------------------------

    def _trial(self, upload: Upload, error: str = "", **more: Any) -> HttpResponse:
        """What the file would do."""
        clinic = self._clinic(upload.options["clinic"])
        if clinic is None:
            return self._gone()
        trial = try_out(upload, clinic=clinic, actor=str(self.request.user.pk))
        now = timezone.now().astimezone(clinic.zone)
        context = self.get_context_data(
            upload=upload,
            clinic=clinic,
            trial=trial,
            encodings=ENCODINGS,
            fields=FIELDS,
            error=error,
            earliest=f"{now:%Y-%m-%dT%H:%M}",
            **more,
        )
        return self.render_to_response(context)

    def _run(self, upload: Upload, scheduled_for: datetime | None = None) -> HttpResponse:
        """Bring the rows in. The file is used up, unless it turns out to be of no use."""
        request, clinic = self.request, self._clinic(upload.options["clinic"])
        if clinic is None:
            return self._gone()
        try:
            with upload.take() as content:
                report = bring_in(
                    content,
                    upload,
                    clinic=clinic,
                    actor=str(request.user.pk),
                    again=request.POST.get("again") == "1",
                    scheduled_for=scheduled_for,
                    request_id=getattr(request, "request_id", ""),
                )
                if report.was_done:
                    raise _CameBefore
        except FileNotFoundError:
            return self._gone()
        except _CameBefore:
            return self._trial(upload, came_before=True, earlier=_batch(report))
        except Unreadable:
            return _show(upload)
        return self._lead_on(report, clinic, scheduled_for)

    def _schedule(self, upload: Upload) -> HttpResponse:
        """The same at a later time, which is told in the clinic's zone."""
        clinic = self._clinic(upload.options["clinic"])
        if clinic is None:
            return self._gone()
        now = timezone.now()
        moment = _moment(self.request.POST.get("at", ""), clinic)
        if moment is None or not now < moment < now + FURTHEST:
            error = f"Choose a time to come, within a year, as the clocks show it in {clinic.name}."
            return self._trial(upload, error)
        return self._run(upload, moment)

    def _read_as(self, upload: Upload) -> HttpResponse:
        """Somebody has said how the text is written."""
        wanted = self.request.POST.get("encoding", "")
        if wanted in dict(ENCODINGS):
            uploads.remember(upload, encoding=wanted)
        return _show(upload)

    def _map(self, upload: Upload) -> HttpResponse:
        """Somebody has said which column is which field."""
        given = self.request.POST
        pairs = zip(given.getlist("column"), given.getlist("field"), strict=False)
        mapping = {column: name for column, name in pairs if name in dict(FIELDS)}
        uploads.remember(upload, mapping=json.dumps(mapping))
        return _show(upload)

    def _discard(self, upload: Upload) -> HttpResponse:
        """Forget the file."""
        upload.delete()
        messages.info(self.request, "The file was discarded. Nothing has been brought in.")
        return redirect("admin:upload")

    def _gone(self) -> HttpResponse:
        messages.warning(self.request, GONE)
        return redirect("admin:upload")

    def _lead_on(
        self, report: FileReport, clinic: Clinic, scheduled_for: datetime | None
    ) -> HttpResponse:
        """To the batch, where its progress shows; without one to what waits for people."""
        level = messages.WARNING if report.rejected or report.conflicts else messages.SUCCESS
        messages.add_message(self.request, level, _told(report, clinic, scheduled_for))
        return redirect(_batch(report) or _waiting(report) or reverse("admin:index"))


def _show(upload: Upload) -> HttpResponse:
    return redirect(f"{reverse('admin:upload')}?file={upload.token}")


def _batch(report: FileReport) -> str:
    """The batch's page; empty when the file made none."""
    return address("eligibility_batch_change", report.batch_id) if report.batch_id else ""


def _waiting(report: FileReport) -> str:
    """Where the rows are that were not accepted; empty when all were."""
    batch = UUID(report.batch_id) if report.batch_id else None
    return address("worklist", query=Filters(batch=batch).as_query()) if report.rejected else ""


def _told(report: FileReport, clinic: Clinic, scheduled_for: datetime | None) -> str:
    """What became of the rows, in a sentence or three."""
    words = [f"{report.accepted:,} of {report.rows:,} rows are in."]
    if scheduled_for is not None and report.created:
        words.append(f"They start at {moments.at(scheduled_for, clinic.zone)}.")
    if report.rejected:
        words.append(f"{report.rejected:,} were not accepted and wait under Needs attention.")
    if report.conflicts:
        words.append(f"{report.conflicts:,} had been changed by somebody else and were left alone.")
    return " ".join(words)


def _moment(text: str, clinic: Clinic) -> datetime | None:
    """A moment of a clinic's clocks, as a browser's field gives it."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=clinic.zone)
    except ValueError:
        return None
