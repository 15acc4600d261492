from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests import cluster as cluster_module
from tests import postgres
from tests.cluster import Cluster, Missing

pytestmark = pytest.mark.whole


@pytest.fixture
def own_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL is installed, and no other server was given."""
    monkeypatch.delenv("TEST_POSTGRES_URL", raising=False)
    try:
        cluster_module.binaries()
    except Missing as reason:
        if postgres.in_ci():
            raise
        pytest.skip(str(reason))


@pytest.fixture
def cluster(own_server: None) -> Iterator[Cluster]:
    with Cluster(fsync=False) as made:
        yield made


def _write(url: str, number: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [number])


def _read(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [number for (number,) in connection.execute("SELECT number FROM kept")]


def test_a_killed_and_a_stopped_server_keep_what_was_committed_under_the_same_address(
    cluster: Cluster,
) -> None:
    url = cluster.url
    _write(url, 1)
    cluster.kill()
    with pytest.raises(psycopg.OperationalError):
        _read(url)
    cluster.start()
    _write(url, 2)
    cluster.stop()
    cluster.start()
    assert cluster.url == url
    assert _read(url) == [1, 2]


def test_killing_the_server_cuts_an_open_connection(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url) as connection:
        cluster.kill()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A temporary directory that the server's own user may enter."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


def _run_until_ready(place: Path) -> tuple[subprocess.Popen[str], str]:
    """A run of `python -m tests.postgres` whose command sleeps, and its server's address."""
    command = ["sh", "-c", 'echo "$DATABASE_URL"; exec sleep 5']
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.postgres", "--no-fsync", "--", *command],
        env=os.environ | {"TMPDIR": str(place)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    return child, child.stdout.readline().strip()


def _is_gone(url: str) -> bool:
    """Whether the server stops answering within some seconds."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_server_goes_away_with_the_process_that_started_it(
    own_server: None, open_directory: Path, how: signal.Signals
) -> None:
    child, url = _run_until_ready(open_directory)
    psycopg.connect(url).close()
    child.send_signal(how)
    assert child.wait(20) != 0
    assert _is_gone(url)
    assert child.stdout is not None
    child.stdout.close()


def test_nothing_is_left_behind(own_server: None) -> None:
    with Cluster(fsync=False) as made:
        home = made.home
        assert (home / "data" / "PG_VERSION").exists()
    assert not home.exists()


def test_the_commands_exit_code_is_kept(own_server: None) -> None:
    assert postgres.main(["--no-fsync", "--", "sh", "-c", 'test -n "$DATABASE_URL" && exit 7']) == 7


@pytest.mark.parametrize(("ci", "code", "word"), [("", 0, "skipped"), ("true", 1, "failed")])
def test_without_postgresql_a_run_is_skipped_and_fails_in_ci(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    ci: str,
    code: int,
    word: str,
) -> None:
    monkeypatch.delenv("TEST_POSTGRES_URL", raising=False)
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(cluster_module, "DEBIAN_PLACE", tmp_path)
    assert postgres.main(["--", "true"]) == code
    assert capsys.readouterr().out.startswith(f"{word}: PostgreSQL is not installed")
