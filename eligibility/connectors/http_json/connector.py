"""The generic connector: JSON over HTTP, described by a connection's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from eligibility.choices import Failure
from eligibility.connectors.base import (
    Call,
    Connector,
    ConnectorSettings,
    Done,
    Failed,
    NotDelivered,
    Pending,
    Preset,
    Query,
    Reading,
    Reply,
)
from eligibility.connectors.http import Heard, failed_by_status
from eligibility.connectors.http_json.calls import send, values_of
from eligibility.connectors.http_json.interpreting import Interpretation, Stage
from eligibility.connectors.http_json.presets import PRESETS
from eligibility.connectors.http_json.requests import Request
from eligibility.connectors.http_json.settings import HttpJsonSettings, secret_names
from eligibility.connectors.http_json.tables import mapped
from eligibility.connectors.http_json.tokens import token_for
from eligibility.identifiers import NOT_SENDABLE, doubt_about

_HOPELESS: Final = frozenset({401, 403, 407, 429})


class HttpJsonConnector(Connector):
    """Speaks to any payer whose questions and answers are JSON, without code of its own."""

    name: ClassVar[str] = "http_json"
    settings_class: ClassVar[type[ConnectorSettings]] = HttpJsonSettings
    presets: ClassVar[Mapping[str, Preset]] = PRESETS

    async def submit(
        self, call: Call, query: Query, settings: HttpJsonSettings
    ) -> Done | Pending | Failed:
        """Send the configured question."""
        heard = await send(call, settings.submit, values_of(query, settings), settings)
        return _answer(heard, settings, Stage.SUBMIT, query)

    async def poll(
        self, call: Call, query: Query, handle: str, settings: HttpJsonSettings
    ) -> Done | Pending | Failed:
        """Ask again under the payer's own number."""
        if not settings.poll.path:
            message = "The connection no longer says how to ask this payer again."
            return Failed(Failure.INTERNAL, "no_poll", message)
        heard = await send(call, settings.poll, values_of(query, settings, handle), settings)
        return _answer(heard, settings, Stage.POLL, query, handle)

    async def reconcile(
        self, call: Call, query: Query, settings: HttpJsonSettings
    ) -> Done | Pending | Failed | NotDelivered:
        """Ask by reference what became of the question.

        A payer that cannot be asked, but knows a repeated reference, is sent the question once
        more within the same conversation. Where neither holds, nobody can know whether a repeat
        would do harm: the row is left to people.
        """
        if settings.reconcile.path:
            heard = await send(call, settings.reconcile, values_of(query, settings), settings)
            return _reply(heard, settings, Stage.RECONCILE, query)
        if settings.repeat_is_safe:
            return await self.submit(call, query, settings)
        message = (
            "The payer did not answer in time, and cannot be asked what became of the question."
        )
        return Failed(Failure.TIMEOUT, "fate_unknown", message, is_final=True)

    async def probe(self, call: Call, settings: HttpJsonSettings) -> Failed | None:
        """The configured test call, else the token's fetch, else any answer of the address."""
        login = settings.login
        if not settings.probe.path and login.kind == "oauth2" and login.secret in call.secrets:
            token = await token_for(call, login, call.secrets[login.secret])
            return token if isinstance(token, Failed) else None
        request = settings.probe if settings.probe.path else Request(method="GET", path="/")
        query = Query(reference="probe", payer="", id_type="", id_value="")
        heard = await send(call, request, values_of(query, settings), settings)
        if isinstance(heard, Failed):
            return heard
        is_there = heard.status < 500 and heard.status not in _HOPELESS
        if 200 <= heard.status < 300 or (is_there and not settings.probe.path):
            return None
        return failed_by_status(heard)

    def secret_names(self, settings: HttpJsonSettings) -> tuple[str, ...]:
        """The login's secret, and those that requests name."""
        return secret_names(settings)

    def rehearse(
        self, text: bytes, settings: HttpJsonSettings, *, status: int, is_poll: bool
    ) -> Reading | None:
        """What the tables and expressions make of a sample."""
        stage = Stage.POLL if is_poll else Stage.SUBMIT
        heard = Heard(status, text)
        return Interpretation(settings, heard, stage, handle="sample" if is_poll else "").reading()

    def check(self, query: Query, settings: HttpJsonSettings) -> str | None:
        """What cannot be sent to this payer, whatever it is."""
        if not query.id_value.strip():
            return "There is no identifier to ask with."
        if query.is_search:
            return "This payer answers for itself only; a search cannot be sent to it."
        codes = settings.codes
        if codes.id_types and mapped(codes.id_types, query.id_type) is None:
            return "This payer's connection does not know this kind of identifier."
        wants_visit = bool(codes.visit_types and query.visit_type)
        if wants_visit and mapped(codes.visit_types, query.visit_type) is None:
            return "This payer's connection does not know this kind of visit."
        doubt = doubt_about(query.id_type, query.id_value)
        return doubt.message if doubt is not None and doubt.code in NOT_SENDABLE else None


def _reply(
    heard: Heard | Failed, settings: HttpJsonSettings, stage: Stage, query: Query, handle: str = ""
) -> Reply:
    if isinstance(heard, Failed):
        return heard
    return Interpretation(settings, heard, stage, query, handle).reply()


def _answer(
    heard: Heard | Failed, settings: HttpJsonSettings, stage: Stage, query: Query, handle: str = ""
) -> Done | Pending | Failed:
    """A submit or a poll cannot be told that the payer never saw the question."""
    reply = _reply(heard, settings, stage, query, handle)
    if isinstance(reply, NotDelivered):
        message = "The payer knows nothing of the question."
        return Failed(Failure.BAD_RESPONSE, "unknown_question", message)
    return reply
