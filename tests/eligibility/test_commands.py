"""The operators' commands: what they print, how they fail, and that a second run is harmless."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from eligibility import payer_file
from eligibility.models import Batch, Connection, EligibilityTask, Payer
from eligibility.operations import create_tasks
from portal.models import ApiKey, Clinic, Scope, Submission, Team
from tests.cast import Cast
from tests.eligibility.make_rows import make_row

pytestmark = pytest.mark.django_db

SHIPPED = Path(payer_file.__file__).parent / "data" / "payers.json"
NEW: dict[str, Any] = {"team": "Palm", "clinic": "Marina", "create": True}


def run(*words: str, **options: Any) -> str:
    """What a command prints; nothing may go to stderr."""
    out, complaints = StringIO(), StringIO()
    call_command(*words, stdout=out, stderr=complaints, **options)
    assert complaints.getvalue() == ""
    return out.getvalue()


def found(text: str) -> ApiKey:
    key = ApiKey.objects.find(text)
    assert key is not None
    return key


# --- create_api_key ------------------------------------------------------------------------------


def test_after_migrate_one_command_is_enough_to_send_rows(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False
    key = run("create_api_key", quiet=True, **NEW).strip()
    answer = Client().post(
        "/v2/api-integration/bulk/create-tasks",
        {"requests": [make_row(), make_row(tpa_name="BOTH")]},
        content_type="application/json",
        headers={"authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 200, answer.content
    assert answer.json()["data"]["total_created"] == 2
    assert not EligibilityTask.objects.filter(connection=None, is_search=False).exists()


def test_quiet_prints_the_key_and_nothing_else() -> None:
    printed = run("create_api_key", quiet=True, **NEW)
    assert printed.count("\n") == 1
    assert found(printed.rstrip("\n")).name == "command line"


def test_otherwise_it_says_whose_key_it_is_and_that_it_is_shown_once() -> None:
    *words, text, _ = run("create_api_key", name="HIS", **NEW).split("\n")
    key, told = found(text), " ".join(words)
    clinic = Clinic.objects.get()
    for part in (key.public_id, "Palm", key.team.pk, "Marina", str(clinic.pk), *Scope.values):
        assert part in told
    assert "only now" in told
    assert text not in told
    assert key.name == "HIS"
    assert list(key.clinics.all()) == [clinic]


def test_a_second_run_makes_a_second_key_and_nothing_else() -> None:
    run("create_api_key", **NEW)
    before = (Payer.objects.count(), Connection.objects.count())
    run("create_api_key", **NEW)
    assert (Payer.objects.count(), Connection.objects.count()) == before
    assert (Team.objects.count(), Clinic.objects.count(), ApiKey.objects.count()) == (1, 1, 2)


@pytest.mark.parametrize("create", [True, False])
def test_a_team_and_a_clinic_are_named_by_name_or_id(cast: Cast, create: bool) -> None:
    us = cast.us
    for team in (us.team.name, us.team.pk):
        for clinic in (us.second.name, str(us.second.pk)):
            text = run("create_api_key", team=team, clinic=clinic, quiet=True, create=create)
            assert list(found(text.strip()).clinics.all()) == [us.second]
    assert (Team.objects.count(), Clinic.objects.count()) == (2, 4)


def test_only_the_scopes_asked_for_are_given(cast: Cast) -> None:
    names = {"team": cast.us.team.name, "clinic": cast.us.first.name}
    text = run(
        "create_api_key", scopes=" eligibility:write ,eligibility:read,", quiet=True, **names
    )
    assert found(text.strip()).scopes == ["eligibility:read", "eligibility:write"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"team": "Nobody"}, "no team 'Nobody'"),
        ({"team": "0" * 24}, "no team"),
        ({"clinic": "Nowhere"}, "no clinic 'Nowhere'"),
        ({"clinic": "11111111-1111-4111-8111-111111111111"}, "no clinic"),
        ({"clinic": "Creek Clinics Marina"}, "no clinic"),
        ({"scopes": "eligibility:all"}, "eligibility:all is not a scope"),
        ({"scopes": ""}, "Nothing is not a scope"),
        ({"scopes": ","}, "Nothing is not a scope"),
        ({"team": "", "create": True}, "name"),
        ({"team": " ", "create": True}, "name"),
        ({"clinic": "", "create": True}, "name"),
        ({"team": "x" * 201, "create": True}, "name"),
        ({"clinic": "x" * 201, "create": True}, "name"),
        ({"name": "x" * 201}, "name"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_nothing(
    cast: Cast, options: dict[str, Any], complaint: str
) -> None:
    keys = ApiKey.objects.count()
    names = {"team": cast.us.team.name, "clinic": cast.us.first.name}
    with pytest.raises(CommandError, match=complaint):
        run("create_api_key", **names | options)
    assert ApiKey.objects.count() == keys
    assert (Team.objects.count(), Clinic.objects.count()) == (2, 4)


def test_a_team_without_a_database_full_of_payers_still_needs_create() -> None:
    with pytest.raises(CommandError, match="--create"):
        run("create_api_key", team="Palm", clinic="Marina")
    assert not Payer.objects.exists()


# --- run_batch -----------------------------------------------------------------------------------


@pytest.fixture
def batch(cast: Cast) -> Batch:
    """A batch of two rows whose hour is to come."""
    create_tasks(
        team=cast.us.team,
        clinic=cast.us.first,
        actor="",
        rows=[make_row(client_reference="A"), make_row(client_reference="B")],
        scheduled=True,
        scheduled_for=timezone.now() + timedelta(hours=1),
        source=Submission.Source.FILE.value,
    )
    return Batch.objects.get()


def test_run_batch_makes_it_due_and_prints_its_counts(batch: Batch) -> None:
    printed = run("run_batch", str(batch.pk))
    assert printed == f"Batch {batch.pk}: 2 made due now; 2 rows, 0 finished, 0 cancelled.\n"
    assert not EligibilityTask.objects.filter(run_at__gt=timezone.now()).exists()


def test_run_batch_a_second_time_changes_nothing(batch: Batch) -> None:
    run("run_batch", str(batch.pk))
    before = list(EligibilityTask.objects.order_by("pk").values())
    assert ": 0 made due now;" in run("run_batch", str(batch.pk))
    assert list(EligibilityTask.objects.order_by("pk").values()) == before


def test_run_batch_can_be_rehearsed(batch: Batch) -> None:
    before = list(EligibilityTask.objects.order_by("pk").values())
    printed = run("run_batch", str(batch.pk), dry_run=True)
    assert "2 rows, 0 finished, 0 cancelled" in printed
    assert list(EligibilityTask.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("text", ["", "7", "x" * 400, "11111111-1111-4111-8111-111111111111"])
def test_run_batch_of_no_batch_is_an_error(text: str) -> None:
    with pytest.raises(CommandError, match="batch"):
        run("run_batch", text)


# --- sync_payers ---------------------------------------------------------------------------------


def test_sync_payers_says_what_it_did_and_the_second_time_nothing() -> None:
    count = len(payer_file.shipped().payers)
    path = str(SHIPPED)
    assert run("sync_payers", path) == f"{count} created, 0 updated, 0 unchanged\n"
    assert run("sync_payers", path) == f"0 created, 0 updated, {count} unchanged\n"


def test_sync_payers_can_be_rehearsed(payers: Mapping[str, Payer]) -> None:
    Payer.objects.filter(code="TPA002").update(name="Other")
    printed = run("sync_payers", str(SHIPPED), dry_run=True)
    assert printed == f"0 created, 1 updated, {len(payers) - 1} unchanged\n"
    assert Payer.objects.get(code="TPA002").name == "Other"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "No such file"),
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "dictionary|object|instance"),
        (b"\xff\xfe{\x00", "not JSON in UTF-8"),
        ({}, "payers"),
        ({"payers": [{"code": "A"}]}, "payers.0.name"),
        (
            {"payers": [{"code": c, "name": "N", "kind": "tpa", "id_types": ["X"]} for c in "AA"]},
            "A names two payers",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_said_and_changes_nothing(
    tmp_path: Path, content: Any, complaint: str
) -> None:
    file = tmp_path / "payers.json"
    if isinstance(content, dict):
        file.write_text(json.dumps(content))
    elif isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        file.write_text(content)
    with pytest.raises(CommandError, match=complaint):
        run("sync_payers", str(file))
    assert not Payer.objects.exists()


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        run("sync_payers", str(tmp_path))


# --- check_invariants ----------------------------------------------------------------------------


def test_check_invariants_is_content_with_a_sound_database(batch: Batch) -> None:
    assert "broken" not in run("check_invariants").lower()


def test_check_invariants_names_the_offending_ids_and_fails(batch: Batch) -> None:
    EligibilityTask.objects.filter(line=1).update(run_at=None)
    out = StringIO()
    with pytest.raises((CommandError, SystemExit)) as caught:
        call_command("check_invariants", stdout=out, stderr=out)
    told = out.getvalue() + str(caught.value)
    assert str(EligibilityTask.objects.get(line=1).pk) in told or (
        EligibilityTask.objects.get(line=1).pk.hex in told
    )
