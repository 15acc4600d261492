"""`sync_payers --from`: a registry file that holds from a day on."""

from __future__ import annotations

import json
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from eligibility import payer_file
from eligibility.models import Payer, RulesVersion
from portal.models import AuditEvent, Verb

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("payers")]


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """The shipped file, but for what TPA002 takes."""
    shipped = Path(payer_file.__file__).parent / "data" / "payers.json"
    data = json.loads(shipped.read_text(encoding="utf-8"))
    changed = next(each for each in data["payers"] if each["code"] == "TPA002")
    changed |= {"id_types": ["EMIRATESID"], "name": "Renamed"}
    path = tmp_path / "payers.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def day() -> date:
    return (timezone.now() + timedelta(days=9)).date()


def announce(path: Path, *words: str, zone: str = "Asia/Dubai", **options: Any) -> str:
    out = StringIO()
    given = ["--from", day().isoformat(), "--zone", zone, *words]
    call_command("sync_payers", str(path), *given, stdout=out, **options)
    return out.getvalue().strip()


def test_only_what_differs_is_announced_and_nothing_changes_yet(registry: Path) -> None:
    count = len(payer_file.shipped().payers)
    assert announce(registry) == f"1 announced, {count - 1} unchanged"
    version = RulesVersion.objects.get()
    payer = Payer.objects.get(code="TPA002")
    assert (version.payer, version.day, version.zone) == (payer, day(), "Asia/Dubai")
    assert version.rules["id_types"] == ["EMIRATESID"]
    assert payer.id_types != ["EMIRATESID"]
    assert payer.name != "Renamed"
    assert AuditEvent.objects.get(verb=Verb.ANNOUNCED).actor_name == "sync_payers"


def test_a_second_run_changes_nothing_and_another_day_takes_its_place(registry: Path) -> None:
    announce(registry)
    assert announce(registry).startswith("0 announced")
    later = (day() + timedelta(days=3)).isoformat()
    call_command("sync_payers", str(registry), "--from", later, "--zone", "UTC", stdout=StringIO())
    assert RulesVersion.objects.announced().get().day.isoformat() == later


def test_a_rehearsal_says_the_same_and_announces_nothing(registry: Path) -> None:
    assert announce(registry, "--dry-run").startswith("1 announced")
    assert not RulesVersion.objects.exists()
    assert not AuditEvent.objects.filter(verb=Verb.ANNOUNCED).exists()


def test_a_payer_that_is_new_is_named_and_the_others_are_announced(registry: Path) -> None:
    Payer.objects.filter(code="TPA001").delete()
    with pytest.raises(CommandError, match="not in the registry yet: TPA001"):
        announce(registry)
    assert RulesVersion.objects.announced().count() == 1


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--from", "2099-01-01"], "go together"),
        (["--zone", "UTC"], "go together"),
        (["--from", "soon", "--zone", "UTC"], "invalid"),
        (["--from", "2099-01-01", "--zone", "Atlantis"], "is no zone"),
        (["--from", "2099-01-01", "--zone", "../etc/passwd"], "is no zone"),
        (["--from", "2020-01-01", "--zone", "UTC"], "begun already"),
    ],
)
def test_a_slip_is_named(registry: Path, words: list[str], fault: str) -> None:
    with pytest.raises(CommandError, match=fault):
        call_command("sync_payers", str(registry), *words, stdout=StringIO())
    assert not RulesVersion.objects.exists()
