"""Many short choices as chips to tick: calmer than twenty lines of boxes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.template.loader import render_to_string


class ChipsWidget(forms.CheckboxSelectMultiple):
    """Checkboxes that look like tags; they are real ones for the keyboard and for readers."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """The project's own templates are not on the path of Django's form renderer."""
        chosen = {str(each) for each in value or ()}
        chips = [(code, word, str(code) in chosen) for code, word in self.choices]
        return render_to_string("eligibility/admin/chips.html", {"name": name, "chips": chips})

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        """Each chip has a label of its own."""
        return ""
