"""Every snippet of the page "Getting started", run as it stands against a live portal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from eligibility.start.examples import DIRECTORY, PRINTS, both, is_printed, snippet
from eligibility.start.page import STEPS
from tests.cast import Cast
from tests.cluster import free_port
from tests.eligibility.draining import tell, working
from tests.eligibility.engine.payers import running_payer
from tests.eligibility.rest.asking import UUID_TEXT
from tests.eligibility.start.running import need_curl, post_unsigned, receiving, run

BESIDE = {"portal_client.py", "receiver.py"}
"""Files that others import, or that wait for calls."""


@pytest.fixture
def environment(
    live_server: LiveServer, committed_cast: Cast, settings: Settings
) -> Iterator[dict[str, str]]:
    """A portal that works rows off, and what the page tells people to export."""
    settings.DEBUG = True  # so that webhooks may be on this machine
    port = free_port()
    with running_payer() as payer, working(payer, also=tell):
        tomorrow = date.today() + timedelta(days=1)  # noqa: DTZ011 - as a shell's `date` says it
        yield {
            "PORTAL": live_server.url,
            "KEY": committed_cast.us.key,
            "TOMORROW": tomorrow.isoformat(),
            "HOOK": f"http://127.0.0.1:{port}/",
            "HOOK_PORT": str(port),
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


def test_the_receiver_takes_what_the_portal_signs_and_nothing_else(
    environment: dict[str, str],
) -> None:
    environment["SECRET"] = run("webhook.py", environment).split()[-1]
    with receiving(environment) as heard:
        assert post_unsigned(environment["HOOK"]) == 401
        task_id = run("first_call.py", environment).split()[-1]
        # Only the events of one task have an order.
        lines = sorted((heard.readline() for _ in range(2)), reverse=True)
    assert lines[0] == f"task.done {task_id}\n"
    assert is_printed(PRINTS["receiver.py"], "".join(lines))


def test_the_page_shows_every_file_there_is() -> None:
    shown = {each.file for name in STEPS.values() for each in both(name)} | BESIDE
    there = {file.name for file in DIRECTORY.iterdir() if file.suffix in {".py", ".sh"}}
    assert there == shown
    assert set(PRINTS) == shown - {"portal_client.py"}


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
