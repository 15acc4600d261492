"""docs/webhooks.md says what is so: its Python is run, its table and types are the code's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from portal.models import WebhookType
from portal.webhooks.schedule import RETRIES
from portal.webhooks.signing import new_secret
from tests.portal.webhooks.making import make_secret_endpoint, put, send_due
from tests.portal.webhooks.receiver import Receiver

PAGE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()
_UNITS = {"s": 1, "min": 60, "h": 3600}


def test_the_page_s_check_of_a_signature_knows_ours_and_no_other(
    db: None, receiver: Receiver
) -> None:
    (code,) = re.findall(r"```python\n(import base64.*?)```", PAGE, re.DOTALL)
    assert len([line for line in code.splitlines() if line]) <= 8
    names: dict[str, Any] = {}
    exec(compile(code, "docs/webhooks.md", "exec"), names)  # noqa: S102 (our own page)
    endpoint, secret = make_secret_endpoint(url=receiver.url)
    put(endpoint)
    send_due()
    (call,) = receiver.calls
    assert names["is_genuine"](secret, call.headers, call.body)
    assert not names["is_genuine"](secret, call.headers, call.body + b" ")
    assert not names["is_genuine"](new_secret(), call.headers, call.body)


def test_the_page_s_table_of_retries_is_the_one_that_is_kept() -> None:
    (row,) = re.findall(r"\| after the one before \| at once \|(.*)\|", PAGE)
    said = [each.split() for each in row.split("|")]
    assert [int(number) * _UNITS[unit] for number, unit in said] == list(RETRIES)


def test_the_page_explains_every_event() -> None:
    assert set(re.findall(r"\*\*`([a-z_.]+)`\*\* — ", PAGE)) == set(WebhookType.values)
