"""A short run: one made-up request of every operation, and what the judge is worth."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from tests.portal.api.published import published

pytestmark = [pytest.mark.whole, pytest.mark.sqlite_only]
NEWEST = "GET /v2/api-integration/last-5-tasks"


@pytest.mark.usefixtures("transactional_db")
def test_two_teams_as_peers_are_answered_as_the_schema_says(
    live_server: LiveServer, settings: Any
) -> None:
    settings.QUOTA_CALLS_OF_KEY = settings.QUOTA_CALLS_OF_TEAM = 100_000
    from tests.fuzz.peers import make_peers
    from tests.fuzz.run import Rounds

    peers = make_peers(live_server.url)
    rounds = Rounds(live_server.url, peers, 20261122, document=published())
    rounds.play(1)
    found = rounds.findings

    assert found.shown == {}
    assert found.cases >= len(rounds.operations) - 1 > 40
    assert found.answers["200"] > 5
    assert found.foreign > 3


@pytest.mark.usefixtures("transactional_db")
def test_a_team_that_is_told_of_the_other_is_found(live_server: LiveServer) -> None:
    from tests.fuzz.peers import make_peers
    from tests.fuzz.run import Rounds

    peers = make_peers(live_server.url)
    peers[1].word = peers[0].word  # each now hears its own rows as the other's
    rounds = Rounds(live_server.url, peers, 1, document=published(), only=NEWEST)
    rounds.play(4)

    assert [name for name in rounds.findings.failures if "reads the other team" in name]
