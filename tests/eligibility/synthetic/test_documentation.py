"""The page that tells people how to steer the synthetic payer says what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from eligibility.synthetic.magic import MAGIC, Magic
from eligibility.synthetic.script import DIRECTIVES

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "synthetic-payer.md").read_text("utf-8")


@pytest.mark.parametrize("magic", MAGIC, ids=lambda magic: magic.card)
def test_every_magic_identifier_is_on_the_page(magic: Magic) -> None:
    row = f"| `{magic.card}` | `{magic.emirates_id}` | `{magic.script}` | {magic.meaning} |"
    assert row in PAGE.splitlines()


@pytest.mark.parametrize("directive", DIRECTIVES)
def test_every_directive_is_on_the_page(directive: str) -> None:
    assert f"| `{directive}` | {DIRECTIVES[directive]} |" in PAGE.splitlines()


def test_the_page_names_no_identifier_that_is_gone() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `SYN-")]
    assert len(rows) == len(MAGIC)
