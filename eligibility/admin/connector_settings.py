"""A connector's own settings as inputs, one for each field of its settings class."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from pydantic import ValidationError as SettingsError

from eligibility.connectors.base import ConnectorSettings
from eligibility.connectors.registry import CONNECTORS


class ConnectorSettingsWidget(forms.Widget):
    """An input for each setting of `connector`; empty ones keep the connector's default."""

    connector = ""
    failed: dict[str, str]

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
        self.failed = {}

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """The project's own templates are not on the path of Django's form renderer."""
        given = value if isinstance(value, dict) else {}
        rows = [
            {
                "name": f"{name}-{key}",
                "label": info.title or key.replace("_", " ").capitalize(),
                "help": info.description or "",
                "value": as_text(given.get(key)),
                "error": self.failed.get(key, ""),
            }
            for key, info in settings_class(self.connector).model_fields.items()
        ]
        return render_to_string("eligibility/admin/connector_settings.html", {"rows": rows})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, Any]:
        """What was filled in."""
        keys = settings_class(self.connector).model_fields
        texts = {key: str(data.get(f"{name}-{key}", "")).strip() for key in keys}
        return {key: from_text(text, keys[key].annotation) for key, text in texts.items() if text}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Nothing filled in is an answer too."""
        return False

    def id_for_label(self, id_: str) -> str:
        """Each input has a label of its own."""
        return ""


class ConnectorSettingsField(forms.Field):
    """Judged by the connector's settings class; every fault stands at its own input."""

    widget = ConnectorSettingsWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def clean(self, value: Any) -> dict[str, Any]:
        """The settings as they are stored."""
        widget: Any = self.widget
        try:
            settings = settings_class(widget.connector).model_validate(value)
        except SettingsError as error:
            widget.failed = {
                str(fault["loc"][0]): _sentence(str(fault["msg"])) for fault in error.errors()
            }
            raise ValidationError("The connector cannot work with these settings.") from error
        return settings.model_dump(mode="json", exclude_unset=True)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare settings, not texts."""
        return (initial or {}) != (data or {})


def settings_class(connector: str) -> type[ConnectorSettings]:
    """The settings that a connector has; none of an unknown one."""
    known = CONNECTORS.get(connector)
    return known.settings_class if known else ConnectorSettings


def as_text(value: Any) -> str:
    """A setting as people write it: lists with commas."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(as_text(each) for each in value)
    return value if isinstance(value, str) else json.dumps(value)


def from_text(text: str, kind: Any) -> Any:
    """What the text means for a setting of this type; what cannot be read is left to its class."""
    if kind is str:
        return text
    if "," in text and not text.startswith(("[", "{")):
        return [from_text(part.strip(), None) for part in text.split(",")]
    try:
        return json.loads(text)
    except ValueError:
        return text


def _sentence(message: str) -> str:
    """pydantic's words as a sentence of their own."""
    plain = message.removeprefix("Value error, ").strip()
    return f"{plain[:1].upper()}{plain[1:]}."
