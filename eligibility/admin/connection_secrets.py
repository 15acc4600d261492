"""What a connection logs in with, as inputs that only ever take: no page shows a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from pydantic import ValidationError as SettingsError

from eligibility.connectors.registry import CONNECTORS
from eligibility.models import Connection, ConnectionSecret
from eligibility.operations.secrets import remove_secret, set_secret, value_fault
from portal.audit import Actor


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants done with a secret. Says nothing of its value, however printed."""

    name: str
    value: str = ""
    removes: bool = False

    def __repr__(self) -> str:
        return f"Wish({self.name!r})"


class SecretsWidget(forms.Widget):
    """An empty password input for each name, with whether it is set and since when."""

    names: tuple[str, ...] = ()
    stored: Mapping[str, ConnectionSecret]
    failed: dict[str, str]

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
        self.stored, self.failed = {}, {}

    def __deepcopy__(self, memo: Any) -> Any:
        """A form's own widget: nothing of another form's is left in it."""
        own: Any = super().__deepcopy__(memo)
        own.stored, own.failed = {}, {}
        return own

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """Never with a value."""
        rows = [
            {
                "name": f"{name}-{each}",
                "label": each,
                "stored": self.stored.get(each),
                "error": self.failed.get(each, ""),
                "is_named": each in self.names,
            }
            for each in dict.fromkeys([*self.names, *self.stored])
        ]
        return render_to_string("eligibility/admin/connection_secrets.html", {"rows": rows})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Wish]:
        """What was typed in or ticked, for the names that were asked for."""
        wishes = []
        for each in dict.fromkeys([*self.names, *self.stored]):
            text = str(data.get(f"{name}-{each}", ""))
            removes = f"{name}-{each}-remove" in data
            if text or removes:
                wishes.append(Wish(each, text, removes))
        return wishes

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Nothing typed in is an answer too."""
        return False

    def id_for_label(self, id_: str) -> str:
        """Each input has a label of its own."""
        return ""


class SecretsField(forms.Field):
    """The wishes for a connection's secrets; a fault stands at its own input."""

    widget = SecretsWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def clean(self, value: Any) -> list[Wish]:
        """What can be kept."""
        widget: Any = self.widget
        for wish in value:
            fault = None if wish.removes else value_fault(wish.value)
            if fault:
                widget.failed[wish.name] = fault
        if widget.failed:
            raise ValidationError("A secret cannot be kept as it was typed.")
        return list(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether anything was typed or ticked."""
        return bool(data)


def names_for(connector: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The secrets that these settings refer to; none while they make no sense."""
    speaker = CONNECTORS.get(connector)
    if speaker is None:
        return ()
    try:
        return speaker.secret_names(speaker.settings_class.model_validate(dict(settings)))
    except SettingsError:
        return ()


def stored_secrets(connection: Connection) -> dict[str, ConnectionSecret]:
    """What is set, without the sealed values."""
    if connection.pk is None:
        return {}
    rows = ConnectionSecret.objects.filter(connection=connection).defer("sealed")
    return {row.name: row for row in rows}


def grant(connection: Connection, wishes: list[Wish], actor: Actor) -> None:
    """Do what was wished."""
    for wish in wishes:
        if wish.removes:
            remove_secret(connection=connection, name=wish.name, actor=actor)
        else:
            set_secret(connection=connection, name=wish.name, value=wish.value, actor=actor)
