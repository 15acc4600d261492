"""Values of a record as people read them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from records.data.languages import LANGUAGES
from records.presentation.fields import DAY_LABELS


def said(value: Any) -> str:
    """Any value of a config as text; empty for nothing.

    Hours are "09:00–12:30", a specialty or a location its parts, lists are joined by commas.
    """
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(text for each in value if (text := said(each)))
    if isinstance(value, Mapping):
        return _object(value)
    return json.dumps(value)


def _object(value: Mapping[str, Any]) -> str:
    if value and value.keys() <= DAY_LABELS.keys():
        days = ((DAY_LABELS[day], said(hours) or "off") for day, hours in value.items())
        return "; ".join(f"{day} {hours}" for day, hours in days)
    if value and value.keys() <= {"start", "end"}:
        return f"{said(value.get('start')) or '?'}–{said(value.get('end')) or '?'}"
    texts = [said(each) for each in value.values()]
    return " ".join(text for text in texts if text)


def language(tag: str) -> str:
    """A language's name: "Arabic"; a tag that is not known stays as it is."""
    known = LANGUAGES.get(tag.partition("-")[0].lower())
    region = tag.partition("-")[2]
    if known is None or not known.names:
        return tag
    return f"{known.names[0]} ({region})" if region else known.names[0]
