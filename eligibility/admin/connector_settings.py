"""A connector's own settings as inputs, one for each field of its settings class."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from pydantic import ValidationError as SettingsError

from eligibility.admin.setting_inputs import (
    Group,
    Input,
    groups_of,
    inputs_of,
    lines_for,
    put_at,
    shown,
    typed,
    value_at,
)
from eligibility.connectors.base import ConnectorSettings
from eligibility.connectors.registry import CONNECTORS

_PLACE = re.compile(r"(?:Value error, )?([a-z_]+(?:\.[a-z_]+)*): ")


class Typed(dict[str, Any]):
    """Settings as they were typed; `texts` are the inputs' own words, by path."""

    texts: dict[str, str]


class ConnectorSettingsWidget(forms.Widget):
    """An input for each setting of `connector`; empty ones keep the connector's default."""

    connector = ""
    failed: dict[str, str]

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
        self.failed = {}

    def __deepcopy__(self, memo: Any) -> Any:
        """A form's own widget: what was wrong in one form is not wrong in the next."""
        own: Any = super().__deepcopy__(memo)
        own.failed = {}
        return own

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """The project's own templates are not on the path of Django's form renderer."""
        given = value if isinstance(value, dict) else {}
        texts = getattr(given, "texts", None)
        groups = [
            self._group(name, group, given, texts)
            for group in groups_of(settings_class(self.connector))
        ]
        return render_to_string("eligibility/admin/connector_settings.html", {"groups": groups})

    def _group(self, name: str, group: Group, given: Any, texts: Any) -> dict[str, Any]:
        rows = [self._row(name, one, given, texts) for one in group.inputs]
        said = any(row["is_said"] or row["error"] for row in rows)
        return {"title": group.title, "help": group.help, "rows": rows, "is_open": said}

    def _row(self, name: str, one: Input, given: Any, texts: Any) -> dict[str, Any]:
        value = value_at(given, one.path)
        text = texts[one.path] if texts is not None else shown(one, value)
        return {
            "name": f"{name}-{one.path}",
            "label": one.label,
            "help": one.help,
            "kind": one.kind,
            "choices": one.choices,
            "value": text,
            "lines": lines_for(text),
            "is_long": len(text) > 60 or len(one.help) > 120,
            "is_said": value not in (None, "", {}, []) and one.kind != "select",
            "error": self.failed.get(one.path, ""),
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, Any]:
        """What was filled in. What cannot be read at all is noted in `failed`."""
        settings = Typed()
        settings.texts = {}
        for one in inputs_of(settings_class(self.connector)):
            text = str(data.get(f"{name}-{one.path}", "")).replace("\r\n", "\n").strip()
            settings.texts[one.path] = text
            if text:
                self._read(settings, one, text)
        return settings

    def _read(self, settings: dict[str, Any], one: Input, text: str) -> None:
        try:
            put_at(settings, one.path, typed(one, text))
        except ValueError as error:
            self.failed[one.path] = str(error)

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
        """The settings as they are stored: what is usual is left out."""
        widget: Any = self.widget
        settings = settings_class(widget.connector)
        problem = ValidationError("The connector cannot work with these settings.")
        if widget.failed:
            raise problem
        try:
            found = settings.model_validate(dict(value or {}))
        except SettingsError as error:
            paths = [one.path for one in inputs_of(settings)]
            faults = [_placed(fault["loc"], str(fault["msg"]), paths) for fault in error.errors()]
            widget.failed = dict(reversed(faults))
            raise problem from None
        return found.model_dump(mode="json", exclude_defaults=True)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare settings, not texts."""
        return (initial or {}) != (data or {})


def settings_class(connector: str) -> type[ConnectorSettings]:
    """The settings that a connector has; none of an unknown one."""
    known = CONNECTORS.get(connector)
    return known.settings_class if known else ConnectorSettings


def _placed(loc: Sequence[Any], message: str, paths: Sequence[str]) -> tuple[str, str]:
    """The input that a fault belongs to, and its words.

    A fault of several settings together begins with the path of the one to look at.
    """
    named = _PLACE.match(message)
    if named and named[1] in paths:
        return named[1], _sentence(message[named.end() :])
    at = ".".join(str(part) for part in loc)
    for path in paths:
        if at == path or at.startswith(f"{path}.") or path.startswith(f"{at}."):
            return path, _sentence(message)
    return paths[0] if paths else "", _sentence(message)


def _sentence(message: str) -> str:
    """pydantic's words as a sentence of their own."""
    plain = message.removeprefix("Value error, ").strip().removesuffix(".")
    return f"{plain[:1].upper()}{plain[1:]}."
