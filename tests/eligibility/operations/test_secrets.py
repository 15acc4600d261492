from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from eligibility.connectors.base import Secrets
from eligibility.engine import opened
from eligibility.models import Connection, ConnectionSecret
from eligibility.operations.secrets import remove_secret, rotate_secrets, set_secret
from portal import audit
from portal.models import AuditEvent
from tests.eligibility.engine.helpers import claim_one, make_lane, make_row

pytestmark = pytest.mark.django_db

VALUE = "swordfish-31415"
ACTOR = audit.command("test")


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    opened.forget()


def lane_with_secret(**fields: Any) -> Connection:
    lane = make_lane(**fields)
    set_secret(connection=lane, name="token", value=VALUE, actor=ACTOR)
    lane.refresh_from_db()
    return lane


def test_a_secret_is_stored_sealed_and_comes_with_the_claim() -> None:
    lane = lane_with_secret()
    assert VALUE not in ConnectionSecret.objects.get().sealed
    make_row(lane)
    claimed = claim_one()
    assert claimed.lane.secrets == claimed.lane.secrets
    assert dict(claimed.lane.secrets) == {"token": VALUE}


def test_a_changed_secret_is_used_by_the_next_claim_and_costs_one_query() -> None:
    lane = lane_with_secret()
    assert opened.secrets_of(lane.pk, lane.secrets_version)["token"] == VALUE
    with CaptureQueriesContext(
        database,
    ) as asked:
        opened.secrets_of(lane.pk, lane.secrets_version)
    assert len(asked) == 0
    set_secret(connection=lane, name="token", value="another-value", actor=ACTOR)
    lane.refresh_from_db()
    assert opened.secrets_of(lane.pk, lane.secrets_version)["token"] == "another-value"
    assert remove_secret(connection=lane, name="token", actor=ACTOR)
    assert not remove_secret(connection=lane, name="token", actor=ACTOR)
    lane.refresh_from_db()
    assert dict(opened.secrets_of(lane.pk, lane.secrets_version)) == {}


def test_a_lane_that_never_had_a_secret_asks_for_none() -> None:
    lane = make_lane()
    with CaptureQueriesContext(database) as asked:
        assert len(opened.secrets_of(lane.pk, lane.secrets_version)) == 0
    assert len(asked) == 0


def test_the_value_is_in_no_log_no_audit_event_and_no_text(capfd: Any) -> None:
    lane = lane_with_secret()
    set_secret(connection=lane, name="token", value=VALUE + "-2", actor=ACTOR)
    make_row(lane)
    claimed = claim_one()
    stored = json.dumps([[event.changes, event.details] for event in AuditEvent.objects.all()])
    secret = ConnectionSecret.objects.get()
    shown = [repr(claimed), str(claimed.lane), repr(secret), str(lane), stored, *capfd.readouterr()]
    assert not [text for text in shown if VALUE in text]
    assert "token: changed" in stored


def test_opened_secrets_cannot_be_written_anywhere_by_accident() -> None:
    secrets = Secrets({"token": VALUE})
    assert f"{secrets} {secrets!r}" == "<1 secrets> <1 secrets>"
    with pytest.raises(TypeError):
        pickle.dumps(secrets)
    with pytest.raises(TypeError):
        json.dumps(secrets)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Token", VALUE),
        ("", VALUE),
        ("a" * 41, VALUE),
        ("token", ""),
        ("token", "short"),
        ("token", " padded-value "),
        ("token", "two\nlines-of-it"),
        ("token", "x" * 8_001),
    ],
)
def test_a_name_or_value_that_cannot_be_one_is_refused(name: str, value: str) -> None:
    lane = make_lane()
    with pytest.raises(ValidationError) as caught:
        set_secret(connection=lane, name=name, value=value, actor=ACTOR)
    assert not value or value not in str(caught.value)
    assert not ConnectionSecret.objects.exists()


def test_rotation_seals_with_the_newest_key_and_a_second_run_changes_nothing(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.FIELD_KEY = ["o" * 40]
    lane = lane_with_secret()
    settings.FIELD_KEY = ["n" * 40, "o" * 40]
    call_command("rotate_secrets")
    assert "1 sealed with the newest key, 0 already were." in capsys.readouterr().out
    assert rotate_secrets() == (0, 1)
    settings.FIELD_KEY = ["n" * 40]
    assert opened.secrets_of(lane.pk, lane.secrets_version)["token"] == VALUE


def test_rotation_without_the_old_key_changes_nothing_and_fails(settings: Any) -> None:
    settings.FIELD_KEY = ["o" * 40]
    lane = lane_with_secret()
    before = ConnectionSecret.objects.get().sealed
    settings.FIELD_KEY = ["n" * 40]
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("rotate_secrets")
    assert ConnectionSecret.objects.get().sealed == before
    assert dict(opened.secrets_of(lane.pk, lane.secrets_version)) == {}


def test_who_changed_it_and_when_is_kept() -> None:
    began = timezone.now()
    lane_with_secret()
    secret = ConnectionSecret.objects.get()
    assert secret.changed_by == "test"
    assert secret.changed_at >= began
