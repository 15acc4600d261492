"""The command that brings files in: what it says, and its exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from eligibility.files.export import failed_rows
from eligibility.models import Batch, EligibilityTask, TaskRevision
from portal.exports import as_bytes
from portal.models import AuditEvent, Clinic, FileImport, RejectedRow, Submission
from tests.cast import Cast, House
from tests.eligibility.files.making import make_cells, make_file, told
from tests.factories import make_clinic


@pytest.fixture
def house(cast: Cast) -> House:
    """Our team."""
    return cast.us


class Terminal(StringIO):
    """A screen that somebody watches."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def run(path: Path, house: House, **options: Any) -> tuple[int, str]:
    """The exit code and what was said."""
    out = StringIO()
    options = {"clinic": str(house.first.pk), "stdout": out, "stderr": StringIO()} | options
    try:
        call_command("import_tasks", path, **options)
    except SystemExit as left:
        return int(left.code or 0), out.getvalue()
    return 0, out.getvalue()


def refusal(path: Path, house: House, **options: Any) -> tuple[int, str]:
    """The exit code and the error of a file of no use."""
    with pytest.raises(CommandError) as caught:
        run(path, house, **options)
    return caught.value.returncode, str(caught.value)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Three good rows."""
    path = tmp_path / "good.csv"
    path.write_bytes(make_file(make_cells(n) for n in range(3)))
    return path


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A good row and two bad ones."""
    bad = [make_cells(2, visit_type="OPD"), make_cells(3, visit_type="OPD", dob="3/4/1986")]
    path = tmp_path / "mixed.csv"
    path.write_bytes(make_file([make_cells(1, dob="03/04/1986"), *bad]))
    return path


