"""The demo as somebody sees it who has just cloned the project: its output, its end, its traces."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from eligibility.demo.sample import sample_lines
from eligibility.demo.stage import listen

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 300
COUNT = re.compile(r"^ +(\w+(?:\.\w+)?) +(\d+)(?:  .*)?$", re.MULTILINE)
REJECTED = {
    "visit_type.unknown": 8,
    "id_value.required": 6,
    "id_type.unknown": 2,
    "id_type.unsupported": 2,
    "tpa_name.unknown": 1,
}


def start_demo(home: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """The demo with nothing from this shell but PATH; what it keeps is in `home`."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "demo", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DEMO_DIR": str(home)} | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(demo: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code and what was printed."""
    try:
        output, errors = demo.communicate(timeout=LONGEST)
    finally:
        demo.kill()
    return demo.returncode, output, errors


def counts(output: str) -> dict[str, int]:
    """The summary's numbers by their names."""
    return {name: int(number) for name, number in COUNT.findall(output)}


def traces(home: Path) -> list[str]:
    """The processes that belong to the demo in `home`, by their environment."""
    mark = f"DEMO_DIR={home}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def wait_until(is_so: Callable[[], bool], seconds: float) -> bool:
    """Whether it became so in time."""
    ends_at = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > ends_at:
            return False
        time.sleep(0.1)
    return True


def assert_the_sums_add_up(output: str) -> None:
    found = counts(output)
    assert {name: found.get(name) for name in REJECTED} == REJECTED
    assert (found["accepted"], found["rejected"]) == (381, 19)
    rest = found.keys() - {"accepted", "rejected", "answered", "failed"} - REJECTED.keys()
    outcomes = {"eligible", "not_eligible", "member_not_found", "undetermined", "ambiguous_member"}
    outcomes |= {"partial"}
    assert sum(found[name] for name in rest & outcomes) == found["answered"]
    assert sum(found[name] for name in rest - outcomes) == found["failed"]
    assert found["answered"] + found["failed"] == 381
    assert found["answered"] > 340
    assert re.search(r"381 rows in \d+\.\d s, \d+ rows/s", output)


def assert_staff_and_key_are_printed(output: str) -> None:
    for role in ("viewer", "operator", "supervisor", "admin"):
        assert re.search(rf"\b{role} +(\w{{4}}-){{2}}\w{{4}} ", output)
    assert len(set(re.findall(r"\bep_[0-9a-f]{12}_[\w-]{43}(?![\w-])", output))) == 1


def assert_the_rows_are_tomorrows_and_final(home: Path) -> None:
    rows = stored_rows(home, "R1-APT-%")
    today = datetime.now(ZoneInfo("Asia/Dubai")).date()
    assert min(row[0] for row in rows) in {str(today), str(today + timedelta(days=1))}
    assert len({row[0] for row in rows}) == 2
    assert {row[1] for row in rows} == {"done", "failed"}
    assert all(re.fullmatch(r"\S+ \d\d:\d\d", json.loads(row[2])["appointment"]) for row in rows)
    assert sorted(warning["code"] for row in rows for warning in json.loads(row[3])) == [
        "dob.format",
        *["emirates_id.check_digit"] * 3,
    ]


def stored_rows(home: Path, references: str) -> list[tuple[str, str, str, str]]:
    """Service date, status, request and warnings of the tasks in the demo's own database."""
    with closing(sqlite3.connect(home / "demo.sqlite3")) as database:
        return database.execute(
            "SELECT service_date, status, request_dump, warnings FROM eligibility_eligibilitytask"
            " WHERE client_reference LIKE ?",
            [references],
        ).fetchall()


def assert_the_secret_key_is_for_its_owner_only(home: Path) -> None:
    kept = home / "demo-secret-key"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert len(kept.read_text()) > 50


@contextmanager
def serving(home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A demo whose usual port is taken, and what it has printed when it begins to serve."""
    with listen(18000) as taken:
        demo = start_demo(home, PORT=str(taken.getsockname()[1]))
        try:
            yield demo, read_until(demo, "Serving")
        finally:
            demo.kill()


def read_until(demo: subprocess.Popen[str], beginning: str) -> str:
    """What it prints up to the line that begins so."""
    printed = ""
    assert demo.stdout is not None
    for line in demo.stdout:
        printed += line
        if line.startswith(beginning):
            break
    return printed


def assert_the_taken_port_is_left_alone(printed: str) -> None:
    (ports,) = re.findall(r"Port (\d+) is taken: http://127\.0\.0\.1:(\d+) instead", printed)
    assert ports[0] != ports[1]
    assert f"http://127.0.0.1:{ports[1]}/api/docs/" in printed


def assert_the_printed_calls_work(printed: str) -> None:
    calls = printed[printed.index("KEY=") : printed.index("Serving")].replace("curl", "curl -sS")
    done = subprocess.run(["sh", "-c", calls], check=True, capture_output=True, timeout=60)
    assert done.stderr == b""
    decoder, text = json.JSONDecoder(), done.stdout.decode()
    result, end = decoder.raw_decode(text)
    created, _ = decoder.raw_decode(text[end:].lstrip())
    assert result["status"] == "PROCESS_COMPLETE"
    assert result["eligibility_result"]["data_dump"]["status"] == "found"
    assert created["message"] == "Bulk tasks created successfully. 1 tasks created."


def assert_another_demo_is_refused(home: Path) -> None:
    code, _, errors = finish(start_demo(home, "--once"))
    assert code == 1
    assert "Another demo runs in" in errors


def assert_the_logs_name_no_patient(home: Path) -> None:
    logs = "".join(log.read_text() for log in home.glob("demo-*.log"))
    assert "create-tasks" in logs
    lines = sample_lines()
    named = {line[column] for line in lines for column in ("name", "id_value", "phone")} - {""}
    assert [text for text in named if text in logs] == []


def assert_ctrl_c_ends_it_and_leaves_nothing(demo: subprocess.Popen[str], home: Path) -> None:
    assert len(traces(home)) >= 8
    demo.send_signal(signal.SIGINT)
    code, output, errors = finish(demo)
    assert (code, output.split(), errors) == (0, ["Stopping"], "")
    assert traces(home) == []


def test_the_demo_tells_all_from_its_first_run_to_ctrl_c_in_its_second(tmp_path: Path) -> None:
    home = tmp_path / "demo + more %20"
    code, output, errors = finish(start_demo(home, "--once"))
    assert (code, errors) == (0, "")
    assert "as run 1," in output
    assert_the_sums_add_up(output)
    assert_staff_and_key_are_printed(output)
    assert_the_rows_are_tomorrows_and_final(home)
    assert_the_secret_key_is_for_its_owner_only(home)
    with serving(home) as (demo, printed):
        assert "as run 2," in printed
        assert_the_sums_add_up(printed)
        assert_staff_and_key_are_printed(printed)
        assert_the_taken_port_is_left_alone(printed)
        if shutil.which("curl"):
            assert_the_printed_calls_work(printed)
        assert_another_demo_is_refused(home)
        assert_the_logs_name_no_patient(home)
        assert_ctrl_c_ends_it_and_leaves_nothing(demo, home)
    assert len(stored_rows(home, "R2-APT-%")) == 381


def test_a_demo_that_is_interrupted_before_its_end_says_so(tmp_path: Path) -> None:
    demo = start_demo(tmp_path, "--once")
    read_until(demo, "  Starting")
    demo.terminate()
    code, _, errors = finish(demo)
    assert (code, errors) == (130, "CommandError: Stopped before the end.\n")
    assert traces(tmp_path) == []


def test_rows_that_take_too_long_are_a_loud_failure(tmp_path: Path) -> None:
    code, _, errors = finish(start_demo(tmp_path, "--once", "--within", "0"))
    assert code == 1
    assert re.search(
        r"Not every row was final after .*\n +\d+ (pending|running), payer \w+", errors
    )
    assert traces(tmp_path) == []


@pytest.mark.postgres_only
def test_the_demo_runs_on_the_database_that_the_environment_names(
    database_url: str, tmp_path: Path
) -> None:
    before = connections_to_the_database()
    # DEBUG: the server of the tests may be one that does not survive a power cut.
    demo = start_demo(tmp_path, "--once", DATABASE_URL=database_url, DEBUG="1")
    code, output, errors = finish(demo)
    assert (code, errors) == (0, "")
    assert_the_sums_add_up(output)
    assert not (tmp_path / "demo.sqlite3").exists()
    assert wait_until(lambda: connections_to_the_database() <= before, 5)


def connections_to_the_database() -> frozenset[int]:
    """The clients of the test database, by the processes that serve them (not its own vacuum)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        return frozenset(pid for (pid,) in cursor.fetchall())
