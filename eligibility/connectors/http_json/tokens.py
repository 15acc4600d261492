"""OAuth2 client credentials: a token is fetched once for all calls, and again when it is spent.

Tokens live with the session that fetched them, so they end with their event loop, and in memory
only. Calls that need one at the same moment share one fetch.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote_plus, urlencode
from weakref import WeakKeyDictionary

from eligibility.choices import Failure
from eligibility.connectors.base import Call, Failed
from eligibility.connectors.http import Received, ask, judged
from eligibility.connectors.http_json.requests import Login
from eligibility.connectors.reading import parse_json

FETCH_WITHIN: Final = 30.0
_USUAL_LIFE: Final = 300.0
_MARGIN: Final = 30.0
"""Seconds before its end at which a token is not used any more."""


@dataclass(slots=True)
class _Desk:
    """The tokens of one session. `flights` are fetches under way, with those who wait for them."""

    tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    flights: dict[str, asyncio.Task[str | Failed]] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)


_desks: WeakKeyDictionary[Any, _Desk] = WeakKeyDictionary()


async def token_for(call: Call, login: Login, secret: str) -> str | Failed:
    """A token that is still good, fetched if there is none."""
    desk = _desks.setdefault(call.session, _Desk())
    key = _key(login, secret)
    kept = desk.tokens.get(key)
    if kept is not None and kept[1] > time.monotonic():
        return kept[0]
    flight = desk.flights.get(key)
    if flight is None or flight.done():
        flight = desk.flights[key] = asyncio.ensure_future(_fetch(call, login, secret, desk, key))
    desk.waiting[key] = desk.waiting.get(key, 0) + 1
    try:
        return await asyncio.shield(flight)
    finally:
        desk.waiting[key] -= 1
        if not desk.waiting[key]:
            desk.waiting.pop(key)
            flight.cancel()


def forget_token(call: Call, login: Login, secret: str, token: str) -> None:
    """The payer refused this token: the next call fetches another."""
    desk = _desks.get(call.session)
    key = _key(login, secret)
    if desk is not None and desk.tokens.get(key, ("", 0.0))[0] == token:
        del desk.tokens[key]


async def _fetch(call: Call, login: Login, secret: str, desk: _Desk, key: str) -> str | Failed:
    try:
        async with asyncio.timeout(FETCH_WITHIN):
            fetched = await _ask_for_token(call, login, secret)
    except TimeoutError:
        message = "The payer's login did not answer in time."
        return Failed(Failure.PAYER_UNAVAILABLE, "token_timeout", message)
    if isinstance(fetched, Failed):
        return fetched
    token, life = fetched
    desk.tokens[key] = (token, time.monotonic() + max(life - _MARGIN, life / 2))
    return token


async def _ask_for_token(call: Call, login: Login, secret: str) -> tuple[str, float] | Failed:
    form = {"grant_type": "client_credentials"}
    form |= {"scope": login.scope} if login.scope else {}
    form |= {"audience": login.audience} if login.audience else {}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if login.client_in == "header":
        pair = f"{quote_plus(login.user)}:{quote_plus(secret)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form |= {"client_id": login.user, "client_secret": secret}
    heard = await ask(call, "POST", login.token_url, urlencode(form).encode(), headers)
    if isinstance(heard, Failed):
        return heard
    if heard.status == 400:  # RFC 6749, 5.2: this is how a wrong client or secret is told
        return _refused("token_http_400", "The payer refused our login.")
    received = judged(heard)
    return _read(received) if isinstance(received, Received) else _without_raw(received)


def _read(received: Received) -> tuple[str, float] | Failed:
    """The token and its life in seconds. Nothing of this answer is kept as evidence."""
    try:
        body = parse_json(received.text)
    except ValueError:
        body = None
    token = body.get("access_token") if isinstance(body, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        message = "The payer's login answered without a token."
        return Failed(Failure.BAD_RESPONSE, "no_token", message)
    try:
        life = float(body.get("expires_in") or _USUAL_LIFE)
    except (TypeError, ValueError):
        life = _USUAL_LIFE
    return token, min(max(life, 1.0), 86_400.0) if life == life else _USUAL_LIFE


def _refused(code: str, message: str) -> Failed:
    return Failed(Failure.CREDENTIALS, code, message)


def _without_raw(failed: Failed) -> Failed:
    """A login's failure without what the payer wrote."""
    return Failed(failed.failure, f"token_{failed.code}", failed.message, failed.retry_after)


def _key(login: Login, secret: str) -> str:
    """What makes a token this one: it must not outlive a changed secret."""
    parts = (login.token_url, login.user, secret, login.scope, login.audience, login.client_in)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
