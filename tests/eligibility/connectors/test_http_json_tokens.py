from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from eligibility.choices import Failure
from eligibility.connectors.base import Call, Done, Failed, Secrets
from eligibility.connectors.http_json.presets import PRESETS
from eligibility.connectors.registry import get_connector
from portal.outgoing import OutgoingGuard, guarded_session
from tests.eligibility.synthetic.running import make_query

CONNECTOR = get_connector("http_json")
SECRET = "client-secret-16180"


class Desk:
    """A payer whose tokens are numbered. It refuses those below `good_from`."""

    def __init__(self, token_status: int = 200) -> None:
        self.token_status = token_status
        self.fetched = 0
        self.asked = 0
        self.good_from = 1

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/token":
            self.fetched += 1
            await asyncio.sleep(0.05)
            body = {"access_token": f"token-{self.fetched}", "expires_in": 600, "note": SECRET}
            return web.json_response(body, status=self.token_status)
        self.asked += 1
        number = int(request.headers["Authorization"].rpartition("-")[2])
        if number < self.good_from:
            return web.json_response({}, status=401)
        reference = (await request.json())["reference"]
        return web.json_response({"status": "eligible", "reference": reference})


def with_desk(desk: Desk, scene: Callable[[Call, Any], Awaitable[Any]]) -> Any:
    async def play() -> Any:
        runner = web.ServerRunner(web.Server(desk.serve, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = "http://{}:{}".format(*runner.addresses[0][:2])
        login = {"kind": "oauth2", "user": "us", "secret": "client", "token_url": f"{url}/token"}
        begun = {**PRESETS["synchronous"].settings, "login": login}
        settings = CONNECTOR.settings_class.model_validate(begun)
        try:
            async with guarded_session(OutgoingGuard(own=[url]), connect_timeout=2) as session:
                call = Call(session, url, secrets=Secrets({"client": SECRET}))
                return await scene(call, settings)
        finally:
            await runner.cleanup()

    return asyncio.run(play())


def ask(call: Call, settings: Any) -> Awaitable[Any]:
    return CONNECTOR.submit(call, make_query("CARD-1"), settings)


def test_calls_at_the_same_moment_share_one_token() -> None:
    desk = Desk()

    async def scene(call: Call, settings: Any) -> list[Any]:
        first = await asyncio.gather(*(ask(call, settings) for _ in range(10)))
        return [*first, await ask(call, settings)]

    replies = with_desk(desk, scene)
    assert all(isinstance(reply, Done) for reply in replies), replies
    assert (desk.fetched, desk.asked) == (1, 11)


def test_a_token_that_was_refused_is_fetched_anew_once() -> None:
    desk = Desk()

    async def scene(call: Call, settings: Any) -> list[Any]:
        first = await ask(call, settings)
        desk.good_from = 2
        second = await ask(call, settings)
        desk.good_from = 99
        return [first, second, await ask(call, settings)]

    first, second, third = with_desk(desk, scene)
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert isinstance(third, Failed)
    assert third.failure is Failure.CREDENTIALS
    assert (desk.fetched, desk.asked) == (3, 5)


def test_a_refused_login_is_told_and_nothing_of_it_is_kept() -> None:
    for status in (400, 401):
        failed = with_desk(Desk(status), ask)
        assert isinstance(failed, Failed)
        assert failed.failure is Failure.CREDENTIALS
        assert SECRET not in repr(failed)
        assert failed.raw is None


def test_a_call_that_is_given_up_does_not_take_the_token_from_the_others() -> None:
    desk = Desk()

    async def scene(call: Call, settings: Any) -> Any:
        hasty = asyncio.ensure_future(ask(call, settings))
        patient = asyncio.ensure_future(ask(call, settings))
        await asyncio.sleep(0.01)
        hasty.cancel()
        return await patient

    assert isinstance(with_desk(desk, scene), Done)
    assert desk.fetched == 1


def test_a_test_call_without_a_request_of_its_own_fetches_the_token() -> None:
    desk = Desk()
    assert with_desk(desk, CONNECTOR.probe) is None
    assert (desk.fetched, desk.asked) == (1, 0)
