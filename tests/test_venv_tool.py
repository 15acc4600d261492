from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pip
import pytest

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parent.parent
PROGRAMS = ("sh", "dirname", "cksum", "tr", "cat", "rm", "touch", "grep", "flock")


class Checkout:
    """A checkout with nothing but the tool and empty pins, on a machine with few programs."""

    def __init__(self, home: Path) -> None:
        self.root = home / "checkout"
        self.path = home / "bin"
        (self.root / "tools").mkdir(parents=True)
        self.path.mkdir()
        self.borrowed = home / "borrowed"
        self.borrowed.mkdir()
        (self.borrowed / "pip").symlink_to(Path(pip.__file__).parent)
        shutil.copy(ROOT / "tools" / "venv", self.root / "tools" / "venv")
        self.pin("")
        for name in PROGRAMS:
            found = shutil.which(name)
            if found:
                (self.path / name).symlink_to(found)

    def pin(self, text: str) -> None:
        for name in ("requirements.txt", "requirements-dev.txt"):
            (self.root / name).write_text(text)

    def install(self, name: str, script: str) -> None:
        program = self.path / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def install_python(self) -> None:
        """A real Python, quick to make a venv with: pip is borrowed from this test's own."""
        real = f'"{sys.base_prefix}/bin/python3"'
        as_venv = f'[ "$1 $2" = "-m venv" ] && exec {real} -m venv --without-pip "$3"'
        self.install("python3", f'{as_venv}\nexec {real} "$@"')

    def run(self, kind: str = "run", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.root / "tools" / "venv", kind],
            env={"PATH": str(self.path), "PYTHONPATH": str(self.borrowed)} | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def python(self) -> Path:
        return self.root / ".venv" / "bin" / "python"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_without_python_it_names_the_debian_packages(checkout: Checkout) -> None:
    ended = checkout.run()
    assert ended.returncode == 1
    assert "apt install python3 python3-venv" in ended.stderr


def test_a_python_that_is_too_old_is_named(checkout: Checkout) -> None:
    old = '[ "$1" = --version ] && echo "Python 3.9.2" && exit 0; exit 1'
    checkout.install("python3", old)
    ended = checkout.run()
    assert ended.returncode == 1
    assert "Python 3.9.2 is too old: Python 3.11 or later is needed." in ended.stderr


def test_a_python_that_was_asked_for_must_exist(checkout: Checkout) -> None:
    checkout.install_python()
    ended = checkout.run(PYTHON="python3.99")
    assert ended.returncode == 1
    assert "PYTHON=python3.99: there is no such program." in ended.stderr


def test_without_the_venv_module_it_names_the_debian_package(
    checkout: Checkout,
) -> None:
    (checkout.borrowed / "ensurepip.py").write_text("raise ImportError")
    checkout.install_python()
    ended = checkout.run()
    assert ended.returncode == 1
    assert "apt install python3-venv" in ended.stderr
    assert not checkout.python().exists()


def test_the_second_run_changes_nothing_and_new_pins_are_installed(checkout: Checkout) -> None:
    checkout.install_python()
    assert checkout.run("dev").returncode == 0
    second = checkout.run("dev")
    assert (second.returncode, second.stderr) == (0, "")
    assert checkout.run("run").stderr == ""
    checkout.pin("# changed\n")
    third = checkout.run("dev")
    assert third.returncode == 0
    assert "Making" not in third.stderr
    assert "Installing" in third.stderr


@pytest.mark.parametrize("half", ["no python", "cut short", "moved"])
def test_a_half_made_or_moved_venv_is_made_anew(checkout: Checkout, half: str) -> None:
    checkout.install_python()
    assert checkout.run().returncode == 0
    if half == "no python":
        checkout.python().unlink()
    elif half == "cut short":
        (checkout.root / ".venv" / ".filling").touch()
    else:
        (checkout.root / ".venv" / ".place").write_text("elsewhere\n")
    repaired = checkout.run()
    assert repaired.returncode == 0
    assert "Making .venv" in repaired.stderr
    assert checkout.python().exists()
    assert checkout.run().stderr == ""


def test_pins_that_cannot_be_installed_are_tried_again(checkout: Checkout) -> None:
    checkout.install_python()
    checkout.pin("./nowhere.tar.gz --hash=sha256:00\n")
    failed = checkout.run()
    assert failed.returncode == 1
    assert "could not be installed" in failed.stderr
    checkout.pin("")
    assert checkout.run().returncode == 0
