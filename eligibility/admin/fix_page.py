"""The form for one row: what is at fault first, what was sent beside it, and on to the next row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from eligibility import forms
from eligibility.admin.fix_subject import Meanwhile, Subject, show_theirs
from eligibility.admin.names import payer_names
from eligibility.admin.places import (
    fix_address,
    group_address,
    group_of,
    worklist_address,
    worklist_of,
)
from eligibility.operations import Fixed, FixStatus
from eligibility.presentation.fields import row_in_words
from eligibility.rules import Checked
from eligibility.worklist import GroupKey
from portal import audit
from portal.admin_site import Page
from portal.models import Verb

AND_NEXT, FIELDS = "next", "fields"
LAST_ONE = "That was the last row of this group."
PARTIAL = "X-Fields-Only"
"""The header of a script that wants the fields of another payer, and nothing around them."""


class FixPage(ABC, Page):
    """Shows a row's form and saves it. Opening it shows identifiers, which is put on record."""

    template_name = "eligibility/fix.html"
    leave_out: ClassVar[tuple[str, ...]] = ()
    save_word: ClassVar[str]
    next_word: ClassVar[str]
    saved: ClassVar[str]

    @abstractmethod
    def subject(self, pk: Any) -> Subject:
        """The row, if the person may see it. Raises Http404."""

    @abstractmethod
    def save(self, subject: Subject, row: Mapping[str, Any], version: int) -> Fixed:
        """Call the operation, and write the audit log with it."""

    @abstractmethod
    def meanwhile(self, subject: Subject, fixed: Fixed, revision: int) -> Meanwhile:
        """What happened to the row since the form was opened at this revision."""

    @abstractmethod
    def address_after(self, subject: Subject, fixed: Fixed) -> str:
        """Where "save" leads when nobody asked for the next row."""

    @abstractmethod
    def more(self, subject: Subject, payers: Mapping[str, str]) -> dict[str, Any]:
        """What else the template shows of this kind of row."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The row as it stands, under the rules of this moment."""
        subject = self.subject(kwargs["pk"])
        self.record(Verb.REVEALED, subject, page=self.url_name)
        row = forms.restated(subject.stands)
        return self._show(subject, row, self._check(subject, row))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save, or show the form again with what is wrong, doubtful or changed meanwhile."""
        subject = self.subject(kwargs["pk"])
        row = forms.read_row(request.POST, subject.stands)
        wanted = request.POST.get("use", "")
        if wanted:
            row = forms.take_over(row, wanted)
        checked = self._check(subject, row)
        if wanted or request.POST.get("action") == FIELDS:
            return self._show(subject, row, checked)
        version = _whole(request.POST, "version")
        unseen = forms.doubts_not_seen(checked.warnings, request.POST.getlist("seen"))
        is_current = version == subject.version and not subject.closed
        if is_current and (checked.errors or unseen):
            return self._show(subject, row, checked)
        return self._answer(subject, row, checked, self.save(subject, row, version))

    def record(self, verb: Verb, subject: Subject, **details: Any) -> None:
        """One entry of the audit log about the row."""
        actor = audit.actor_of(self.request)
        audit.record_many(verb=verb, actor=actor, targets=[subject.target], details=details)

    def _answer(
        self, subject: Subject, row: Mapping[str, Any], checked: Checked, fixed: Fixed
    ) -> HttpResponse:
        if fixed.status is FixStatus.REJECTED:
            return self._show(subject, row, checked)
        if fixed.status in (FixStatus.CONFLICT, FixStatus.GONE):
            now = self.subject(subject.row.pk)
            meanwhile = self.meanwhile(now, fixed, _whole(self.request.POST, "revision"))
            return self._show(now, row, checked, meanwhile)
        unchanged = fixed.status is FixStatus.UNCHANGED
        said = "Nothing was changed; asked again as it was." if unchanged else self.saved
        if self.request.POST.get("action") == AND_NEXT and subject.key is not None:
            return self._go_on(subject, subject.key, said)
        messages.success(self.request, said)
        return redirect(self.address_after(subject, fixed))

    def _go_on(self, subject: Subject, key: GroupKey, said: str) -> HttpResponse:
        """To the next row of the same list."""
        worklist = worklist_of(self.request)
        row = worklist.next_after(key, subject.row)
        if row is None:
            messages.success(self.request, f"{said} {LAST_ONE}")
            return redirect(worklist_address(worklist.filters))
        messages.success(self.request, said)
        return redirect(fix_address(row, key, worklist.filters))

    def _check(self, subject: Subject, row: Mapping[str, Any]) -> Checked:
        return forms.check_row(row, subject.clinic, profile=subject.profile)

    def _show(
        self,
        subject: Subject,
        row: Mapping[str, Any],
        checked: Checked,
        meanwhile: Meanwhile | None = None,
    ) -> HttpResponse:
        explanation = subject.key.explain() if subject.key else None
        form = forms.row_form(
            forms.values_of(row),
            team_id=subject.clinic.team_id,
            errors=checked.errors,
            warnings=checked.warnings,
            look_at=explanation.look_at if explanation else (),
            leave_out=self.leave_out,
        )
        if meanwhile is not None:
            show_theirs(form, subject, meanwhile)
        if self.request.headers.get(PARTIAL):
            return TemplateResponse(self.request, "eligibility/row_form.html", {"form": form})
        payers = payer_names()
        context = self.get_context_data(
            subject=subject,
            payer=payers.get(subject.key.payer, "") if subject.key else "",
            form=form,
            announces=self.request.method == "POST",
            explanation=explanation,
            meanwhile=meanwhile,
            original=row_in_words(subject.original, payers),
            must_insist=bool(form.doubts and not form.faults and self.request.method == "POST"),
            **self._neighbours(subject),
            **self.more(subject, payers),
        )
        return self.render_to_response(context, status=409 if meanwhile else 200)

    def _neighbours(self, subject: Subject) -> dict[str, Any]:
        """How many rows the list has besides this one, and where it goes on."""
        if subject.key is None:
            return {"left": 0, "skip": ""}
        worklist = worklist_of(self.request)
        row = worklist.next_after(subject.key, subject.row)
        left = worklist.rows(subject.key).exclude(pk=subject.row.pk).count() if row else 0
        skip = fix_address(row, subject.key, worklist.filters) if row else ""
        return {"left": left, "skip": skip}

    def get_crumbs(self) -> list[dict[str, str]]:
        """Back to the list, and to the group that the address names."""
        filters, key = worklist_of(self.request).filters, group_of(self.request)
        found = [{"title": "Needs attention", "link": worklist_address(filters)}]
        if key is not None:
            link = group_address("admin:worklist_group", key, filters)
            found.append({"title": key.explain().title, "link": link})
        return found


def _whole(posted: QueryDict, name: str) -> int:
    text = posted.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
