"""Every field of every form says what it is for: no manual is needed beside the page."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import RequestFactory

from eligibility.connectors.registry import CONNECTORS
from portal.models import User
from tests.cast import Cast
from tests.portal.admin.every_page import ModelPages, models

pytestmark = pytest.mark.django_db


def fields_of(pages: ModelPages, user: User, row: Any) -> dict[str, Any]:
    """The fields that this person's form has; none when the form does not open."""
    request = RequestFactory().get("/admin/")
    request.user = user
    page = pages.admin
    if row is None:
        opens = page.has_add_permission(request)
    else:
        opens = page.has_change_permission(request, row)
    if not opens:
        return {}
    form = page.get_form(request, row, change=row is not None)
    made = form(instance=row) if row is not None else form()
    return dict(made.fields)


@pytest.mark.parametrize("pages", models(), ids=lambda pages: pages.label)
def test_every_field_of_a_form_has_help(pages: ModelPages, cast: Cast) -> None:
    root = User.objects.create(username="root", is_staff=True, is_superuser=True)
    row = cast.us.team if pages.label == "portal.team" else pages.make(cast.us)
    for user in (cast.us.admin, root):
        for each in (None, row):
            for name, field in fields_of(pages, user, each).items():
                assert field.widget.is_hidden or str(field.help_text).strip(), name


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_every_setting_of_a_connector_is_explained(name: str) -> None:
    for key, info in CONNECTORS[name].settings_class.model_fields.items():
        assert info.description, key


def test_forms_are_what_is_looked_at() -> None:
    labels = {pages.label for pages in models() if pages.admin.change_with is not None}
    assert {"eligibility.payer", "eligibility.connection", "portal.clinic"} <= labels
    assert {"portal.user", "portal.apikey", "portal.team"} <= labels
    assert admin.site.is_registered(User)
