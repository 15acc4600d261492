"""Plain makers of rows. Each takes what a test cares about and fills in the rest."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone

from eligibility import payer_file
from eligibility.models import Attempt, Connection, EligibilityTask, Payer, Result
from eligibility.operations.setup import connect_to_synthetic, sync_payers
from eligibility.results import Answer
from portal.models import ApiKey, Clinic, Scope, Team

_numbers = itertools.count(1)


def make_team(name: str = "", *, is_production: bool = False) -> Team:
    """A team with a name of its own."""
    return Team.objects.create(name=name or f"Team {next(_numbers)}", is_production=is_production)


def make_clinic(team: Team | None = None, *, timezone: str = "Asia/Dubai") -> Clinic:
    """A clinic, of a new team unless one is given."""
    return Clinic.objects.create(
        team=team or make_team(), name=f"Clinic {next(_numbers)}", timezone=timezone
    )


def make_key(
    *clinics: Clinic,
    team: Team | None = None,
    scopes: Iterable[str] = tuple(Scope),
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A key for these clinics (a new one when none is given), and its text."""
    chosen = clinics or (make_clinic(team),)
    return ApiKey.issue(
        team=team or chosen[0].team,
        name="key for tests",
        scopes=scopes,
        clinics=chosen,
        expires_at=expires_at,
    )


def make_portal() -> tuple[Clinic, str]:
    """A clinic whose team can ask every shipped payer (synthetic), and a key to it."""
    sync_payers(payers=payer_file.shipped().payers)
    clinic = make_clinic()
    connect_to_synthetic(team=clinic.team)
    return clinic, make_key(clinic)[1]


def make_task(clinic: Clinic, **fields: Any) -> EligibilityTask:
    """A pending task of this clinic; its payer is made when there is none."""
    payer = (
        fields.pop("payer", None)
        or Payer.objects.get_or_create(
            code="TPA002", defaults={"name": "Payer of tests", "kind": "tpa"}
        )[0]
    )
    defaults: dict[str, Any] = {
        "id_type": "EMIRATESID",
        "id_value": "784-1986-9027382-9",
        "id_key": "784198690273829",
        "request_dump": {"id_value": "784-1986-9027382-9"},
        "not_before": timezone.now(),
    }
    return EligibilityTask.objects.create(
        team=clinic.team, clinic=clinic, payer=payer, **defaults | fields
    )


def make_result(task: EligibilityTask, outcome: str = "eligible", **answer: Any) -> Result:
    """An answer to the task, which is done from now on."""
    connection, _ = Connection.objects.get_or_create(
        team=task.team, payer=task.payer, defaults={"name": "tests", "connector": "synthetic"}
    )
    attempt = Attempt.objects.create(
        task=task, number=1, connection=connection, fence=1, worker="w", state="answered"
    )
    result = Result.objects.create(
        task=task,
        attempt=attempt,
        outcome=outcome,
        answer=Answer(**answer).model_dump(mode="json"),
        synthetic=True,
        normaliser_version=1,
    )
    now = timezone.now()
    EligibilityTask.objects.filter(pk=task.pk).update(
        status="done", outcome=outcome, result=result, finished_at=now, first_claimed_at=now
    )
    return result
