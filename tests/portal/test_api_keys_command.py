"""The command that lists, replaces and revokes keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from portal.management.commands.api_keys import read_overlap
from portal.models import ApiKey, AuditEvent, Verb
from tests.factories import make_key

pytestmark = pytest.mark.django_db


def api_keys(*words: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("api_keys", *words, stdout=out)
    return out.getvalue()


def test_rotate_prints_the_new_key_once_and_says_when_the_old_one_ends() -> None:
    old, _ = make_key()
    said = api_keys("rotate", old.public_id)
    new = ApiKey.objects.get(replaces=old)
    assert said.splitlines()[-1].startswith(f"ep_{new.public_id}_")
    assert ApiKey.objects.find(said.splitlines()[-1]) == new
    assert f"{old.public_id} works until" in said
    old.refresh_from_db()
    assert old.expires_at is not None
    assert timedelta(hours=23) < old.expires_at - timezone.now() <= timedelta(hours=24)
    assert AuditEvent.objects.get(verb=Verb.ROTATED).actor_name == "api_keys rotate"


def test_rotate_quietly_prints_the_key_alone() -> None:
    old, _ = make_key()
    assert len(api_keys("rotate", f"ep_{old.public_id}", "--quiet").splitlines()) == 1


def test_a_second_rotation_fails_and_makes_nothing() -> None:
    old, _ = make_key()
    api_keys("rotate", old.public_id)
    with pytest.raises(CommandError, match="was replaced by"):
        api_keys("rotate", old.public_id)
    assert ApiKey.objects.count() == 2


def test_the_new_key_lives_as_long_as_the_old_one_was_to() -> None:
    year = timedelta(days=365)
    old, _ = make_key(expires_at=timezone.now() + year)
    ApiKey.objects.filter(pk=old.pk).update(
        created_at=timezone.now() - year, expires_at=timezone.now() + timedelta(days=1)
    )
    api_keys("rotate", old.public_id)
    end = ApiKey.objects.get(replaces=old).expires_at
    assert end is not None
    assert year < end - timezone.now() <= year + timedelta(days=1)


def test_the_end_of_the_new_key_can_be_chosen() -> None:
    old, _ = make_key(expires_at=timezone.now() + timedelta(days=1))
    api_keys("rotate", old.public_id, "--expires", "2099-01-31T04:00+04:00")
    new = ApiKey.objects.get(replaces=old)
    assert new.expires_at == datetime(2099, 1, 31, tzinfo=UTC)
    ApiKey.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    api_keys("rotate", new.public_id, "--expires", "never")
    assert ApiKey.objects.get(replaces=new).expires_at is None


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--overlap", "soon"], "30m, 24h, 7d"),
        (["--overlap", "24"], "30m, 24h, 7d"),
        (["--overlap", "31d"], "at most 30 days"),
        (["--expires", "2099-01-31T00:00"], "with its zone"),
        (["--expires", "2099-13-31T00:00Z"], "with its zone"),
        (["--expires", "2020-01-31T00:00Z"], "has passed"),
    ],
)
def test_a_slip_is_named_and_nothing_is_made(words: list[str], fault: str) -> None:
    old, _ = make_key()
    with pytest.raises(CommandError, match=fault):
        api_keys("rotate", old.public_id, *words)
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "minutes"), [("0", 0), ("0h", 0), ("90m", 90), (" 24H ", 1440), ("30d", 43_200)]
)
def test_overlaps_are_read(text: str, minutes: int) -> None:
    assert read_overlap(text) == timedelta(minutes=minutes)


def test_revoke_closes_a_key_once_and_a_second_run_changes_nothing() -> None:
    old, _ = make_key()
    api_keys("rotate", old.public_id)
    new = ApiKey.objects.get(replaces=old)
    would = api_keys("revoke", new.public_id, "--dry-run")
    assert old.public_id in would
    assert new.public_id in would
    assert not ApiKey.objects.exclude(revoked_at=None).exists()
    assert "2 revoked." in api_keys("revoke", new.public_id)
    assert "nothing changed" in api_keys("revoke", new.public_id)
    assert "nothing" in api_keys("revoke", new.public_id, "--dry-run")
    assert not ApiKey.objects.filter(revoked_at=None).exists()


def test_revoke_only_leaves_the_old_key_alone() -> None:
    old, _ = make_key()
    api_keys("rotate", old.public_id)
    new = ApiKey.objects.get(replaces=old)
    assert "1 revoked." in api_keys("revoke", new.public_id, "--only")
    assert ApiKey.objects.get(revoked_at=None) == old


@pytest.mark.parametrize("verb", ["rotate", "revoke"])
def test_a_whole_key_is_understood_and_an_unknown_one_never_repeated(verb: str) -> None:
    _, text = make_key()
    api_keys(verb, text)
    with pytest.raises(CommandError) as raised:
        api_keys(verb, "ep_000000000000_a-secret-that-was-pasted")
    assert "a-secret" not in str(raised.value)


def test_the_list_says_what_each_key_is_and_never_its_text() -> None:
    old, text = make_key()
    other, _ = make_key()
    api_keys("rotate", old.public_id)
    lines = api_keys("list", "--team", old.team.name)
    assert f"replaces {old.public_id}" in lines
    assert other.public_id not in lines
    assert other.public_id in api_keys("list")
    assert text.split("_", 2)[2] not in lines


def test_the_help_names_the_three_verbs(capsys: Any) -> None:
    with pytest.raises(SystemExit):
        call_command("api_keys", "--help")
    said = capsys.readouterr().out
    assert "api_keys rotate ID [--overlap 24h]" in said
