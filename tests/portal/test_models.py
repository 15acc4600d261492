from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.models import ApiKey, Clinic, RejectedRow, RowState, Scope, Submission, Team, User
from tests.factories import make_clinic, make_key, make_team

pytestmark = pytest.mark.django_db


def make_submission(team: Team, **fields: Any) -> Submission:
    counts = {"total_rows": 3, "accepted_rows": 2, "rejected_rows": 1}
    return Submission.objects.create(team=team, kind="tests", source="api", **counts | fields)


def make_rejected(submission: Submission, line: int = 0, **fields: Any) -> RejectedRow:
    return RejectedRow.objects.create(
        submission=submission, line=line, raw={}, errors=[], **{"state": RowState.OPEN} | fields
    )


def refused(name: str, act: Callable[[], Any]) -> None:
    """The database refuses the act, naming the constraint or its column."""
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        act()


# --- keys ----------------------------------------------------------------------------------------


def test_a_key_is_found_by_its_text() -> None:
    key, text = make_key()
    found = ApiKey.objects.find(text)
    assert found == key
    assert found is not None
    assert found.is_live()


def test_a_key_is_stored_without_its_text() -> None:
    key, text = make_key()
    secret = text.split("_", 2)[2]
    stored = ApiKey.objects.filter(pk=key.pk).values().get()
    assert len(secret) >= 43  # 256 bits
    assert not any(secret in str(value) for value in stored.values())
    assert secret not in str(key)


def test_two_keys_have_nothing_in_common() -> None:
    clinic = make_clinic()
    keys = [make_key(clinic)[0] for _ in range(2)]
    assert len({key.public_id for key in keys}) == 2
    assert len({key.secret_digest for key in keys}) == 2


def test_a_secret_with_the_separator_in_it_still_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.models.apikey.secrets.token_urlsafe", lambda n: "_a__b_-" * 6)
    key, text = make_key()
    assert ApiKey.objects.find(text) == key


def test_another_pepper_opens_nothing(settings: Any) -> None:
    _, text = make_key()
    settings.API_KEY_PEPPER = "another pepper"
    assert ApiKey.objects.find(text) is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1],
        lambda text: text + "x",
        lambda text: text.swapcase(),
        lambda text: text.rpartition("_")[0],
        lambda text: text.replace("ep_", "xx_", 1),
        lambda text: text.replace("ep_", "", 1),
        lambda text: " " + text,
        lambda text: "_".join(text.split("_", 2)[:2]) + "_",
        lambda text: "_".join(text.split("_", 2)[:2]) + "_" + "x" * 43,
        lambda text: text + "\0",
        lambda text: text.replace("ep_", "ep_\0", 1),
        lambda text: text.replace("ep_", "ep_\ud800", 1),
        lambda text: text + "\udfff",
        lambda text: text + "é",
        lambda text: text.replace("ep_", "ep_٣", 1),
        lambda text: text * 50_000,
        lambda text: "ep_" + "a" * 1_000_000 + "_b",
        lambda text: "",
        lambda text: "_",
        lambda text: "ep__",
        lambda text: "\0",
        lambda text: "ep_%_%",
    ],
)
def test_any_other_text_is_no_key(spoil: Callable[[str], str]) -> None:
    _, text = make_key()
    assert ApiKey.objects.find(spoil(text)) is None


def test_a_key_lives_until_the_moment_it_expires() -> None:
    now = timezone.now()
    key, _ = make_key(expires_at=now)
    second = timedelta(seconds=1)
    assert key.is_live(now - second)
    assert not key.is_live(now)
    assert not key.is_live(now + second)
    assert ApiKey.objects.live(now - second).contains(key)
    assert not ApiKey.objects.live(now).contains(key)


def test_a_revoked_key_is_dead_though_it_has_not_expired() -> None:
    key, text = make_key()
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=timezone.now())
    found = ApiKey.objects.find(text)
    assert found is not None
    assert not found.is_live()
    assert not ApiKey.objects.live().exists()


def test_the_scopes_of_a_key_are_known_words_each_once_in_order() -> None:
    scopes = [Scope.RECORDS_READ, "eligibility:read", "records:read"]
    key, _ = make_key(scopes=scopes)
    assert key.scopes == ["eligibility:read", "records:read"]


def test_a_scope_that_nobody_knows_makes_no_key() -> None:
    with pytest.raises(ValueError, match="eligibility:everything"):
        make_key(scopes=["eligibility:everything"])
    assert not ApiKey.objects.exists()


def test_a_key_is_for_the_clinics_it_names() -> None:
    team = make_team()
    first, second, _ = (make_clinic(team) for _ in range(3))
    key, _ = make_key(first, second)
    assert set(key.clinics.all()) == {first, second}


# --- teams, clinics, people ----------------------------------------------------------------------


def test_a_clinic_knows_its_zone() -> None:
    clinic = make_clinic(timezone="Asia/Kolkata")
    assert clinic.zone == ZoneInfo("Asia/Kolkata")


@pytest.mark.parametrize("name", ["Asia/Nowhere", "", "../../etc/passwd", "/etc/passwd", "a\0b"])
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    clinic = Clinic(team=make_team(), name="x", timezone=name)
    with pytest.raises(ValidationError) as caught:
        clinic.full_clean()
    assert "timezone" in caught.value.message_dict


def test_two_clinics_of_a_team_have_different_names() -> None:
    team, other = make_team(), make_team()
    Clinic.objects.create(team=team, name="Marina")
    Clinic.objects.create(team=other, name="Marina")
    refused(
        "clinic_name_once_a_team|portal_clinic.name", lambda: team.clinics.create(name="Marina")
    )


def test_two_teams_have_different_names() -> None:
    make_team("Palm")
    refused("portal_team", lambda: make_team("Palm"))


def test_a_person_has_a_known_role() -> None:
    refused("user_role_is_known", lambda: User.objects.create(username="a", role="god"))


# --- submissions and rejected rows ---------------------------------------------------------------


@pytest.mark.parametrize(
    "counts",
    [
        {"total_rows": 4},
        {"accepted_rows": 3},
        {"rejected_rows": 0},
    ],
)
def test_the_counts_of_a_submission_add_up(counts: dict[str, int]) -> None:
    team = make_team()
    refused("submission_counts_add_up", lambda: make_submission(team, **counts))


def test_a_count_is_never_negative() -> None:
    team = make_team()
    refused("check|CHECK|_rows", lambda: make_submission(team, accepted_rows=4, rejected_rows=-1))


def test_a_rejected_row_has_a_known_state() -> None:
    submission = make_submission(make_team())
    refused("rejected_row_state_is_known", lambda: make_rejected(submission, state="lost"))


def test_a_line_is_rejected_once() -> None:
    submission = make_submission(make_team())
    make_rejected(submission, 1)
    make_rejected(submission, 2)
    refused("rejected_row_once_a_line|portal_rejectedrow", lambda: make_rejected(submission, 1))


def test_open_rows_are_those_that_wait_for_somebody() -> None:
    submission = make_submission(make_team())
    rows = {
        state: make_rejected(submission, line, state=state) for line, state in enumerate(RowState)
    }
    assert list(RejectedRow.objects.open()) == [rows[RowState.OPEN]]
