"""A configured request as a call: filled in, logged in, and its answer rid of our secrets."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote, urlencode

from eligibility.choices import Failure
from eligibility.connectors.base import Call, Failed, Query
from eligibility.connectors.http import Heard, ask
from eligibility.connectors.http_json.dates import write_date
from eligibility.connectors.http_json.placeholders import SECRET, fill, fill_body
from eligibility.connectors.http_json.requests import Login, Request
from eligibility.connectors.http_json.settings import HttpJsonSettings, secret_names
from eligibility.connectors.http_json.tables import mapped
from eligibility.connectors.http_json.tokens import forget_token, token_for

REMOVED: Final = "[removed]"
_SHORTEST_HIDDEN: Final = 4


@dataclass(frozen=True, slots=True)
class _Pass:
    """What shows who we are. `hidden` must not be kept, should the payer repeat it."""

    headers: Mapping[str, str]
    hidden: tuple[str, ...] = ()
    token: str = ""


def values_of(query: Query, settings: HttpJsonSettings, handle: str = "") -> dict[str, Any]:
    """The placeholders' values for one question, in the payer's spelling."""
    codes = settings.codes
    plain = "".join(filter(str.isalnum, query.id_value))
    extra = dict(query.extra_args)
    return {
        "reference": query.reference,
        "payer": mapped(codes.payers, query.payer) or query.payer,
        "payer_name": query.payer_name,
        "id_type": mapped(codes.id_types, query.id_type) or query.id_type,
        "id_value": plain if codes.id_value == "plain" else query.id_value,
        "visit_type": mapped(codes.visit_types, query.visit_type) or query.visit_type,
        "service_date": write_date(query.service_date, codes.dates),
        "doctor_name": query.doctor_name,
        "name": query.name,
        "dob": write_date(query.dob, codes.dates),
        "phone": query.phone,
        "extra_title": extra.get("title"),
        "extra_value": extra.get("value"),
        "extra_args": extra,
        "handle": handle,
    }


async def send(
    call: Call, request: Request, values: Mapping[str, Any], settings: HttpJsonSettings
) -> Heard | Failed:
    """One configured call. A token that was refused is fetched anew, once."""
    missing = [name for name in secret_names(settings) if name not in call.secrets]
    if missing:
        message = f"The connection's secret “{missing[0]}” is missing, or can no longer be read."
        return Failed(Failure.CREDENTIALS, "secret_missing", message)
    heard, token = await _send_once(call, request, values, settings)
    if isinstance(heard, Heard) and heard.status == 401 and token:
        forget_token(call, settings.login, call.secrets[settings.login.secret], token)
        heard, _ = await _send_once(call, request, values, settings)
    return heard


async def _send_once(
    call: Call, request: Request, values: Mapping[str, Any], settings: HttpJsonSettings
) -> tuple[Heard | Failed, str]:
    ticket = await _pass(call, settings.login)
    if isinstance(ticket, Failed):
        return ticket, ""
    filled = _fill(request, {**values, **_secret_values(call)})
    if isinstance(filled, Failed):
        return filled, ""
    path, headers, body = filled
    heard = await ask(call, request.method, path, body, {**headers, **ticket.headers})
    if isinstance(heard, Heard) and heard.text is not None:
        hidden = (*call.secrets.values(), *ticket.hidden)
        heard = replace(heard, text=without(heard.text, hidden))
    return heard, ticket.token


def _secret_values(call: Call) -> dict[str, str]:
    return {f"{SECRET}{name}": value for name, value in call.secrets.items()}


def _fill(
    request: Request, values: Mapping[str, Any]
) -> tuple[str, dict[str, str], bytes | None] | Failed:
    """Path, headers and body of one question. A handle that fits no path is the payer's fault."""
    path = fill(request.path, {name: quote(str(v or ""), safe="") for name, v in values.items()})
    parts = path.split("/")[1:]
    if any(part in (".", "..") for part in parts) or not all(parts[:-1]):
        return _unusable("The payer's number for the question cannot be used.")
    query = {name: fill(text, values) for name, text in request.query.items()}
    path += f"?{urlencode(query)}" if query else ""
    headers = {"Accept": "application/json"}
    headers |= {name: fill(text, values) for name, text in request.headers.items()}
    if not all(text.isascii() and text.isprintable() for text in headers.values()):
        return _unusable("A header cannot carry what it should say.")
    if request.body is None:
        return path, headers, None
    headers.setdefault("Content-Type", "application/json")
    return path, headers, json.dumps(fill_body(request.body, values)).encode()


def _unusable(message: str) -> Failed:
    return Failed(Failure.BAD_RESPONSE, "not_sendable", message)


async def _pass(call: Call, login: Login) -> _Pass | Failed:
    """The headers that log us in."""
    if login.kind == "none":
        return _Pass({})
    secret = call.secrets[login.secret]
    if login.kind == "header":
        return _Pass({login.header: secret})
    if login.kind == "basic":
        pair = base64.b64encode(f"{login.user}:{secret}".encode()).decode()
        return _Pass({"Authorization": f"Basic {pair}"}, (pair,))
    if login.kind == "bearer":
        return _Pass({"Authorization": f"Bearer {secret}"})
    token = await token_for(call, login, secret)
    if isinstance(token, Failed):
        return token
    return _Pass({"Authorization": f"Bearer {token}"}, (token,), token)


def without(text: bytes, hidden: Iterable[str]) -> bytes:
    """The text with our secrets taken out, as they are and as JSON writes them."""
    for secret in hidden:
        if len(secret) >= _SHORTEST_HIDDEN:
            for form in {secret, json.dumps(secret)[1:-1], quote(secret, safe="")}:
                text = text.replace(form.encode(), REMOVED.encode())
    return text
