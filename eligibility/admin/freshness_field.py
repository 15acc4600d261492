"""How long answers are reused, as one choice for all visits and one for each visit type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string

from eligibility.freshness import OFF, OTHERS, SAME_DAY, faults, read_window
from eligibility.presentation.codes import visit_name

_HOURS = (1, 2, 4, 8, 12, 24, 48, 72, 168)
_AS_OTHERS = ""


def window_words(text: Any) -> str:
    """A stored window as people say it."""
    if text == SAME_DAY:
        return "On the same day"
    window = read_window(text)
    if window is None or window.hours is None:
        return "Never: always ask"
    days, hours = divmod(window.hours, 24)
    if days and not hours:
        return "For 1 day" if days == 1 else f"For {days} days"
    return "For 1 hour" if window.hours == 1 else f"For {window.hours} hours"


def windows_words(windows: Any) -> str:
    """All of a connection's windows in one line, for the audit log."""
    if not isinstance(windows, dict) or not windows:
        return window_words(OFF)
    parts = [
        f"{'other visits' if name == OTHERS else visit_name(name)}: {window_words(text).lower()}"
        for name, text in windows.items()
    ]
    return "; ".join(parts)


class FreshnessWidget(forms.Widget):
    """A list to choose from for each visit type of the payer; `is_test` for none at all."""

    visit_types: Sequence[str] = ()
    is_test = False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """The project's own templates are not on the path of Django's form renderer."""
        given = value if isinstance(value, dict) else {}
        codes = [] if self.is_test else self._codes(given)
        label = "Visits not named below" if codes else "Every visit"
        first = _row(name, OTHERS, label, given.get(OTHERS, OFF), is_first=True)
        context = {
            "first": [] if self.is_test else [first],
            "others": [
                _row(name, code, visit_name(code), given.get(code, _AS_OTHERS), is_first=False)
                for code in codes
            ],
            "is_open": bool(set(given) - {OTHERS}),
        }
        return render_to_string("eligibility/admin/freshness.html", context)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        """What was chosen; "as for other visits" is nothing of its own."""
        chosen = {
            key.removeprefix(f"{name}-"): str(data.get(key))
            for key in data
            if key.startswith(f"{name}-")
        }
        chosen = {OTHERS if key == "others" else key: text for key, text in chosen.items() if text}
        return {} if set(chosen.values()) <= {OFF} else chosen

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Nothing chosen is an answer too."""
        return False

    def id_for_label(self, id_: str) -> str:
        """Each list has a label of its own."""
        return ""

    def _codes(self, given: dict[str, Any]) -> list[str]:
        """The payer's visit types, and those that had a window when the payer still took them."""
        return list(dict.fromkeys([*self.visit_types, *(set(given) - {OTHERS})]))


class FreshnessField(forms.Field):
    """The windows as they are stored (`eligibility.freshness`)."""

    widget = FreshnessWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def clean(self, value: Any) -> dict[str, str]:
        """Refuses what is no window, and windows of visit types that the payer does not take."""
        widget: Any = self.widget
        found = faults(value, widget.visit_types)
        if value and widget.is_test:
            found = ["The test connection always asks."]
        if found:
            raise ValidationError(found)
        return dict(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare windows, not texts."""
        return (initial or {}) != (data or {})


def _row(name: str, code: str, label: str, chosen: str, *, is_first: bool) -> dict[str, Any]:
    texts = [OFF, SAME_DAY, *(f"{hours}h" for hours in _HOURS)]
    if chosen and chosen not in texts:
        texts.append(chosen)
    choices = [(text, window_words(text)) for text in texts]
    return {
        "name": f"{name}-{'others' if code == OTHERS else code}",
        "label": label,
        "choices": choices if is_first else [(_AS_OTHERS, "As for other visits"), *choices],
        "chosen": chosen,
    }
