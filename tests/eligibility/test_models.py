"""What the database itself refuses, what a row's name may show, and who may write a state."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, models, transaction

from eligibility.choices import TRANSITIONS, Failure, Outcome, Status
from eligibility.models import (
    Attempt,
    Connection,
    DrainSlot,
    EligibilityTask,
    Payer,
    Result,
    TaskRevision,
    WorkerHost,
)
from tests.factories import make_clinic, make_result, make_task, make_team

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SENTINEL = "Zubaida Quillfeather 784-1931-7654321-9"


def refused(name: str, act: Callable[[], Any]) -> None:
    """The database refuses the act, naming the constraint or the table's columns."""
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        act()


# --- impossible states ---------------------------------------------------------------------------

RUNNING = {"status": "running", "lease_until": NOW}
DONE = {"status": "done", "outcome": "eligible"}
FAILED = {"status": "failed", "failure": "timeout"}
POSSIBLE = [
    {"status": "pending"},
    RUNNING,
    {"status": "waiting", "look": "poll"},
    {"status": "waiting", "look": "reconcile"},
    {"status": "cancelled"},
    *({"status": "done", "outcome": outcome} for outcome in Outcome.values),
    *({"status": "failed", "failure": failure} for failure in Failure.values),
]
IMPOSSIBLE = [
    ("task_status_is_known", {"status": "held"}),
    ("task_status_is_known", {"status": ""}),
    ("task_outcome_only_when_done", {"status": "done"}),
    ("task_outcome_only_when_done", {"status": "done", "outcome": "yes"}),
    ("task_outcome_only_when_done", {"outcome": "eligible"}),
    ("task_outcome_only_when_done", FAILED | {"outcome": "eligible"}),
    ("task_outcome_only_when_done", RUNNING | {"outcome": "eligible"}),
    ("task_failure_only_when_failed", {"status": "failed"}),
    ("task_failure_only_when_failed", {"status": "failed", "failure": "oops"}),
    ("task_failure_only_when_failed", {"failure": "timeout"}),
    ("task_failure_only_when_failed", DONE | {"failure": "timeout"}),
    ("task_lease_only_when_running", {"status": "running"}),
    ("task_lease_only_when_running", {"lease_until": NOW}),
    ("task_lease_only_when_running", {"status": "waiting", "lease_until": NOW}),
    ("task_lease_only_when_running", DONE | {"lease_until": NOW}),
    ("task_review_is_known", {"review": "urgent"}),
    ("task_look_is_known", {"look": "stare"}),
    ("task_priority_is_known", {"priority": 3}),
]


@pytest.mark.django_db
@pytest.mark.parametrize("state", POSSIBLE, ids=lambda state: "-".join(map(str, state.values())))
def test_every_state_that_a_task_may_have_is_stored(state: dict[str, Any]) -> None:
    assert make_task(make_clinic(), **state).pk


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "state"), IMPOSSIBLE)
def test_a_state_that_no_task_may_have_is_refused(name: str, state: dict[str, Any]) -> None:
    clinic = make_clinic()
    task = make_task(clinic)
    refused(name, lambda: EligibilityTask.objects.filter(pk=task.pk).update(**state))
    refused(name, lambda: make_task(clinic, **state))


@pytest.mark.django_db
def test_a_reference_and_question_has_one_task() -> None:
    clinic = make_clinic()
    make_task(clinic, reference_key="a" * 32)
    make_task(clinic), make_task(clinic)  # any number has none
    refused("reference_key", lambda: make_task(clinic, reference_key="a" * 32))


@pytest.mark.django_db
def test_corrections_are_numbered_once() -> None:
    task = make_task(make_clinic())
    TaskRevision.objects.create(task=task, number=1, changes={})
    refused("revision", lambda: TaskRevision.objects.create(task=task, number=1, changes={}))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("attempt_state_is_known", {"state": "lost"}),
        ("attempt_failure_only_when_failed", {"state": "failed"}),
        ("attempt_failure_only_when_failed", {"state": "failed", "failure": "oops"}),
        ("attempt_failure_only_when_failed", {"state": "open", "failure": "timeout"}),
        ("attempt_failure_only_when_failed", {"state": "answered", "failure": "timeout"}),
        ("attempt_number_once_a_task|eligibility_attempt.number", {"number": 1}),
    ],
)
def test_an_impossible_conversation_is_refused(name: str, fields: dict[str, Any]) -> None:
    result = make_result(make_task(make_clinic()))
    of = {"task": result.task, "connection": result.attempt.connection, "fence": 1, "worker": "w"}
    refused(name, lambda: Attempt.objects.create(**{"number": 2} | of | fields))


@pytest.mark.django_db
def test_an_answer_has_a_known_outcome_and_a_conversation_one_answer() -> None:
    result = make_result(make_task(make_clinic()))
    mine = Result.objects.filter(pk=result.pk)
    refused("result_outcome_is_known", lambda: mine.update(outcome="maybe"))
    again = {"task": result.task, "attempt": result.attempt, "outcome": "eligible", "answer": {}}
    refused(
        "attempt_id",
        lambda: Result.objects.create(**again, synthetic=True, normaliser_version=1),
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "limits",
    [
        {"max_in_flight": 0},
        {"deadline": 0},
        {"deadline": -1},
        {"max_conversations": 0},
        {"backoff_min": 0},
        {"backoff_min": 5, "backoff_max": 4},
        {"give_up_after": 0},
        {"expected_pace": 0},
    ],
)
def test_a_connection_without_room_or_time_is_refused(limits: dict[str, Any]) -> None:
    team = make_team()
    refused(
        "connection_limits_are_positive",
        lambda: Connection.objects.create(team=team, name="x", connector="synthetic", **limits),
    )


