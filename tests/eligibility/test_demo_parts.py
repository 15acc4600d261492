"""The demo's parts by themselves, where a whole run would only hide what they do."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from eligibility.choices import Failure, Outcome, Status
from eligibility.demo.cast import CLINICS, TEAM, NotForDemo, prepare_cast, refuse_production
from eligibility.demo.process import Process, ProcessEnded
from eligibility.demo.sample import sample_rows
from eligibility.demo.stage import Stage, listen
from eligibility.demo.summary import Reason, Summary, reasons
from eligibility.demo.tally import Tally
from eligibility.models import Connection, Payer
from portal.models import ApiKey, Clinic, Role, Team, User
from tests.factories import make_team


def make_summary(**changes: Any) -> Summary:
    """A run of ten rows that adds up."""
    tally = Tally(
        outcomes=Counter({Outcome.ELIGIBLE: 6, Outcome.NOT_ELIGIBLE: 1}),
        failures=Counter({Failure.INPUT_INVALID: 1}),
    )
    facts: dict[str, Any] = {
        "sent": 10,
        "accepted": 8,
        "rejected": 2,
        "reasons": [Reason("id_value.required", 2, "id_value is missing or empty.")],
        "tally": tally,
        "seconds": 2.0,
    }
    return Summary(**facts | changes)


def make_process(tmp_path: Path, program: str) -> Process:
    return Process("child", ["-c", program], log=tmp_path / "child.log")


def ended(process: Process) -> str:
    """What is said about a process once it has ended."""
    for _ in range(200):
        try:
            process.check()
        except ProcessEnded as told:
            return str(told)
        time.sleep(0.05)
    raise AssertionError("it has not ended")


# --- the sample ----------------------------------------------------------------------------------


def test_the_sample_begins_on_the_day_asked_for_and_keeps_its_hours() -> None:
    rows = sample_rows(first_day=date(2027, 2, 28), run=3)
    assert len(rows) == 400
    assert Counter(row["service_date"] for row in rows) == {"2027-02-28": 240, "2027-03-01": 160}
    assert rows[0]["appointment"] == "2027-02-28 08:00"
    assert rows[0]["client_reference"] == "R3-APT-000001"
    assert len({row["client_reference"] for row in rows}) == 400


# --- the cast ------------------------------------------------------------------------------------


@pytest.fixture
def quick_passwords(settings: Any) -> None:
    """Passwords stored in a way that costs no time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.mark.django_db
def test_the_cast_is_a_team_with_two_clinics_its_staff_and_every_connection(
    quick_passwords: None,
) -> None:
    cast = prepare_cast()
    clinics = Clinic.objects.filter(team__name=TEAM)
    assert {(clinic.name, clinic.timezone) for clinic in clinics} == {
        (name, "Asia/Dubai") for name in CLINICS
    }
    users = {user.username: user for user in User.objects.filter(team=cast.team)}
    assert {user.role for user in users.values()} == set(Role)
    for person in cast.people:
        assert users[person.username].check_password(person.password)
        assert set(users[person.username].clinics.all()) == set(clinics)
    payers = Payer.objects.exclude(kind=Payer.Kind.SEARCH).count()
    assert Connection.objects.filter(team=cast.team).count() == payers + 1


@pytest.mark.django_db
def test_the_next_run_brings_new_passwords_and_a_new_key_and_ends_the_old_ones(
    quick_passwords: None,
) -> None:
    first, second = prepare_cast(), prepare_cast()
    assert (first.run, second.run) == (1, 2)
    admin = User.objects.get(username="admin")
    assert [admin.check_password(cast.people[-1].password) for cast in (first, second)] == [
        False,
        True,
    ]
    keys = [ApiKey.objects.find(cast.key) for cast in (first, second)]
    assert [key is not None and key.is_live() for key in keys] == [False, True]
    assert keys[1] is not None
    assert list(keys[1].clinics.all()) == [second.clinic]
    assert Team.objects.count() == 1


@pytest.mark.django_db
def test_somebody_elses_user_is_left_alone(quick_passwords: None) -> None:
    other = User.objects.create_user("admin", password="correct horse", team=make_team())
    with pytest.raises(NotForDemo, match="'admin'"):
        prepare_cast()
    other.refresh_from_db()
    assert other.check_password("correct horse")


@pytest.mark.django_db
def test_a_database_with_a_production_team_is_refused() -> None:
    make_team()
    refuse_production()
    make_team(is_production=True)
    with pytest.raises(NotForDemo, match="production"):
        refuse_production()


def test_the_command_insists_on_settings_of_its_own() -> None:
    with pytest.raises(CommandError, match="DJANGO_SETTINGS_MODULE"):
        call_command("demo")


