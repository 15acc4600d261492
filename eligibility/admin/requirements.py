"""A payer's requirements as rows to fill in: which field, and for which identifiers and visits.

In the database they are {"field", "when": {field: [codes]}}; conditions on other fields than the
two that the rows offer (a registry file may have them) are kept as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string

from eligibility.presentation.codes import id_type_name, visit_name
from eligibility.presentation.fields import ASKABLE, label

CONDITIONS = ("id_type", "visit_type")
Codes = Sequence[tuple[str, str]]


class RequirementsWidget(forms.Widget):
    """One row per requirement, one empty row below, and a button for more (portal.js)."""

    template_name = "eligibility/admin/requirements.html"
    id_types: Codes = ()
    visit_types: Codes = ()

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """The project's own templates are not on the path of Django's form renderer."""
        rules = value if isinstance(value, list) else []
        rows = [self._row(name, str(i), rule) for i, rule in enumerate(rules)]
        blank = self._row(name, "__new__", {"field": "", "when": {}})
        return render_to_string(self.template_name, {"name": name, "rows": rows, "blank": blank})

    def _row(self, name: str, index: str, rule: Mapping[str, Any]) -> dict[str, Any]:
        when = dict(rule.get("when") or {})
        chosen = [when.pop(key, []) for key in CONDITIONS]
        fields = [(each, label(each)) for each in dict.fromkeys([*ASKABLE, rule["field"]])]
        return {
            "prefix": f"{name}-{index}",
            "field": rule["field"],
            "fields": [pair for pair in fields if pair[0]],
            "groups": [
                _group("id_type", "identifier", self.id_types, id_type_name, chosen[0]),
                _group("visit_type", "visit", self.visit_types, visit_name, chosen[1]),
            ],
            "others": json.dumps(when) if when else "",
            "others_words": ", ".join(f"{label(k)}: {', '.join(v)}" for k, v in when.items()),
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        """The rows in their order; a row without a field is none."""
        pattern = re.compile(rf"{re.escape(name)}-(\d+)-field")
        numbers = sorted(int(m.group(1)) for key in data if (m := pattern.fullmatch(key)))
        rows = [_read(data, f"{name}-{number}") for number in numbers]
        return [row for row in rows if row["field"]]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """No rows at all is an answer too."""
        return False


class RequirementsField(forms.Field):
    """The rows as the database keeps them; what they say is judged by the payer's form."""

    widget = RequirementsWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def clean(self, value: Any) -> list[dict[str, Any]]:
        """Refuse one field twice under the same conditions."""
        seen = [json.dumps(rule, sort_keys=True) for rule in value]
        if len(set(seen)) < len(seen):
            raise ValidationError("The same requirement stands here twice.")
        return list(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare rules, not texts."""
        return (initial or []) != (data or [])


def _group(key: str, word: str, codes: Codes, words: Any, chosen: Sequence[str]) -> dict[str, Any]:
    known = dict.fromkeys([*(code for code, _ in codes), *chosen])
    return {
        "key": key,
        "word": word,
        "chosen": [words(code) for code in known if code in chosen],
        "codes": [(code, words(code), code in chosen) for code in known],
    }


def _read(data: Any, prefix: str) -> dict[str, Any]:
    when: dict[str, Any] = {}
    for key in CONDITIONS:
        if codes := data.getlist(f"{prefix}-{key}"):
            when[key] = codes
    return {"field": data.get(f"{prefix}-field", ""), "when": when | _others(data, prefix)}


def _others(data: Any, prefix: str) -> dict[str, list[str]]:
    """Conditions that the row shows but does not edit."""
    try:
        others = json.loads(data.get(f"{prefix}-others") or "{}")
    except ValueError:
        return {}
    if not isinstance(others, dict):
        return {}
    return {
        str(key): [str(code) for code in codes]
        for key, codes in others.items()
        if isinstance(codes, list) and key not in CONDITIONS
    }
