"""One check by hand, for a patient at the desk: the payer first, then exactly what it takes."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from eligibility import forms, registry
from eligibility.admin.fix_page import FIELDS, PARTIAL
from eligibility.admin.places import task_address
from eligibility.operations import Disposition, create_tasks
from portal import audit
from portal.admin_site import Capability, Page, page
from portal.intake.issues import Issue
from portal.models import Clinic, Submission, Verb
from portal.roles import clinics_of

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

ASKED = "The payer is being asked. The answer appears here."
ASKED_BEFORE = "This check had been made already: here it is."


@page("checks/new/", name="new_check", capability=Capability.CREATE)
class NewCheckPage(Page):
    """Asks for the payer, then for the row, then shows the check."""

    title = "New check"
    template_name = "eligibility/new_check.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The payer alone, or with its fields when the address names it."""
        if not clinics_of(request.user):
            return self.render_to_response(self.get_context_data(clinics=[]))
        return self._show(_with_usual_codes({"tpa_name": request.GET.get("payer", "")}))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Make the check, or show what is wrong or doubtful about it."""
        row = forms.read_row(request.POST)
        if wanted := request.POST.get("use", ""):
            row = forms.take_over(row, wanted)
        if wanted or request.POST.get("action") == FIELDS:
            return self._show(_with_usual_codes(row))
        row |= {"priority": "high", "test_mode": "test" in request.POST}
        checked = forms.check_row(row, self._clinic())
        unseen = forms.doubts_not_seen(checked.warnings, request.POST.getlist("seen"))
        if checked.errors or unseen:
            return self._show(row, checked.errors, checked.warnings)
        return self._make(row)

    def _make(self, row: dict[str, Any]) -> HttpResponse:
        """Create it. The form's own reference makes a form that is sent twice the same check."""
        clinic = self._clinic()
        row.setdefault("client_reference", self._own_reference())
        actor = audit.actor_of(self.request)
        created = create_tasks(
            team=clinic.team,
            clinic=clinic,
            actor=actor.id,
            rows=[row],
            source=Submission.Source.FORM.value,
            request_id=getattr(self.request, "request_id", ""),
        )
        (entry,) = created.entries
        if entry.task_id is None:
            return self._show(row, entry.errors, entry.warnings)
        if entry.disposition is Disposition.CREATED:
            _record(actor, entry.task_id, clinic)
            messages.success(self.request, ASKED)
        else:
            messages.info(self.request, ASKED_BEFORE)
        return redirect(task_address(entry.task_id))

    def _show(
        self,
        row: Mapping[str, Any],
        errors: Collection[Issue] = (),
        warnings: Collection[Issue] = (),
    ) -> HttpResponse:
        form = forms.new_form(
            forms.values_of(row),
            team_id=self._clinic().team_id,
            errors=errors,
            warnings=warnings,
        )
        if self.request.headers.get(PARTIAL):
            return TemplateResponse(self.request, "eligibility/row_form.html", {"form": form})
        context = self.get_context_data(
            form=form,
            announces=self.request.method == "POST",
            clinics=clinics_of(self.request.user),
            clinic=self._clinic(),
            is_test="test" in self.request.POST,
            own_reference=self._own_reference(),
            must_insist=bool(form.doubts and not form.faults),
        )
        return self.render_to_response(context)

    def _clinic(self) -> Clinic:
        """The clinic that was chosen, or the person's first. Raises PermissionDenied."""
        clinics = clinics_of(self.request.user)
        wanted = self.request.POST.get("clinic", "")
        found = [clinic for clinic in clinics if str(clinic.pk) == wanted or not wanted]
        if not found:
            raise PermissionDenied
        return found[0]

    def _own_reference(self) -> str:
        """What names this form, until somebody opens another one."""
        given = self.request.POST.get("own_reference", "")
        if given and len(given) <= 20 and given.isascii() and given.isprintable():
            return given
        return "DESK-" + "".join(secrets.choice(_ALPHABET) for _ in range(8))


def _with_usual_codes(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with the payer's usual codes where it says none that this payer takes."""
    rules = registry.load().rules
    payer = rules.find(str(row.get("tpa_name") or ""))
    if payer is None:
        return dict(row)
    usual: dict[str, str] = {}
    if row.get("id_type") not in payer.id_types:
        usual["id_type"] = payer.id_types[0]
    if row.get("visit_type") not in payer.visit_types:
        usual["visit_type"] = rules.usual_visit_type(payer) if payer.visit_types else ""
    return {**row, **usual}


def _record(actor: audit.Actor, task_id: str, clinic: Clinic) -> None:
    target = audit.Target(
        "eligibility.eligibilitytask", task_id, f"Task {task_id}", clinic.team_id, clinic.pk
    )
    audit.record_many(verb=Verb.CREATED, actor=actor, targets=[target], details={"by": "form"})
