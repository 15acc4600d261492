"""Every page of the staff's site, found in the site itself, with rows to show.

A model page that is registered without a maker of its rows here fails the tests by its name.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse

from eligibility.models import Batch, Connection, Payer
from portal import audit
from portal.admin_pages import PAGES, Page
from portal.admin_site import PortalModelAdmin
from portal.models import (
    Clinic,
    DisabledReason,
    GroupFix,
    RejectedRow,
    Submission,
    User,
    Verb,
    WebhookDelivery,
    WebhookEndpoint,
)
from records.models import Integration, ResourceRecord
from records.operations import create_records
from tests.cast import House
from tests.factories import make_key, make_result, make_task, make_team
from tests.portal.webhooks.making import make_endpoint, put
from tests.records.making import row as practitioner

Maker = Callable[[House, int], Any]
_names = itertools.count(1)


def make_clinic(house: House, number: int) -> Clinic:
    """A further clinic of the house's team."""
    return Clinic.objects.create(team=house.team, name=f"Clinic of pages {next(_names)}")


def make_user(house: House, number: int) -> User:
    """A colleague who works in both clinics."""
    user = User.objects.create(username=f"colleague-{next(_names)}", team=house.team, is_staff=True)
    user.clinics.set([house.first, house.second])
    return user


def make_payer(house: House, number: int) -> Payer:
    """One more payer, which asks for something."""
    return Payer.objects.create(
        code=f"PAGE{next(_names)}",
        name="Payer of pages",
        kind="tpa",
        id_types=["EMIRATESID"],
        requires=[{"field": "name", "when": {"visit_type": ["DENTAL"]}}],
    )


def make_connection(house: House, number: int) -> Connection:
    """A connection to a payer of its own."""
    return Connection.objects.create(
        team=house.team,
        payer=make_payer(house, number),
        name=f"Connection {number}",
        connector="synthetic",
    )


def make_event(house: House, number: int) -> Any:
    """A deed of one of several people."""
    who = list(house.people.values())[number % len(house.people)]
    audit.record(verb=Verb.FIXED, actor=audit.of_user(who), obj=house.first, details={"n": number})
    return audit.AuditEvent.objects.order_by("-at").first()


def make_submission(house: House, number: int) -> Submission:
    """A request of one row, which was rejected."""
    return Submission.objects.create(
        team=house.team,
        clinic=house.first,
        kind="eligibility.tasks",
        source="api",
        total_rows=1,
        accepted_rows=0,
        rejected_rows=1,
    )


def make_rejected(house: House, number: int) -> RejectedRow:
    """A row that waits for somebody."""
    error = {
        "row": 0,
        "pointer": "/tpa_name",
        "code": "payer.unknown",
        "message": "There is no such payer.",
        "value": "DAMAN",
        "suggestion": "INS026",
    }
    return RejectedRow.objects.create(
        submission=make_submission(house, number), line=0, raw={"name": "A"}, errors=[error]
    )


def make_check(house: House, number: int) -> Any:
    """A check in one of several states."""
    if number % 3 == 1:
        return make_task(house.first, status="failed", failure="timeout", review="needs_attention")
    task = make_task(house.first, batch=_batch(house))
    if number % 3 == 2:
        make_result(task)
        task.refresh_from_db()
    return task


def make_batch(house: House, number: int) -> Batch:
    """A batch of three checks."""
    batch = _batch(house)
    for _ in range(3):
        make_task(house.first, batch=batch)
    return batch


def _batch(house: House) -> Batch:
    return Batch.objects.create(team=house.team, clinic=house.first)


def make_group_fix(house: House, number: int) -> GroupFix:
    """A correction of a group, which only the admin who made it may look at."""
    return GroupFix.objects.create(
        team=house.team, kind="eligibility.tasks", fixed=2, stayed=1, made_by=house.admin.pk
    )


def make_record(house: House, number: int) -> ResourceRecord:
    """A practitioner with something of everything."""
    created = create_records(
        team=house.team,
        actor=house.operator.pk,
        rows=[practitioner(f"PAGE-{next(_names)}", languages=["English"])],
    )
    stored = created.entries[0].stored
    assert stored is not None
    return ResourceRecord.objects.get(pk=stored.id)


def make_rejected_record(house: House, number: int) -> RejectedRow:
    """A practitioner that could not be stored, beside one that could."""
    rows = [practitioner(f"PAGE-{next(_names)}", gender=each) for each in ("female", "woman")]
    create_records(team=house.team, actor=house.operator.pk, rows=rows, profile="strict")
    found = RejectedRow.objects.filter(submission__team=house.team, topic="practitioners").last()
    assert found is not None
    return found


