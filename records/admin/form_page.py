"""The form for one record: what is at fault first, with suggestions one click away."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse

from portal.admin_site import Page
from portal.intake.issues import Issue
from records import forms
from records.admin.places import integrations_of


@dataclass(frozen=True, slots=True)
class Found:
    """What the rules say of a row as the form has it."""

    errors: Sequence[Issue] = ()
    warnings: Sequence[Issue] = ()


class RecordFormPage(ABC, Page):
    """Shows a row's form, takes suggestions over, and saves it."""

    template_name = "records/form.html"
    save_word: ClassVar[str]

    @abstractmethod
    def stands(self) -> Any:
        """The row as it stands now. Raises Http404."""

    @abstractmethod
    def version(self) -> int:
        """The version of what stands."""

    @abstractmethod
    def check(self, row: Any) -> Found:
        """What the rules say of this row; nothing is written."""

    @abstractmethod
    def save(self, row: dict[str, Any], version: int) -> HttpResponse:
        """Save it, and lead on; or show the form again."""

    def more(self) -> dict[str, Any]:
        """What else the template shows."""
        return {}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The row under the rules of this moment."""
        return self.show(self.stands())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take a suggestion over, or save."""
        row = forms.read_row(request.POST, self.stands())
        if token := request.POST.get("use", ""):
            found = self.check(row)
            return self.show(forms.take_over(row, [*found.errors, *found.warnings], token))
        text = request.POST.get("version", "")
        version = int(text) if text.isdecimal() and len(text) < 10 else 0
        return self.save(row, version)

    def show(
        self, row: Any, found: Found | None = None, *, conflict: str = "", status: int = 200
    ) -> HttpResponse:
        """The form of this row; `conflict` says what others did meanwhile."""
        found = found or self.check(row)
        form = forms.row_form(
            row,
            integrations=integrations_of(self.request, offered=True),
            errors=found.errors,
            warnings=found.warnings,
        )
        context = self.get_context_data(
            form=form,
            version=self.version(),
            conflict=conflict,
            announces=self.request.method == "POST",
            save_word=self.save_word,
            **self.more(),
        )
        return self.render_to_response(context, status=status)
