"""A batch's results or failed rows as a file: asked for, noted in the audit log, then sent."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect

from eligibility.admin.acting import own_batch
from eligibility.admin.batch_page import CRUMB
from eligibility.admin.links import address, batch_address
from eligibility.admin.names import batch_name
from eligibility.files.export import Outgoing, failed_rows
from eligibility.files.results import results
from eligibility.models import Batch
from portal import audit
from portal.admin_site import Capability, Page, page
from portal.exports import CONTENT_TYPES, MOST_XLSX_ROWS, as_bytes
from portal.models import Verb

KINDS: Final = {"results": results, "failed": failed_rows}
TOO_MANY = "An Excel sheet does not hold that many rows; CSV does."


@page(
    "eligibility/batch/<uuid:pk>/export/",
    name="eligibility_batch_export",
    capability=Capability.EXPORT,
)
class ExportBatch(Page):
    """Choose what and in which form; the file comes in the answer to the form."""

    title = "Export"
    template_name = "eligibility/batch_export.html"
    crumbs = (CRUMB,)

    def get_title(self) -> str:
        """Which batch."""
        return f"Export: {batch_name(own_batch(self.request, self.kwargs['pk']))}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """How many rows each file would have."""
        batch = own_batch(self.request, self.kwargs["pk"])
        chosen = self.request.GET.get("what", "results")
        return super().get_context_data(
            batch=batch,
            counts={kind: f"{make(batch).count:,}" for kind, make in KINDS.items()},
            chosen=chosen if chosen in KINDS else "results",
            back=batch_address(batch.pk),
            upload=address("upload"),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Note it, then send the file. What the form cannot say leads back to it."""
        batch = own_batch(request, self.kwargs["pk"])
        kind, ending = request.POST.get("what", ""), request.POST.get("form", "")
        if kind not in KINDS or ending not in CONTENT_TYPES:
            return self.get(request)
        outgoing = KINDS[kind](batch)
        if ending == "xlsx" and outgoing.count > MOST_XLSX_ROWS:
            messages.error(request, TOO_MANY)
            return redirect(request.path)
        audit.record(
            verb=Verb.EXPORTED,
            actor=audit.actor_of(request),
            obj=batch,
            details={"what": kind, "form": ending, "rows": outgoing.count},
        )
        return file_response(outgoing, ending, name=f"{_name(batch)}-{kind}")


def file_response(outgoing: Outgoing, ending: str, *, name: str) -> HttpResponse:
    """The file as an attachment, sent while it is made."""
    response = StreamingHttpResponse(
        as_bytes(ending, outgoing.columns, outgoing.rows), content_type=CONTENT_TYPES[ending]
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return response  # type: ignore[return-value]


def _name(batch: Batch) -> str:
    """The batch's moment and the end of its id: never its description, which is anybody's text."""
    at = batch.created_at.astimezone(batch.clinic.zone)
    return f"batch-{at:%Y-%m-%d-%H%M}-{batch.pk.hex[-6:]}"
