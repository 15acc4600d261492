"""The campaign in small: a few kills, every payer fault, and the same judgement."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.torture.processes import ROOT

pytestmark = [pytest.mark.whole, pytest.mark.db]


def test_a_short_campaign_breaks_no_promise() -> None:
    on_sqlite = os.environ["DATABASE_URL"].startswith("sqlite")
    database = "sqlite" if on_sqlite else "postgres"
    options = ["--rows", "120", "--kills", "8", "--minutes", "0.13"]
    told = subprocess.run(
        [sys.executable, "-m", "tests.torture", "--database", database, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr[-3000:]
