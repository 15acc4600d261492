"""A deed's changed fields, before and after, in words."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist

from portal.admin.audit_kinds import field_words, model_of, value_words
from portal.models import AuditEvent


def change_lines(event: AuditEvent) -> list[tuple[str, str, str]]:
    """(field, before, after), in the order of the row's form; keys of other rows by their names."""
    label = event.object_kind
    lines = []
    for name, (before, after) in event.changes.items():
        names = _names(label, name, [before, after])
        shown = [names.get(str(v)) or value_words(label, name, v) for v in (before, after)]
        lines.append((field_words(label, name), shown[0], shown[1]))
    return lines


def _names(label: str, name: str, keys: list[Any]) -> dict[str, str]:
    """What rows that a key names are called: of kinds with pages, none of which is a patient's."""
    model = model_of(label)
    try:
        found: Any = model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return {}
    other = getattr(found, "related_model", None)
    wanted = [key for key in keys if key]
    if other is None or found.many_to_many or other not in admin.site._registry or not wanted:
        return {}
    return {str(row.pk): str(row) for row in other._base_manager.filter(pk__in=wanted)}
