"""What a connection says about a payer's JSON interface. Checked as a whole when it is saved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from eligibility.connectors.base import ConnectorSettings
from eligibility.connectors.http_json import tables
from eligibility.connectors.http_json.placeholders import SECRET, names_in, texts_of
from eligibility.connectors.http_json.requests import Login, Request
from eligibility.connectors.http_json.sections import AnswerMap, Codes, Reading


class HttpJsonSettings(ConnectorSettings):
    """A payer that speaks JSON over HTTP, described without code."""

    login: Annotated[
        Login, Field(title="Login", description="How the portal logs in to the payer.")
    ] = Login()
    submit: Annotated[
        Request, Field(title="The question", description="The call that asks about a patient.")
    ] = Request()
    poll: Annotated[
        Request,
        Field(title="Asking again", description="For a payer that answers later; {handle}."),
    ] = Request(method="GET")
    reconcile: Annotated[
        Request,
        Field(
            title="What became of a question",
            description="Asks by {reference} after a call whose fate is unknown. 404 means that "
            "the payer never saw it.",
        ),
    ] = Request(method="GET")
    repeat_is_safe: Annotated[
        bool,
        Field(
            title="A repeated question is recognised",
            description="The payer knows a second question with the same {reference} as the "
            "first one. Then it is simply sent again when its fate is unknown.",
        ),
    ] = False
    probe: Annotated[
        Request,
        Field(
            title="Test call",
            description="Something cheap that needs the login. Without it the token is fetched, "
            "or the address itself is called.",
        ),
    ] = Request(method="GET")
    codes: Annotated[
        Codes,
        Field(
            title="Codes and spelling",
            description="How the payer writes kinds of identifier, visits, payers and dates.",
        ),
    ] = Codes()
    reading: Annotated[
        Reading,
        Field(
            title="Meaning of the answer",
            description="Where the words of an answer stand (JMESPath), and what they mean.",
        ),
    ] = Reading()
    answer: Annotated[
        AnswerMap,
        Field(
            title="Parts of the answer",
            description="Where member, policy and benefits stand, each as a JMESPath "
            "expression. Empty: the payer does not say.",
        ),
    ] = AnswerMap()

    @model_validator(mode="after")
    def _is_complete(self) -> HttpJsonSettings:
        for at, words in self._gaps():
            raise ValueError(f"{at}: {words}")
        return self

    def _gaps(self) -> Iterator[tuple[str, str]]:
        """What is missing: the field and what to say there."""
        login, reading = self.login, self.reading
        if not self.submit.path:
            yield "submit.path", "say where to send the question"
        if not reading.outcome:
            yield "reading.outcome", "say where the answer's word stands"
        if login.kind in ("basic", "oauth2") and not login.user:
            yield "login.user", "this login needs it"
        if login.kind == "oauth2" and not login.token_url:
            yield "login.token_url", "this login needs it"
        if self.poll.path and not reading.handle:
            yield "reading.handle", "a payer that is asked again must say under which number"
        if not self.poll.path and any(
            meaning.partition(";")[0].strip() == tables.LATER
            for table in (reading.outcomes, reading.errors, reading.statuses)
            for meaning in table.values()
        ):
            yield "poll.path", "“later” needs a way to ask again"
        for at in ("submit", "reconcile", "probe"):
            if "handle" in names_of(getattr(self, at)):
                yield f"{at}.path", "{handle} is known only when asking again"


def names_of(request: Request) -> list[str]:
    """All placeholders of a request."""
    parts = [request.path, *request.query.values(), *request.headers.values()]
    return [name for text in [*parts, *texts_of(request.body)] for name in names_in(text)]


def secret_names(settings: HttpJsonSettings) -> tuple[str, ...]:
    """The secrets that these settings refer to."""
    names = [] if settings.login.kind == "none" else [settings.login.secret]
    for request in (settings.submit, settings.poll, settings.reconcile, settings.probe):
        names += [
            name.removeprefix(SECRET) for name in names_of(request) if name.startswith(SECRET)
        ]
    return tuple(dict.fromkeys(names))