def test_an_import_from_the_command_line_is_in_the_audit_log(house: House, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(make_file([make_cells(1)]))
    run(path, house)
    event = AuditEvent.objects.get(verb="imported")
    assert (event.actor_kind, event.actor_name) == ("command", "import_tasks")
    assert (event.team_id, event.object_id) == (house.team.pk, str(Submission.objects.get().pk))


def test_a_good_file_ends_with_0(good: Path, house: House) -> None:
    code, said = run(good, house)
    assert code == 0
    assert "3 rows: 3 created, 0 known already, 0 rejected." in said
    assert str(Submission.objects.get().pk) in said


def test_rejected_rows_end_with_1_and_are_counted_by_reason(mixed: Path, house: House) -> None:
    code, said = run(mixed, house)
    assert code == 1
    assert "Rejected       2 × visit_type.unknown" in said
    assert "Doubtful       1 × dob.ambiguous" in said
    assert "Farouk" not in said


def test_a_dry_run_says_so_and_stores_nothing(mixed: Path, house: House) -> None:
    code, said = run(mixed, house, dry_run=True)
    assert code == 1
    assert "Dry run, nothing was stored. 3 rows: 1 created" in said
    assert not Submission.objects.exists()


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_rejected_rows_are_written_and_can_be_given_back(
    mixed: Path, house: House, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"errors.{ending}"
    _, said = run(mixed, house, errors_out=path)
    assert f"2 rejected rows are in {path}." in said
    rows = told(path.read_bytes(), ending)
    assert [row["line"] for row in rows] == ["3", "4"]
    path.write_bytes(make_file([r | {"visit_type": r["suggestion"]} for r in rows], ending=ending))
    code, said = run(path, house)
    assert code == 0
    assert "2 rows: 2 fixed, 0 unchanged, 0 in conflict, 0 rejected." in said
    assert run(path, house)[1].count("0 fixed, 2 unchanged") == 1
    assert EligibilityTask.objects.count() == 3


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_failed_rows_go_out_are_edited_and_come_back_as_the_same_rows(
    good: Path, house: House, tmp_path: Path, ending: str
) -> None:
    run(good, house)
    before = set(EligibilityTask.objects.values_list("pk", flat=True))
    EligibilityTask.objects.update(status="failed", failure="identity_mismatch", run_at=None)
    path, still_wrong = tmp_path / f"failed.{ending}", tmp_path / f"wrong.{ending}"
    out = failed_rows(Batch.objects.get())
    rows = told(b"".join(as_bytes(ending, out.columns, out.rows)), ending)
    assert [row["line"] for row in rows] == ["2", "3", "4"]
    rows[0] |= {"name": "Ali Farouq"}
    rows[1] |= {"visit_type": "OPD"}
    path.write_bytes(make_file(rows, ending=ending))
    code, said = run(path, house, dry_run=True)
    assert (code, TaskRevision.objects.count()) == (1, 0)
    assert "Dry run, nothing was stored. 3 rows: 1 fixed, 1 unchanged, 0 in conflict, 1" in said
    code, said = run(path, house, errors_out=still_wrong)
    assert code == 1
    assert f"1 rejected rows are in {still_wrong}." in said
    (wrong,) = told(still_wrong.read_bytes(), ending)
    assert (wrong["row_id"], wrong["field"]) == (rows[1]["row_id"], "visit_type")
    still_wrong.write_bytes(make_file([wrong | {"visit_type": "DENTAL"}], ending=ending))
    assert run(still_wrong, house)[0] == 0
    assert "0 fixed, 1 unchanged" in run(still_wrong, house)[1]
    assert set(EligibilityTask.objects.values_list("pk", flat=True)) == before
    asked = EligibilityTask.objects.order_by("line").values_list("name", "visit_type", "status")
    assert list(asked) == [
        ("Ali Farouq", "OUTPATIENT", "pending"),
        ("Ali Farouk", "DENTAL", "pending"),
        ("Ali Farouk", "OUTPATIENT", "failed"),
    ]


def test_a_row_that_somebody_else_changed_meanwhile_ends_with_1(
    good: Path, house: House, tmp_path: Path
) -> None:
    run(good, house)
    EligibilityTask.objects.update(status="failed", failure="timeout", run_at=None)
    out = failed_rows(Batch.objects.get())
    rows = told(b"".join(as_bytes("csv", out.columns, out.rows)))
    EligibilityTask.objects.filter(line=2).update(version=9)
    path = tmp_path / "failed.csv"
    path.write_bytes(make_file([row | {"name": "Mine"} for row in rows]))
    code, said = run(path, house)
    assert code == 1
    assert "3 rows: 2 fixed, 0 unchanged, 1 in conflict, 0 rejected." in said
    assert EligibilityTask.objects.get(line=2).name == "Ali Farouk"


def test_columns_can_be_mapped(tmp_path: Path, house: House) -> None:
    path = tmp_path / "other.csv"
    cells = make_cells(1)
    cells |= {"Emirates ID": cells.pop("id_value"), "room=x": "7"}
    path.write_bytes(make_file([cells]))
    code, said = refusal(path, house)
    assert code == 2
    assert "Is it 'Emirates ID'? Then map it: Emirates ID=id_value." in said
    assert run(path, house, map=["Emirates ID=id_value", "room=x="])[0] == 0
    assert "room=x" not in EligibilityTask.objects.get().request_dump


def test_a_schedule_is_read_in_the_clinics_zone(good: Path, house: House) -> None:
    tomorrow = (timezone.now().astimezone(house.first.zone) + timedelta(days=1)).date()
    run(good, house, schedule=f"{tomorrow}T06:00")
    due = EligibilityTask.objects.values_list("run_at", flat=True).distinct().get()
    assert due is not None
    assert due.astimezone(house.first.zone).strftime("%Y-%m-%d %H:%M") == f"{tomorrow} 06:00"


@pytest.mark.parametrize(
    "options",
    [
        {"schedule": "tomorrow"},
        {"clinic": "Nowhere"},
        {"team": "Nobody"},
        {"map": ["phone"]},
        {"encoding": "nonsense"},
        {"sheet": "x"},
    ],
)
def test_what_cannot_be_done_ends_with_2(good: Path, house: House, options: dict[str, Any]) -> None:
    assert refusal(good, house, **options)[0] == 2
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    "content", [b"", b"client_reference,id_value\n", b"%PDF-1.7", b"a,a\n1,2\n"]
)
def test_a_file_of_no_use_ends_with_2(tmp_path: Path, house: House, content: bytes) -> None:
    path = tmp_path / "useless.csv"
    path.write_bytes(content)
    assert refusal(path, house)[0] == 2


def test_a_file_that_is_not_there_ends_with_2(tmp_path: Path, house: House) -> None:
    assert refusal(tmp_path / "nothing.csv", house)[0] == 2


def test_a_clinic_is_found_by_name_where_the_name_is_one_clinics(good: Path, house: House) -> None:
    assert run(good, house, clinic=house.first.name)[0] == 0
    Clinic.objects.filter(pk=make_clinic().pk).update(name=house.first.name)
    assert "name the team" in refusal(good, house, clinic=house.first.name)[1]
    assert run(good, house, clinic=house.first.name, team=house.team.name)[0] == 0


def test_progress_is_shown_to_whoever_watches(good: Path, house: House) -> None:
    screen, pipe = Terminal(), StringIO()
    run(good, house, stderr=screen)
    assert "3 rows, 0 rejected" in screen.getvalue()
    run(good, house, stderr=pipe, again=True)
    assert pipe.getvalue() == ""


class TestAKilledImport:
    """The command in a process of its own, killed between two chunks."""

    ROWS = 11_000

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        """A file of three chunks; rows without a reference, and a bad one in each thousand."""
        bad = {"tpa_name": "NOBODY", "client_reference": ""}
        cells = (
            make_cells(n, **(bad if n % 1000 == 999 else {"client_reference": ""}))
            for n in range(self.ROWS)
        )
        path = tmp_path / "many.csv"
        path.write_bytes(make_file(cells))
        return path

    @pytest.fixture
    def process(
        self, path: Path, committed_cast: Cast, database_url: str
    ) -> Iterator[subprocess.Popen[bytes]]:
        """The command at work."""
        command = [sys.executable, "manage.py", "import_tasks", str(path)]
        command += ["--clinic", str(committed_cast.us.first.pk)]
        environment = os.environ | {"DATABASE_URL": database_url}
        started = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)
        yield started
        started.kill()
        started.wait()

    def test_it_goes_on_when_the_file_is_given_again(
        self, path: Path, committed_cast: Cast, process: subprocess.Popen[bytes]
    ) -> None:
        ends_at = time.monotonic() + 60
        while not FileImport.objects.filter(next_line__gt=0).exists():
            assert time.monotonic() < ends_at
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        left = FileImport.objects.get()
        assert left.finished_at is None
        code, said = run(path, committed_cast.us)
        assert code == 1
        assert f"Went on behind line {left.next_line - 1:,}" in said
        assert "11,000 rows: 10,989 created, 0 known already, 11 rejected." in said
        assert EligibilityTask.objects.count() == self.ROWS - 11
        assert EligibilityTask.objects.values("line").distinct().count() == self.ROWS - 11
        assert RejectedRow.objects.count() == 11
        assert Submission.objects.get().total_rows == self.ROWS
