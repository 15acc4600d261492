"""An answer as the database will keep it, made of it where it was heard.

While the answers of a group wait to be written, they wait as text: an answer's model is some
fifty objects, which cost more to walk and drop later than to write out while they are at hand.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from eligibility.connectors.base import Done, Reply
from eligibility.engine.claim import Claimed
from eligibility.results import Answer
from portal.intake.adapt import JsonText
from portal.intake.text import storable

_ELSEWHERE = Answer()
_EVIDENCE = json.JSONEncoder(allow_nan=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Done):
    """An answer whose text is ready: `answer` and `raw` hold nothing any more.

    `text` is the normalised answer and `evidence` what the payer said, both as JSON.
    """

    text: JsonText
    evidence: str | None


def kept(row: Claimed, reply: Reply) -> Reply:
    """The reply with its answer made ready; any other reply as it is."""
    if not isinstance(reply, Done) or isinstance(reply, Kept):
        return reply
    text, said = _stored(_signed(row, reply.answer)), evidence(reply)
    return Kept(reply.outcome, _ELSEWHERE, None, text=text, evidence=said)


def evidence(reply: Reply) -> str | None:
    """What the payer said, as JSON. Evidence that cannot be kept must not cost the answer."""
    if isinstance(reply, Kept):
        return reply.evidence
    raw = getattr(reply, "raw", None)
    if raw is None:
        return None
    try:
        return _EVIDENCE.encode(storable(raw))
    except (AttributeError, RecursionError, TypeError, ValueError) as error:
        return json.dumps({"not_kept": type(error).__name__})


def _signed(row: Claimed, answer: Answer) -> Answer:
    """The answer; one to a search says whose it is, for the search shows it as its own."""
    if row.search_id is None:
        return answer
    payer = answer.payer_code or row.query.payer
    return answer.model_copy(update={"payer_code": payer, "resolved_by_search": True})


def _stored(answer: Answer) -> JsonText:
    """The answer as the database keeps it. Few hold text that needs a walk to be storable.

    What is unknown is left out: half of an answer's keys, and all that would be read of them.
    """
    try:
        text = answer.model_dump_json(exclude_none=True)
    except ValueError:  # half a character
        return _made_storable(answer.model_dump(mode="json", exclude_none=True))
    return _made_storable(json.loads(text)) if "\\u0000" in text else JsonText(text)


def _made_storable(value: Any) -> JsonText:
    return JsonText(json.dumps(storable(value)))
