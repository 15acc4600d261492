"""What the synthetic payer decides to do with a question, and what it remembers of it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from eligibility.choices import Failure, Outcome
from eligibility.synthetic.answers import verdict
from eligibility.synthetic.magic import magic_script
from eligibility.synthetic.question import Question
from eligibility.synthetic.script import BrokenScript, Script, Trick, parse_script

MOST_CONVERSATIONS: Final = 200_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How a question is going to be met. Times in seconds.

    `delay` passes before the submit is answered; `later` before there is an answer to poll,
    None for "in the submit itself". `trick` is played instead of giving the `answer`. `note`
    tells which directive was broken.
    """

    delay: float
    later: float | None
    answer: Outcome | Failure
    trick: Trick | None = None
    retry_after: float | None = None
    note: str = ""

    @property
    def word(self) -> str:
        """The plan in a word or two, for the log."""
        ending = (self.trick or self.answer).value
        return ending if self.later is None else f"later {ending}"

    @property
    def has_answer(self) -> bool:
        """Whether a reconcile gets the answer, once it is ready."""
        return self.trick is None or self.trick is Trick.LOST

    @property
    def is_taken(self) -> bool:
        """Whether the payer knows of the question after the submit."""
        return self.later is not None or self.has_answer


def chosen_script(question: Question) -> Script | BrokenScript:
    """The nearest script wins as a whole: the row's, the magic identifier's, the connection's."""
    if question.script.strip():
        return parse_script(question.script)
    magic = magic_script(question.id_value)
    return magic if magic is not None else parse_script(question.default_script)


def make_plan(question: Question, submits: int) -> Plan:
    """What to do with the `submits`-th submit of this question, and the looks that follow it."""
    script = chosen_script(question)
    usual = verdict(question)
    if isinstance(script, BrokenScript):
        note = f'the script has a directive that means nothing: "{script.directive}".'
        return Plan(usual.latency, None, Failure.INPUT_INVALID, note=note)
    if script == Script():
        return Plan(usual.latency, usual.later, usual.ending)
    if script.at is not None and question.payer.upper() not in script.at:
        return Plan(usual.latency, None, Outcome.MEMBER_NOT_FOUND)
    answer = script.outcome or usual.ending
    if script.times is not None and submits > script.times:
        return Plan(usual.latency, None, answer)
    return Plan(
        delay=usual.latency if script.delay is None else script.delay,
        later=script.later,
        answer=script.failure or answer,
        trick=script.trick,
        retry_after=script.retry_after,
    )


@dataclass(slots=True)
class Conversation:
    """What is remembered of one reference: `ready_at` is the Unix time from which there is an
    answer, None when the payer knows nothing of the question."""

    fingerprint: int
    submits: int = 0
    ready_at: float | None = None


class Conversations:
    """The conversations by client reference; the oldest is forgotten beyond `most`.

    One question per reference: a row that was corrected asks another question under the same
    reference, and that starts a new conversation.
    """

    def __init__(self, most: int = MOST_CONVERSATIONS) -> None:
        """Nothing remembered yet."""
        self._most = most
        self._by_reference: OrderedDict[str, Conversation] = OrderedDict()

    def open(self, question: Question) -> Conversation:
        """Count a submit; more than one in the returned conversation means a repeat."""
        conversation = self.find(question)
        if conversation is None:
            conversation = Conversation(question.fingerprint)
            self._by_reference[question.reference] = conversation
            if len(self._by_reference) > self._most:
                self._by_reference.popitem(last=False)
        conversation.submits += 1
        return conversation

    def find(self, question: Question) -> Conversation | None:
        """The conversation about this very question, None when there is none."""
        found = self._by_reference.get(question.reference)
        return found if found and found.fingerprint == question.fingerprint else None
