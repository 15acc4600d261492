from __future__ import annotations

import io
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from portal import uploads
from portal.uploads import KEPT_SECONDS, Upload


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, settings: Any) -> Path:
    settings.UPLOAD_DIR = str(tmp_path / "kept")
    return tmp_path / "kept"


def keep(owner: str = "me") -> Upload:
    return uploads.keep(io.BytesIO(b"a,b\n1,2\n"), name="list.csv", owner=owner, options={"x": "1"})


def test_a_kept_file_comes_back_to_who_brought_it() -> None:
    found = uploads.find(keep().token, owner="me")
    assert found is not None
    assert (found.name, found.options) == ("list.csv", {"x": "1"})
    with found.read() as content:
        assert content.read() == b"a,b\n1,2\n"


def test_nobody_else_gets_it() -> None:
    assert uploads.find(keep().token, owner="you") is None


@pytest.mark.parametrize("token", ["", "..", "../../etc/passwd", "x" * 32, "é" * 32])
def test_a_token_that_is_none_finds_nothing(token: str) -> None:
    assert uploads.find(token, owner="me") is None


def test_only_the_server_can_read_what_is_kept(directory: Path) -> None:
    keep()
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert modes == {0o600}
    assert not any("list" in path.name for path in directory.iterdir())


def test_a_used_file_is_gone(directory: Path) -> None:
    upload = keep()
    with upload.take() as content:
        assert content.read()
    assert list(directory.iterdir()) == []


def test_a_second_click_does_not_get_it() -> None:
    upload = keep()
    with upload.take(), pytest.raises(FileNotFoundError), upload.take():
        pytest.fail("the second one got it, too")


def test_a_use_that_fails_leaves_it_for_another_try() -> None:
    upload = keep()
    with pytest.raises(ZeroDivisionError), upload.take():
        raise ZeroDivisionError
    assert uploads.find(upload.token, owner="me") is not None


def test_a_file_is_forgotten_after_an_hour(directory: Path) -> None:
    upload = keep()
    long_ago = time.time() - KEPT_SECONDS - 1
    for path in directory.iterdir():
        os.utime(path, (long_ago, long_ago))
    assert uploads.find(upload.token, owner="me") is None
    assert list(directory.iterdir()) == []


def test_what_is_known_about_a_kept_file_can_grow() -> None:
    upload = keep()
    uploads.remember(upload, encoding="cp1256")
    found = uploads.find(upload.token, owner="me")
    assert found is not None
    assert found.options == {"x": "1", "encoding": "cp1256"}


def test_looking_for_a_file_makes_no_directory(directory: Path) -> None:
    assert uploads.find("x" * 32, owner="me") is None
    assert not directory.exists()
