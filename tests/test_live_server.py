"""The tests' own server stands on its own feet."""

from __future__ import annotations

from pytest_django.live_server_helper import LiveServer


def test_the_server_of_tests_has_connections_of_its_own(live_server: LiveServer) -> None:
    assert not live_server.thread.connections_override
