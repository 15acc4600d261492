"""`import_members` fills a team's directory, and a second run changes nothing."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from eligibility.models import KnownMember
from eligibility.operations import members
from portal.models import AuditEvent
from tests.cast import Cast

pytestmark = pytest.mark.django_db

HEADER = "id_value,id_type,tpa_name,seen_on\n"
GOOD = HEADER + "784-1986-9027382-9,EMIRATESID,TPA002,2026-01-31\nNX-77,cardno,tpa004,\n"


def bring(cast: Cast, file: Path, *options: str) -> tuple[int, str]:
    """The command's exit code and what it said."""
    out = io.StringIO()
    try:
        call_command("import_members", str(file), "--team", cast.us.team.name, *options, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


def written(path: Path, text: str, name: str = "members.csv") -> Path:
    file = path / name
    file.write_text(text, encoding="utf-8")
    return file


def lines() -> list[tuple[str, str, str]]:
    found = KnownMember.objects.order_by("id_key").values_list("id_type", "id_key", "payer__code")
    return list(found)


def test_a_list_becomes_lines_of_the_directory(cast: Cast, tmp_path: Path) -> None:
    code, said = bring(cast, written(tmp_path, GOOD))
    assert code == 0
    assert "2 rows: 2 new, 0 newer than known, 0 known already, 0 rejected." in said
    assert lines() == [
        ("EMIRATESID", "784198690273829", "TPA002"),
        ("CARDNUMBER", "NX77", "TPA004"),
    ]
    first = KnownMember.objects.get(payer__code="TPA002")
    assert (first.team, first.source) == (cast.us.team, "import")
    assert first.seen_at == datetime(2026, 1, 31, tzinfo=UTC)
    assert AuditEvent.objects.filter(verb="imported").count() == 1


def test_a_second_run_changes_nothing(cast: Cast, tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    bring(cast, file)
    before = list(KnownMember.objects.order_by("pk").values())
    code, said = bring(cast, file)
    assert code == 0
    assert "0 new, 0 newer than known, 2 known already" in said
    assert list(KnownMember.objects.order_by("pk").values()) == before
    assert AuditEvent.objects.filter(verb="imported").count() == 1


def test_a_newer_day_is_taken_over_and_an_older_one_is_not(cast: Cast, tmp_path: Path) -> None:
    bring(cast, written(tmp_path, GOOD))
    later = GOOD.replace("2026-01-31", "2026-03-01")
    assert "1 newer than known" in bring(cast, written(tmp_path, later))[1]
    bring(cast, written(tmp_path, GOOD))
    line = KnownMember.objects.get(payer__code="TPA002")
    assert line.seen_at == datetime(2026, 3, 1, tzinfo=UTC)


def test_bad_lines_are_told_apart_and_their_file_can_be_mended(cast: Cast, tmp_path: Path) -> None:
    bad = GOOD + "X1,CARDNUMBER,NOBODY,\nX2,CARDNUMBER,BOTH,\n,CARDNUMBER,TPA002,\nX3,HAT,TPA002,\n"
    bad += "784-1,EMIRATESID,TPA002,\nX4,CARDNUMBER,TPA002,2999-01-01\n---,CARDNUMBER,TPA002,\n"
    errors = tmp_path / "errors.csv"
    code, said = bring(cast, written(tmp_path, bad), "--errors-out", str(errors))
    assert code == 1
    assert "9 rows: 2 new" in said
    assert "7 rejected" in said
    assert "X1" not in said
    text = errors.read_text(encoding="utf-8-sig")
    assert text.count("\n") == 8
    mended = text.replace("NOBODY", "TPA002")
    assert bring(cast, written(tmp_path, mended, "again.csv"))[0] == 1
    assert ("CARDNUMBER", "X1", "TPA002") in lines()


def test_a_dry_run_says_it_and_writes_nothing(cast: Cast, tmp_path: Path) -> None:
    code, said = bring(cast, written(tmp_path, GOOD), "--dry-run")
    assert (code, lines()) == (0, [])
    assert "Dry run, nothing was stored. 2 rows: 2 new" in said
    assert AuditEvent.objects.filter(verb="imported").count() == 0


def test_json_lines_are_read_too(cast: Cast, tmp_path: Path) -> None:
    rows = [{"id_value": "NX-77", "id_type": "CARDNUMBER", "tpa_name": "TPA004"}, 7]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    code, said = bring(cast, written(tmp_path, text, "members.ndjson"))
    assert code == 1
    assert lines() == [("CARDNUMBER", "NX77", "TPA004")]
    assert "row.type" in said


def test_a_member_named_twice_is_one_line_and_one_chunk_is_like_many(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "CHUNK", 2)
    twice = GOOD + "nx 77,CARDNUMBER,TPA004,\nNX77,CARDNUMBER,TPA004,\nNX78,CARDNUMBER,TPA004,\n"
    code, said = bring(cast, written(tmp_path, twice))
    assert (code, len(lines())) == (0, 3)
    assert "3 new, 0 newer than known, 2 known already" in said


@pytest.mark.parametrize(
    ("text", "why"),
    [("id_value,id_type\nX1,CARDNUMBER\n", "no column tpa_name"), ("", "")],
    ids=["a column missing", "nothing"],
)
def test_a_file_of_no_use_is_refused(cast: Cast, tmp_path: Path, text: str, why: str) -> None:
    code, said = bring(cast, written(tmp_path, text))
    assert code == 2
    assert why in said


def test_a_team_that_is_not_there_is_refused(cast: Cast, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no team"):
        call_command("import_members", str(written(tmp_path, GOOD)), "--team", "Nobody")
