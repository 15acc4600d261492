from __future__ import annotations

from typing import Any

import pytest

from eligibility.choices import Failure, Look
from eligibility.connectors.base import Failed, NotDelivered, Pending
from eligibility.engine.replies import usable
from tests.eligibility.engine.helpers import answered

LOOKS = list(Look)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(
    "reply",
    [answered(), Failed(Failure.INTERNAL, "c", "m"), Pending("h" * 500, 1.0), Pending("", 1.0)],
    ids=lambda reply: type(reply).__name__,
)
def test_a_reply_by_the_rules_is_left_as_it_is(reply: Any, look: Look) -> None:
    assert usable(reply, look) is reply


@pytest.mark.parametrize("handle", ["h" * 501, "a\0b", "half \ud800"])
def test_a_handle_that_no_database_keeps_is_a_bad_response(handle: str) -> None:
    assert _failure(usable(Pending(handle, 1.0), Look.NONE)) is Failure.BAD_RESPONSE


@pytest.mark.parametrize("look", LOOKS)
def test_only_a_reconcile_can_say_that_the_call_never_arrived(look: Look) -> None:
    reply = usable(NotDelivered(), look)

    if look is Look.RECONCILE:
        assert isinstance(reply, NotDelivered)
    else:
        assert _failure(reply) is Failure.BAD_RESPONSE


@pytest.mark.parametrize("reply", [None, "eligible", {"outcome": "eligible"}, object()])
def test_what_is_no_reply_at_all_is_a_bad_response(reply: object) -> None:
    assert _failure(usable(reply, Look.NONE)) is Failure.BAD_RESPONSE


def _failure(reply: object) -> Failure:
    assert isinstance(reply, Failed)
    return reply.failure
