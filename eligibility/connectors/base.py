"""What a connector is: the code that speaks one payer protocol, and nothing more.

A connector never sleeps, retries, touches the database, reads settings, logs bodies or raises:
it turns a Query into calls and a payer's words into one of four replies. The engine gives it
an aiohttp session and a wall-clock deadline, and does the rest once for all connectors.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Final

import aiohttp
from pydantic import BaseModel, ConfigDict

from eligibility.choices import Failure, Outcome
from eligibility.results import Answer


@dataclass(frozen=True, slots=True)
class Query:
    """One question to one payer, as a connector sees it.

    `reference` is the task's id: the client reference on every call of every attempt, so the
    payer can recognise a repeat. `payer` is the payer's code. `is_search` says that a search
    asks: whoever has no such member is not the last to be asked.
    """

    reference: str
    payer: str
    id_type: str
    id_value: str
    visit_type: str = ""
    name: str = ""
    dob: date | None = None
    phone: str = ""
    doctor_name: str = ""
    payer_name: str = ""
    service_date: date | None = None
    is_search: bool = False
    extra_args: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """The payer answered. `raw` is its answer, redacted of secrets, kept as evidence."""

    outcome: Outcome
    answer: Answer
    raw: Any = None


@dataclass(frozen=True, slots=True)
class Pending:
    """The payer said "later": ask again with `handle` in `look_after` seconds."""

    handle: str
    look_after: float
    interim: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """There is no answer. `message` is fit for the clinic's staff and names no patient.

    `code` is the connector's own word for the cause ("http_500"); `retry_after` is the payer's
    wish in seconds. `fate_unknown` says that the call had left when it failed, so the payer may
    have worked on it: it is asked what became of it before the call is repeated. `is_final` says
    that asking again about this question cannot help, whatever the failure's class.
    """

    failure: Failure
    code: str
    message: str
    retry_after: float | None = None
    raw: Any = None
    fate_unknown: bool = False
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class NotDelivered:
    """The answer to a reconcile: the payer has never seen our call, so a repeat is safe."""


Reply = Done | Pending | Failed | NotDelivered


@dataclass(frozen=True, slots=True)
class Reading:
    """What a connector made of a sample answer.

    `word` is the payer's own word for the outcome, `echo` what it repeats of the question,
    `doubts` the parts that could not be read, by the settings' names for them.
    """

    reply: Reply
    word: str = ""
    echo: str = ""
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preset:
    """Settings to begin with, under a title and a line of help for people."""

    title: str
    help: str
    settings: Mapping[str, Any]


class ConnectorSettings(BaseModel):
    """A connector's own settings, checked when a connection is saved."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Secrets(Mapping[str, str]):
    """A connection's secrets by name. Shows their number only, however it is printed."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<{len(self)} secrets>"

    def __reduce__(self) -> Any:
        raise TypeError("secrets are not written anywhere")


NO_SECRETS: Final = Secrets()


@dataclass(frozen=True, slots=True)
class Call:
    """What the engine lends a connector for one call.

    `session` keeps connections alive across calls; `base_url` is the payer's address;
    `byte_cap` is the largest answer to read, in bytes; `secrets` are the connection's, opened.
    """

    session: aiohttp.ClientSession
    base_url: str
    byte_cap: int = 1024 * 1024
    secrets: Secrets = NO_SECRETS


class Connector(ABC):
    """One payer protocol. Subclasses are stateless and shared by all rows of a worker."""

    name: ClassVar[str]
    settings_class: ClassVar[type[ConnectorSettings]]
    presets: ClassVar[Mapping[str, Preset]] = {}
    """Settings to begin with, by a name of their own; empty: the connector needs none."""

    @abstractmethod
    async def submit(self, call: Call, query: Query, settings: Any) -> Done | Pending | Failed:
        """Ask the question."""

    @abstractmethod
    async def poll(
        self, call: Call, query: Query, handle: str, settings: Any
    ) -> Done | Pending | Failed:
        """Ask for the answer to a question that the payer took earlier."""

    @abstractmethod
    async def reconcile(
        self, call: Call, query: Query, settings: Any
    ) -> Done | Pending | Failed | NotDelivered:
        """Ask what became of a call whose fate is unknown."""

    @abstractmethod
    async def probe(self, call: Call, settings: Any) -> Failed | None:
        """A cheap test that the payer is there and lets us in; None when all is well."""

    def secret_names(self, settings: Any) -> tuple[str, ...]:
        """The secrets that these settings refer to, in the order to ask for them."""
        return ()

    def rehearse(self, text: bytes, settings: Any, *, status: int, is_poll: bool) -> Reading | None:
        """What an answer would mean, without any call; None where that cannot be said.

        `text` is an answer's body, `status` its HTTP status, `is_poll` whether it answers a
        question that the payer took earlier.
        """
        return None

    def check(self, query: Query, settings: Any) -> str | None:
        """Why this query cannot possibly be sent, in words for staff; None when it can."""
        return None