@pytest.mark.django_db
def test_a_team_has_one_connection_to_a_payer_and_one_for_tests() -> None:
    payer = Payer.objects.create(code="P", name="P", kind="tpa")
    team, other = make_team(), make_team()

    def connect(team: Any, payer: Any) -> Connection:
        return Connection.objects.create(team=team, payer=payer, name="x", connector="synthetic")

    for each in (team, other):
        connect(each, payer)
        connect(each, None)
    refused("connection_once_a_team|eligibility_connection.payer_id", lambda: connect(team, payer))
    refused(
        "connection_for_tests_once_a_team|eligibility_connection.team_id",
        lambda: connect(team, None),
    )


@pytest.mark.django_db
def test_a_payer_has_a_known_kind_and_a_code_of_its_own() -> None:
    Payer.objects.create(code="P", name="P", kind="tpa")
    refused("payer_kind", lambda: Payer.objects.create(code="Q", name="Q", kind="bank"))
    refused("code", lambda: Payer.objects.create(code="P", name="Q", kind="tpa"))


@pytest.mark.django_db
def test_a_slot_has_a_known_state_and_a_number_of_its_own() -> None:
    host = WorkerHost.objects.create(
        id="h", name="h", pid=1, workers=2, started_at=NOW, seen_at=NOW
    )
    DrainSlot.objects.create(host=host, number=0)
    refused("slot_state", lambda: DrainSlot.objects.create(host=host, number=1, state="x"))
    refused("drain_slot_once|number", lambda: DrainSlot.objects.create(host=host, number=0))


# --- names ---------------------------------------------------------------------------------------

DIRECTORY = {"ApiKey", "Clinic", "Connection", "Payer", "Team", "User", "WorkerHost"}
"""Models that are known by a name, which is never a patient's."""
MACHINE_WORDS = {
    "after", "before", "kind", "object_id", "object_kind", "state", "verb",
}  # fmt: skip
"""Fields whose text is always ours."""
NAMELESS = [
    model
    for app in ("portal", "eligibility")
    for model in apps.get_app_config(app).get_models()
    if model.__name__ not in DIRECTORY
]


def filled(model: type[models.Model]) -> models.Model:
    """An instance with a patient in every field that could hold one."""
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if field.is_relation or field.primary_key:
            continue
        if field.name in MACHINE_WORDS:
            values[field.attname] = "word"
        elif isinstance(field, models.CharField | models.TextField):
            values[field.attname] = SENTINEL
        elif isinstance(field, models.JSONField):
            values[field.attname] = {SENTINEL: [SENTINEL]}
    return model(**values)


@pytest.mark.parametrize("model", NAMELESS, ids=lambda model: model.__name__)
def test_the_name_of_a_row_shows_nothing_of_a_patient(model: type[models.Model]) -> None:
    row = filled(model)
    for shown in (str(row), repr(row)):
        assert shown
        assert "Zubaida" not in shown
        assert "784" not in shown.replace(str(row.pk), "")


# --- who writes a state --------------------------------------------------------------------------

STATE_FIELDS = {"status", "outcome", "failure", "review", "fence", "lease_until", "look"}
MAY_WRITE = (
    "eligibility/engine/",
    "eligibility/models/",
    "eligibility/querysets.py",
    "portal/models/",
)
WRITERS = {"update", "create", "update_or_create", "get_or_create", "bulk_update"}


def writes(tree: ast.AST) -> Iterator[int]:
    """The lines that set a state field of a stored row."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in WRITERS:
            if STATE_FIELDS & {word.arg for word in node.keywords}:
                yield node.lineno
        elif isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            rows = [each for each in targets if isinstance(each, ast.Attribute)]
            if any(each.attr == "status" and not _is_self(each.value) for each in rows):
                yield node.lineno


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def test_no_state_is_written_outside_models_querysets_and_the_engine() -> None:
    found = []
    root = Path(settings.BASE_DIR)
    for file in [*root.glob("eligibility/**/*.py"), *root.glob("portal/**/*.py")]:
        name = file.relative_to(root).as_posix()
        if name.startswith(MAY_WRITE) or "/migrations/" in name:
            continue
        found += [f"{name}:{line}" for line in writes(ast.parse(file.read_text()))]
    assert found == []


def test_the_search_for_such_writes_finds_them() -> None:
    source = "a.filter(x=1).update(status='done')\ntask.status = 'done'\na.filter(status='done')"
    assert sorted(writes(ast.parse(source))) == [1, 2]


# --- moves ---------------------------------------------------------------------------------------


def test_every_state_has_its_moves_and_can_be_left() -> None:
    assert set(TRANSITIONS) == set(Status)
    assert all(TRANSITIONS[status] for status in Status)
    assert all(status not in TRANSITIONS[status] for status in Status)
    reached = {Status.PENDING}.union(*TRANSITIONS.values())
    assert reached == set(Status)
