"""Every snippet of the page "Getting started", run as it stands against a live portal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from pytest_django.live_server_helper import LiveServer

from eligibility.start.examples import DIRECTORY, PRINTS, both, is_printed, snippet
from eligibility.start.page import STEPS
from tests.cast import Cast
from tests.eligibility.draining import working
from tests.eligibility.engine.payers import running_payer
from tests.eligibility.rest.asking import UUID_TEXT
from tests.eligibility.start.running import need_curl, run

HELPERS = {"portal_client.py"}
"""Files that others import."""


@pytest.fixture
def environment(live_server: LiveServer, committed_cast: Cast) -> Iterator[dict[str, str]]:
    """A portal that works rows off, and what the page tells people to export."""
    with running_payer() as payer, working(payer):
        tomorrow = date.today() + timedelta(days=1)  # noqa: DTZ011 - as a shell's `date` says it
        yield {
            "PORTAL": live_server.url,
            "KEY": committed_cast.us.key,
            "TOMORROW": tomorrow.isoformat(),
        }


@pytest.mark.parametrize("language", ["sh", "py"])
def test_every_snippet_prints_what_the_page_says(
    environment: dict[str, str], language: str
) -> None:
    if language == "sh":
        need_curl()
    for name in STEPS.values():
        file = f"{name}.{language}"
        printed = run(file, environment)
        assert is_printed(PRINTS[file], printed), f"{file} printed {printed}"
        if found := re.findall(UUID_TEXT, printed):
            # What a step made is what the next one asks for, as the page has it.
            environment.setdefault("TASK_ID", found[0])
            environment["SUBMISSION_ID"] = found[-1]


def test_the_page_shows_every_file_there_is() -> None:
    shown = {each.file for name in STEPS.values() for each in both(name)} | HELPERS
    there = {file.name for file in DIRECTORY.iterdir() if file.suffix in {".py", ".sh"}}
    assert there == shown
    assert set(PRINTS) == shown - HELPERS


def test_what_is_printed_is_told_from_what_is_not() -> None:
    assert is_printed("a: …\nb", "a: 1\n b\n")
    assert is_printed('{"a":"…",\n "b":1}', json.dumps({"a": "x", "b": 1}, separators=(",", ":")))
    assert is_printed("⋮\nlast\n⋮", "first\nlast\nand more")
    assert not is_printed("a: …\nb", "a: 1\nc")
    assert not is_printed("200 created", "200 created twice")


@pytest.mark.parametrize("name", ["poll.py", "poll.sh", "portal_client.py"])
def test_colours_change_no_character(name: str) -> None:
    shown = re.sub(r"</?i[^>]*>", "", snippet(name).in_colours)
    unescaped = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
    assert unescaped.replace("&#x27;", "'").replace("&amp;", "&") == snippet(name).text
    assert "<i class=" in snippet(name).in_colours
