"""What the synthetic payer replies, and what becomes of it.

The payer answers in our own form; what this shows is how a connector distrusts what it gets:
another reference, another member or another form never passes for an answer.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from eligibility.choices import Failure, Outcome
from eligibility.connectors.base import Done, Failed, NotDelivered, Pending, Query, Reply
from eligibility.connectors.http import Received
from eligibility.connectors.reading import storable_json
from eligibility.results import Answer
from eligibility.synthetic.magic import canonical

_LONGEST_LOOK: Final = 86_400.0


class Answered(BaseModel):
    """The payer answers; it repeats whose question it is."""

    status: Literal["done"]
    reference: str
    id_value: str
    outcome: Outcome
    answer: Answer


class Promised(BaseModel):
    """The payer will have the answer in `look_after` seconds."""

    status: Literal["pending"]
    reference: str
    handle: Annotated[str, Field(min_length=1)]
    look_after: Annotated[float, Field(ge=0, le=_LONGEST_LOOK, allow_inf_nan=False)]


class Refused(BaseModel):
    """The payer says itself why there is no answer; the message is its own, never a row's."""

    status: Literal["failed"]
    reference: str
    failure: Failure
    code: str
    message: str


class Unknown(BaseModel):
    """The payer knows nothing of the question."""

    status: Literal["unknown"]
    reference: str


class Well(BaseModel):
    """The payer's answer to a probe: it is there and lets us in."""

    status: Literal["ok"]
    reference: str


AnyReply = Answered | Promised | Refused | Unknown | Well
_REPLIES: TypeAdapter[AnyReply] = TypeAdapter(Annotated[AnyReply, Field(discriminator="status")])


def read_reply(query: Query, received: Received | Failed) -> Reply:
    """A reply out of what came back; one about another question or member is refused."""
    if isinstance(received, Failed):
        return received
    reply = parse_reply(received)
    if isinstance(reply, Failed):
        return reply
    if reply.reference != query.reference:
        return bad_response("other_member", "The payer answered another question than ours.")
    match reply:
        case Answered():
            return _read_answer(query, reply)
        case Promised():
            return Pending(reply.handle, reply.look_after)
        case Refused():
            raw = reply.model_dump(mode="json")
            return Failed(reply.failure, reply.code[:64], reply.message[:300], raw=raw)
        case Unknown():
            return NotDelivered()
    return bad_response("unknown_status", "The payer's answer has an unknown status.")


def parse_reply(received: Received) -> AnyReply | Failed:
    """The reply in its agreed form, read in one pass from bytes to model."""
    try:
        return _REPLIES.validate_json(storable_json(received.text))
    except ValidationError as error:
        if error.errors(include_url=False, include_input=False)[0]["type"] != "json_invalid":
            return received.as_failed("unknown_form", "The payer's answer has an unknown form.")
    except ValueError:
        pass
    return received.as_failed("not_json", "The payer's answer is not JSON.")


def expect_answer(reply: Reply) -> Done | Pending | Failed:
    """A submit or a poll cannot be told that the payer knows nothing of it."""
    if isinstance(reply, NotDelivered):
        return bad_response("unknown_status", "The payer knows nothing of the question.")
    return reply


def _read_answer(query: Query, reply: Answered) -> Done | Failed:
    """The answer, if it is about our member.

    The payer's answer is already the normalised one, so the evidence need not hold it again.
    """
    asked, echoed = query.id_value, reply.id_value
    if echoed != asked and canonical(echoed) != canonical(asked):
        return bad_response("other_member", "The payer answered for another member than ours.")
    raw = {"status": reply.status, "reference": reply.reference, "outcome": reply.outcome.value}
    return Done(reply.outcome, reply.answer, raw)


def bad_response(code: str, message: str) -> Failed:
    """A reply that cannot be used."""
    return Failed(Failure.BAD_RESPONSE, code, message)
