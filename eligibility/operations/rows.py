"""One accepted row as the columns of a task."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from eligibility.engine.routes import Routes
from eligibility.models import Connection
from eligibility.rules import Checked
from portal.models import Clinic, Team

COLUMNS = (
    "id",
    "team_id",
    "clinic_id",
    "batch_id",
    "submission_id",
    "line",
    "created_by",
    "payer_id",
    "is_search",
    "connection_id",
    "test_mode",
    "id_type",
    "id_value",
    "id_key",
    "visit_type",
    "service_date",
    "name",
    "dob",
    "phone",
    "doctor_name",
    "payer_name",
    "details",
    "extra_args",
    "client_reference",
    "priority",
    "request_dump",
    "warnings",
    "reference_key",
    "run_at",
    "not_before",
    "created_at",
    "updated_at",
)

_DETAILS = ("mode", "referral_code", "service_type", "pod_id", "is_emergency", "force")


def reference_key(scope: str, checked: Checked) -> str | None:
    """The name of (client reference, question) inside a clinic: 32 hex, or None without reference.

    The question is payer, identifier, visit type and service date (domain.md, "Freshness").
    """
    row, payer = checked.row, checked.payer
    if row is None or payer is None or not row.client_reference:
        return None
    question = (
        f"{scope}\0{row.client_reference}\0{payer.code}\0{row.id_type}\0"
        f"{checked.search_key}\0{row.visit_type}\0{row.service_date}\0"
        f"{row.test_mode}"
    )
    return blake2b(question.encode(), digest_size=16).hexdigest()


class RowBuilder:
    """Builds the column values of one request's tasks, in the order of `COLUMNS`."""

    def __init__(
        self,
        *,
        team: Team,
        clinic: Clinic,
        batch_id: UUID | None,
        submission_id: UUID | None,
        actor: str,
        payer_ids: dict[str, int],
        connections: Iterable[Connection],
        due: datetime,
        now: datetime,
    ) -> None:
        self._head = (team.pk, clinic.pk, batch_id, submission_id)
        self._actor = actor
        self._payer_ids = payer_ids
        self._due = due
        self._now = now
        self._routes = Routes(connections, is_production=team.is_production)

    def build(
        self, index: int, checked: Checked, key: str | None, task_id: UUID
    ) -> tuple[Any, ...]:
        """The values of one accepted row."""
        row, payer = checked.row, checked.payer
        assert row is not None
        assert payer is not None
        payer_id = self._payer_ids[payer.code]
        is_search = payer.is_search
        test_mode = row.test_mode
        connection_id = self._routes.find(payer_id, is_search=is_search, test_mode=test_mode)
        later = checked.scheduled_for
        due = later if later is not None and later > self._due else self._due
        given = vars(row)
        details = {name: given[name] for name in _DETAILS if given[name]}
        return (
            task_id,
            *self._head,
            index,
            self._actor,
            payer_id,
            is_search,
            connection_id,
            test_mode,
            row.id_type,
            row.id_value,
            checked.search_key,
            row.visit_type,
            row.service_date,
            row.name,
            checked.dob,
            row.phone,
            row.doctor_name,
            row.payer_name,
            details,
            row.extra_args,
            row.client_reference,
            row.rank.value,
            checked.raw,
            [issue.as_detail() for issue in checked.warnings],
            key,
            due,
            due,
            self._now,
            self._now,
        )
