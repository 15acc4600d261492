"""What a payer's answer means: its words looked up in the connection's tables.

The order: an error code that is listed, an HTTP status that is listed, what the status usually
means, the handle of a question that was taken, and the outcome. What is not listed is never
taken for a yes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

from eligibility.choices import Failure, Outcome
from eligibility.connectors.base import Done, Failed, NotDelivered, Pending, Query, Reading, Reply
from eligibility.connectors.http import Heard, Received, failed_by_status, judged
from eligibility.connectors.http_json.answers import Reader
from eligibility.connectors.http_json.expressions import Interpreter, Runaway
from eligibility.connectors.http_json.settings import HttpJsonSettings
from eligibility.connectors.http_json.tables import LATER, Verdict, look_up, word_of
from eligibility.connectors.http_json.values import as_number, as_text
from eligibility.connectors.reading import parse_json

_MOST_EVIDENCE: Final = 65_536
_NO_ERROR: Final = frozenset({"null", "", "false", "0"})
_NEEDS_ECHO: Final = frozenset({Outcome.ELIGIBLE, Outcome.NOT_ELIGIBLE})
_NOT_JSON: Final = object()


class Stage(Enum):
    """Which question is answered."""

    SUBMIT = auto()
    POLL = auto()
    RECONCILE = auto()


@dataclass(slots=True)
class Interpretation:
    """One answer under interpretation. `query` is None for a sample: then no echo is compared."""

    settings: HttpJsonSettings
    heard: Heard
    stage: Stage
    query: Query | None = None
    handle: str = ""
    interpreter: Interpreter = field(default_factory=Interpreter)
    body: Any = None
    word: Any = None
    echo: str = ""
    doubts: list[str] = field(default_factory=list)

    def reading(self) -> Reading:
        """The reply, with what led to it."""
        reply = self.reply()
        word = "" if self.word is None else as_text(self.word) or "not a single word"
        return Reading(reply, word, self.echo, tuple(self.doubts))

    def reply(self) -> Reply:
        """What the answer means."""
        try:
            self.body = self._parsed()
            return self._reply()
        except Runaway:
            return self._bad("too_costly", "The payer's answer takes too long to read.")

    def _reply(self) -> Reply:
        verdict, code = self._listed()
        if verdict is not None:
            return self._by_verdict(verdict, code)
        if self.stage is Stage.RECONCILE and self.heard.status == 404:
            return NotDelivered()
        if not 200 <= self.heard.status < 300:
            return failed_by_status(self.heard)
        received = judged(self.heard)
        if not isinstance(received, Received):
            return received
        if self.body is _NOT_JSON:
            return received.as_failed("not_json", "The payer's answer is not JSON.")
        if word_of(self._find("error")) not in _NO_ERROR:
            return self._bad("unlisted_error", "The payer answered with an unknown error.")
        return self._taken() or self._answered()

    def _parsed(self) -> Any:
        try:
            return parse_json(self.heard.text or b"")
        except ValueError:
            return _NOT_JSON

    def _find(self, name: str) -> Any:
        if self.body is _NOT_JSON:
            return None
        return self.interpreter.find(getattr(self.settings.reading, name), self.body)

    def _listed(self) -> tuple[Verdict | None, str]:
        """The meaning of the error code or the HTTP status, where a table gives it."""
        reading = self.settings.reading
        found = self._find("error")
        verdict = None if found is None else look_up(reading.errors, found)
        if verdict is not None:
            return verdict, f"error_{word_of(found)}"[:64]
        status = self.heard.status
        return look_up(reading.statuses, status), f"http_{status}"

    def _taken(self) -> Reply | None:
        """Whether the payer took the question and will answer it later."""
        if self.stage is Stage.POLL or not self.settings.poll.path:
            return None
        handle = as_text(self._find("handle"))
        if handle:
            return Pending(handle, self._look_after())
        if self._outcome_verdict() is None:
            return self._bad("no_handle", "The payer took the question without giving a number.")
        return None

    def _outcome_verdict(self) -> Verdict | None:
        self.word = self._find("outcome")
        return look_up(self.settings.reading.outcomes, self.word)

    def _answered(self) -> Reply:
        verdict = self._outcome_verdict()
        if verdict is None:
            return self._done(Outcome.UNDETERMINED)
        return self._by_verdict(verdict, f"outcome_{word_of(self.word)}"[:64])

    def _by_verdict(self, verdict: Verdict, code: str) -> Reply:
        if verdict.outcome is not None:
            return self._done(verdict.outcome)
        if verdict.failure is not None:
            message = verdict.message or f"{verdict.failure.label}."
            wish = self.heard.retry_after
            # A payer that was asked again and tells of a failure has ended the conversation.
            is_final = self.stage is Stage.POLL and 200 <= self.heard.status < 300
            return Failed(verdict.failure, code, message, wish, self._evidence(), is_final=is_final)
        if verdict.word == LATER:
            return self._later()
        if self.stage is Stage.RECONCILE:
            return NotDelivered()
        return self._bad("unknown_question", "The payer knows nothing of the question.")

    def _later(self) -> Reply:
        handle = self.handle or as_text(self._find("handle"))
        if not handle:
            return self._bad("no_handle", "The payer took the question without giving a number.")
        return Pending(handle, self._look_after())

    def _look_after(self) -> float:
        said = as_number(self._find("look_after"))
        if said is not None:
            return float(said)
        wish = self.heard.retry_after
        return self.settings.reading.look_after_seconds if wish is None else wish

    def _done(self, outcome: Outcome) -> Reply:
        other = self._wrong_echo(outcome)
        if other is not None:
            return other
        payer = self.query.payer if self.query else None
        body = None if self.body is _NOT_JSON else self.body
        reader = Reader(self.settings, self.interpreter, body)
        answer = reader.answer(payer)
        self.doubts += reader.doubts
        return Done(outcome, answer, self._evidence())

    def _wrong_echo(self, outcome: Outcome) -> Reply | None:
        """A failure when the payer answers somebody else's question, or does not say whose."""
        if not self.settings.reading.echo:
            return None
        self.echo = as_text(self._find("echo")) or ""
        if self.query is None:
            return None
        ours = self.query.reference
        if self.settings.reading.echo_of == "id_value":
            ours = self.query.id_value
        if not self.echo:
            if outcome not in _NEEDS_ECHO:
                return None
            return self._bad("no_echo", "The payer did not say whom it answered for.")
        if _canonical(self.echo) != _canonical(ours):
            return self._bad("other_member", "The payer answered for another member than ours.")
        return None

    def _evidence(self) -> dict[str, Any]:
        """The payer's answer as it is kept: whole when it is small, else its beginning."""
        text = self.heard.text or b""
        if self.body is not _NOT_JSON and len(text) <= _MOST_EVIDENCE:
            return {"http_status": self.heard.status, "body": self.body}
        start = text[:2_000].decode("utf-8", "replace").replace("\0", "\ufffd")
        return {"http_status": self.heard.status, "body_start": start}

    def _bad(self, code: str, message: str) -> Failed:
        return Failed(Failure.BAD_RESPONSE, code, message, raw=self._evidence())


def _canonical(text: str) -> str:
    """Letters and digits only: payers add and drop dashes and blanks."""
    return "".join(filter(str.isalnum, text)).casefold()
