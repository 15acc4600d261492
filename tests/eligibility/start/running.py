"""Run a snippet as integrators do: in a process of its own, steered by the environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

import pytest

from eligibility.start.examples import DIRECTORY

PATIENCE = 60


def run(file: str, environment: Mapping[str, str]) -> str:
    """What the snippet printed. It must end well and complain of nothing."""
    interpreter = [sys.executable, "-W", "error"] if file.endswith(".py") else ["sh", "-eu"]
    done = subprocess.run(
        [*interpreter, str(DIRECTORY / file)],
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), f"{file}: {done.stderr}"
    return done.stdout


def need_curl() -> None:
    """Skip the test where there is no curl, or fail it in CI."""
    if shutil.which("curl"):
        return
    if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
        pytest.fail("there is no curl in CI")
    pytest.skip("there is no curl")
