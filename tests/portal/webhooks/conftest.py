"""A receiver that listens, and an endpoint that leads to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from portal.models import WebhookEndpoint
from tests.portal.webhooks.making import make_endpoint
from tests.portal.webhooks.receiver import Receiver, running_receiver


@pytest.fixture(scope="session")
def listening() -> Iterator[Receiver]:
    """One server for all tests of a process."""
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture
def receiver(listening: Receiver) -> Receiver:
    """The server, with nothing received and nothing to say."""
    listening.calls, listening.answers, listening.headers = [], [], {}
    listening.before = None
    return listening


@pytest.fixture
def endpoint(db: None, receiver: Receiver) -> WebhookEndpoint:
    """An endpoint of a team of its own that leads to the receiver."""
    return make_endpoint(url=receiver.url)