def make_integration(house: House, number: int) -> Integration:
    """A foreign system."""
    return Integration.objects.create(team=house.team, name=f"System {next(_names)}")


def make_webhook(house: House, number: int) -> WebhookEndpoint:
    """An endpoint in one of its states, to which something was sent."""
    address = f"https://hooks.example/{next(_names)}"
    endpoint = make_endpoint(house.team, address, description="For pages")
    make_delivery_to(endpoint, number)
    if number % 3:
        reason = (DisabledReason.GONE, DisabledReason.FAILING)[number % 3 - 1]
        WebhookEndpoint.objects.filter(pk=endpoint.pk).disable(reason)
    return endpoint


def make_delivery_to(endpoint: WebhookEndpoint, number: int) -> WebhookDelivery:
    """An event on its way, delivered or given up."""
    delivery = put(endpoint)[-1]
    rows = WebhookDelivery.objects.filter(pk=delivery.pk)
    if number % 3 == 1:
        rows.update(state="delivered", attempts=1, next_at=None, last_status=200, milliseconds=12)
    if number % 3 == 2:
        rows.update(state="failed", attempts=10, next_at=None, last_error="It answered 500.")
    return delivery


def make_delivery(house: House, number: int) -> WebhookDelivery:
    """The same, to an endpoint of the house."""
    known = WebhookEndpoint.objects.listening().filter(team=house.team).first()
    return make_delivery_to(known or make_endpoint(house.team), number)


MAKERS: Mapping[str, Maker] = {
    "records.integration": make_integration,
    "records.resourcerecord": make_record,
    "records.rejected": make_rejected_record,
    "portal.groupfix": make_group_fix,
    "portal.team": lambda house, number: make_team(),
    "portal.clinic": make_clinic,
    "portal.user": make_user,
    "portal.apikey": lambda house, number: make_key(house.first, house.second)[0],
    "portal.auditevent": make_event,
    "portal.webhookendpoint": make_webhook,
    "portal.webhookdelivery": make_delivery,
    "portal.submission": make_submission,
    "portal.rejectedrow": make_rejected,
    "eligibility.payer": make_payer,
    "eligibility.connection": make_connection,
    "eligibility.batch": make_batch,
    "eligibility.eligibilitytask": make_check,
}
"""Model label → a row of this house, the number-th."""

MAY_FIND_NOTHING = frozenset({"worklist_group", "worklist_start", "worklist_alike", "group_fix"})
"""Pages about something that their query names, that waits or is somebody's: else a 404."""

ROWS_BELOW: Mapping[str, str] = {
    "lanes": "eligibility.connection",
    "fixes": "portal.groupfix",
    "webhooks/<uuid:pk>": "portal.webhookendpoint",
    "webhooks/delivery": "portal.webhookdelivery",
    "records/<objectid:pk>": "records.resourcerecord",
}
"""Beginning of a route → label of the rows below it, where the route does not begin with one."""


def label_of(route: str) -> str:
    """The model of the row that a route is about: eligibility/batch/<uuid:pk>/pause/."""
    first, second, *_ = route.split("/")
    found = ROWS_BELOW.get(first) or ROWS_BELOW.get(f"{first}/{second}")
    return found or f"{first}.{second}"


@dataclass(frozen=True, slots=True)
class ModelPages:
    """The pages of one model."""

    model: type[Model]
    admin: PortalModelAdmin

    @property
    def label(self) -> str:
        """The model's label in lower case."""
        return self.model._meta.label_lower

    def address(self, page: str, row: Model | None = None) -> str:
        """Of changelist, add or change."""
        name = f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_{page}"
        return reverse(name, args=[row.pk] if row is not None else None)

    def make(self, house: House, number: int = 0) -> Any:
        """A row to show."""
        return MAKERS[self.label](house, number)


def models() -> list[ModelPages]:
    """Every registered model."""
    registered: dict[Any, Any] = dict(admin.site._registry)
    found = [ModelPages(model, page) for model, page in registered.items()]
    return sorted(found, key=lambda pages: pages.label)


def own_pages(house: House) -> Iterator[tuple[type[Page], str]]:
    """Every page that is no model's, with its address."""
    for page in PAGES:
        parts = {}
        if ":pk>" in page.url_path:
            parts = {"pk": MAKERS[label_of(page.url_path)](house, 0).pk}
        yield page, reverse(f"admin:{page.url_name}", kwargs=parts)