# --- the summary ---------------------------------------------------------------------------------


def test_a_run_that_adds_up_has_no_faults() -> None:
    assert make_summary().faults() == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"sent": 11}, id="a row lost"),
        pytest.param({"rejected": 3, "sent": 11}, id="a reason lost"),
        pytest.param({"accepted": 9, "sent": 11}, id="a task lost"),
        pytest.param(
            {"tally": Tally(Counter({Outcome.ELIGIBLE: 7}), open=Counter({Status.RUNNING: 1}))},
            id="a row not final",
        ),
        pytest.param(
            {"tally": Tally(failures=Counter({Failure.PAYER_UNAVAILABLE: 8}))}, id="no answer"
        ),
    ],
)
def test_a_run_that_is_not_as_it_should_be_is_named(changes: dict[str, Any]) -> None:
    assert make_summary(**changes).faults()


def test_the_summary_tells_counts_reasons_and_pace() -> None:
    told = "\n".join(make_summary().lines())
    assert "id_value.required            2  id_value is missing or empty." in told
    assert "8 rows in 2.0 s, 4 rows/s" in told
    assert "cancelled" not in told


def test_a_row_with_several_errors_counts_once_under_the_first() -> None:
    details = [
        {"row": 3, "code": "b", "message": "first"},
        {"row": 3, "code": "a", "message": "second"},
        {"row": 4, "code": "c", "message": "third"},
        {"row": 5, "code": "c", "message": "fourth"},
    ]
    assert reasons(details) == [Reason("c", 2, "third"), Reason("b", 1, "first")]


# --- the processes -------------------------------------------------------------------------------


def test_a_process_that_ends_is_named_with_its_last_words(tmp_path: Path) -> None:
    program = "for i in range(40): print('line', i)\nraise SystemExit(3)"
    told = ended(make_process(tmp_path, program))
    assert told.startswith("The child ended with exit code 3.\n")
    assert told.endswith("line 39")
    assert told.count("line ") == 15


def test_a_killed_process_is_said_to_be_killed(tmp_path: Path) -> None:
    program = "import os; os.kill(os.getpid(), 9)"
    assert "The child ended by SIGKILL." in ended(make_process(tmp_path, program))


def test_a_process_that_does_not_stop_is_ended_with_its_children(tmp_path: Path) -> None:
    program = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)']).pid)\n"
        "sys.stdout.flush(); time.sleep(99)"
    )
    process = make_process(tmp_path, program)
    while not (grandchild := process.log.read_text().strip()):
        time.sleep(0.02)
    process.ask_to_stop()
    process.stop(until=time.monotonic() + 0.2)
    assert is_gone(int(grandchild))
    assert is_gone(process.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_demo_that_is_killed_takes_its_processes_along(tmp_path: Path) -> None:
    program = (
        "import django, os, pathlib, sys; django.setup()\n"
        "from eligibility.demo.process import Process\n"
        f"log = pathlib.Path({str(tmp_path)!r}) / 'child.log'\n"
        "print(Process('child', ['-c', 'import time; time.sleep(99)'], log=log).pid)\n"
        "sys.stdout.flush(); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert is_gone(int(done.stdout))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt orphans")
def test_the_stage_is_not_left_before_the_last_descendant_has_ended(tmp_path: Path) -> None:
    (tmp_path / "orphan.py").write_text("import time; time.sleep(0.7); print(1)")
    (tmp_path / "parent.py").write_text(
        "import subprocess, sys\nsubprocess.Popen([sys.executable, sys.argv[1]], process_group=0)"
    )
    program = (
        "import django, pathlib; django.setup()\n"
        "from eligibility.demo.stage import Stage\n"
        f"home = pathlib.Path({str(tmp_path)!r})\n"
        "with Stage(home) as stage:\n"
        "    scripts = [str(home / 'parent.py'), str(home / 'orphan.py')]\n"
        "    child = stage._start('child', 'child', scripts)\n"
        "    child._process.wait()\n"
        "print(child.log.read_text())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "1"


def is_gone(pid: int) -> bool:
    """Whether the process ends within seconds; a zombie of somebody else has ended, too."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_the_stage_notices_a_process_that_ended_while_it_waits(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage._processes.append(make_process(tmp_path, "raise SystemExit(0)"))
    with pytest.raises(ProcessEnded, match="exit code 0"):
        stage.pause(10)


def test_a_taken_port_leads_to_another() -> None:
    with listen(18100) as first:
        port = first.getsockname()[1]
        with listen(port) as second:
            assert second.getsockname()[1] != port
            socket.create_connection(second.getsockname(), 1).close()
