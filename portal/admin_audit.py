"""Model pages whose every save leaves an audit event, in place of Django's admin log."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest

from portal import audit
from portal.audit_values import difference, snapshot
from portal.models import Verb


class AuditedSaves:
    """Before and after of what a form changed, many-to-many fields included, in its transaction."""

    opts: Any

    def save_model(
        self, request: HttpRequest, obj: Model, form: ModelForm[Any], change: bool
    ) -> None:
        """Look at the row before it is written: the form has already changed the one in hand."""
        form.before = {}  # type: ignore[attr-defined]
        if change:
            stored = type(obj)._base_manager.get(pk=obj.pk)
            form.before = snapshot(stored)  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)  # type: ignore[misc]

    def save_related(
        self, request: HttpRequest, form: ModelForm[Any], formsets: Any, change: bool
    ) -> None:
        """Everything is written by now: record what differs."""
        super().save_related(request, form, formsets, change)  # type: ignore[misc]
        changes = difference(form.before, snapshot(form.instance))  # type: ignore[attr-defined]
        if changes or not change:
            audit.record(
                verb=Verb.CHANGED if change else Verb.CREATED,
                actor=audit.actor_of(request),
                obj=form.instance,
                changes=changes,
            )

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Django's admin log is not kept: it copies what rows are called."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Not kept either."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Not kept either."""
