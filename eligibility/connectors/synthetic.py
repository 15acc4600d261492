"""The connector to the synthetic payer, over real HTTP like any other.

The payer is the package `eligibility.synthetic`; its protocol stands in that package's server.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, Field

from eligibility.connectors.base import (
    Call,
    Connector,
    ConnectorSettings,
    Done,
    Failed,
    NotDelivered,
    Pending,
    Query,
)
from eligibility.connectors.http import post_json
from eligibility.connectors.synthetic_replies import (
    Well,
    bad_response,
    expect_answer,
    parse_reply,
    read_reply,
)
from eligibility.identifiers import NOT_SENDABLE, doubt_about
from eligibility.synthetic.magic import SYNTHETIC_PREFIX
from eligibility.synthetic.script import LONGEST_SCRIPT, BrokenScript, parse_script

SCRIPT_TITLE: Final = "synthetic"
_PROBE_REFERENCE: Final = "probe"


def _in_order(value: tuple[int, int]) -> tuple[int, int]:
    """A range's ends in their order."""
    if value[0] > value[1]:
        raise ValueError("the first number must not be larger than the second")
    return value


def _understood(script: str) -> str:
    """A script without a broken directive: otherwise every row of the connection would fail."""
    parsed = parse_script(script)
    if isinstance(parsed, BrokenScript):
        raise ValueError(f'has a directive that means nothing: "{parsed.directive}"')
    return script


Milliseconds = Annotated[int, Field(ge=0, le=60_000)]


class SyntheticSettings(ConnectorSettings):
    """How the synthetic payer treats a connection.

    `default_script` steers every row that has no script of its own and no magic identifier;
    `latency_ms` replaces the natural delay of 20 to 200 ms, lowest and highest.
    """

    default_script: Annotated[
        str,
        Field(
            max_length=LONGEST_SCRIPT,
            description="Steers every row that does not steer itself, such as "
            "delay=1500;outcome=member_not_found. Empty: it answers as it pleases.",
        ),
        AfterValidator(_understood),
    ] = ""
    latency_ms: Annotated[
        Annotated[tuple[Milliseconds, Milliseconds], AfterValidator(_in_order)] | None,
        Field(
            title="Delay (milliseconds)",
            description="The shortest and the longest delay, such as 20, 200. Empty: those.",
        ),
    ] = None


class SyntheticConnector(Connector):
    """Speaks the JSON protocol described in `eligibility.synthetic.server`."""

    name: ClassVar[str] = "synthetic"
    settings_class: ClassVar[type[ConnectorSettings]] = SyntheticSettings

    async def submit(
        self, call: Call, query: Query, settings: SyntheticSettings
    ) -> Done | Pending | Failed:
        """Ask the question; the payer knows a repeat by its reference."""
        body = _body(query, settings)
        return expect_answer(read_reply(query, await post_json(call, "/v1/checks", body)))

    async def poll(
        self, call: Call, query: Query, handle: str, settings: SyntheticSettings
    ) -> Done | Pending | Failed:
        """Ask again; the payer wants the question beside the handle."""
        body = _body(query, settings) | {"handle": handle}
        return expect_answer(read_reply(query, await post_json(call, "/v1/poll", body)))

    async def reconcile(
        self, call: Call, query: Query, settings: SyntheticSettings
    ) -> Done | Pending | Failed | NotDelivered:
        """Ask by reference what became of the question."""
        return read_reply(query, await post_json(call, "/v1/reconcile", _body(query, settings)))

    async def probe(self, call: Call, settings: SyntheticSettings) -> Failed | None:
        """Whether the payer is there and lets us in."""
        body = _connection_body(settings) | {"reference": _PROBE_REFERENCE}
        received = await post_json(call, "/v1/probe", body)
        if isinstance(received, Failed):
            return received
        reply = parse_reply(received)
        if isinstance(reply, Failed):
            return reply
        if isinstance(reply, Well):
            return None
        return bad_response("probe", "The payer's answer to a test call is not the expected one.")

    def check(self, query: Query, settings: SyntheticSettings) -> str | None:
        """An empty identifier cannot be sent, nor an Emirates ID that cannot be one."""
        identifier = query.id_value.strip()
        if not identifier:
            return "There is no identifier to ask with."
        doubt = doubt_about(query.id_type, identifier)
        if doubt is None or doubt.code not in NOT_SENDABLE:
            return None
        return None if identifier.upper().startswith(SYNTHETIC_PREFIX) else doubt.message


def _body(query: Query, settings: SyntheticSettings) -> dict[str, Any]:
    """The question as the payer reads it."""
    body = _connection_body(settings)
    return body | {
        "reference": query.reference,
        "payer": query.payer,
        "search": query.is_search,
        "id_type": query.id_type,
        "id_value": query.id_value,
        "visit_type": query.visit_type,
        "name": query.name,
        "dob": query.dob.isoformat() if query.dob else "",
        "service_date": query.service_date.isoformat() if query.service_date else "",
        "script": _script(query),
    }


def _connection_body(settings: SyntheticSettings) -> dict[str, Any]:
    """What the connection's settings add to every call."""
    return {"default_script": settings.default_script, "latency_ms": settings.latency_ms}


def _script(query: Query) -> str:
    """The row's own script: extra_args with the title "synthetic"."""
    title = query.extra_args.get("title")
    if not isinstance(title, str) or title.strip().lower() != SCRIPT_TITLE:
        return ""
    value = query.extra_args.get("value")
    return "" if value is None else str(value)
