"""What the synthetic payer answers when nobody steers it, and the answer for each outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from eligibility.choices import Failure, Outcome
from eligibility.identifiers import NOT_SENDABLE, doubt_about
from eligibility.synthetic import plans
from eligibility.synthetic.draw import Draw
from eligibility.synthetic.payers import known_payers, payer_by_code, payers_for
from eligibility.synthetic.people import member
from eligibility.synthetic.question import Question

USUAL_LATENCY: Final = (0.020, 0.200)
_ONE_IN: Final = 8
_LATER_PER_THOUSAND: Final = 40
_PER_THOUSAND: Final[tuple[tuple[int, Outcome | Failure], ...]] = (
    (800, Outcome.ELIGIBLE),
    (60, Outcome.NOT_ELIGIBLE),
    (55, Outcome.MEMBER_NOT_FOUND),
    (20, Outcome.AMBIGUOUS_MEMBER),
    (25, Outcome.UNDETERMINED),
    (15, Failure.INPUT_INVALID),
    (25, Failure.IDENTITY_MISMATCH),
)
_BY_LOT: Final = tuple(verdict for count, verdict in _PER_THOUSAND for _ in range(count))

_REMARK: Final = f"{plans.LABEL}: made up by the portal's own test payer. "
_REMARKS: Final = {
    Outcome.ELIGIBLE: "The member is covered on the day of the visit.",
    Outcome.NOT_ELIGIBLE: "The policy ended before the day of the visit.",
    Outcome.MEMBER_NOT_FOUND: "No member has this number.",
    Outcome.AMBIGUOUS_MEMBER: "Two members share this number.",
    Outcome.UNDETERMINED: "The member is known, the state of the policy is not.",
    Outcome.PARTIAL: "Not all who know about the member have answered.",
}
_MESSAGES: Final = {
    Failure.INPUT_INVALID: "The payer does not accept this number in this form.",
    Failure.IDENTITY_MISMATCH: "The payer knows this number under another name or date of birth.",
    Failure.PAYER_UNSUPPORTED: "This payer cannot be asked over this connection.",
    Failure.PROVIDER_NOT_ENROLLED: "The payer does not know this clinic as a provider.",
    Failure.INTERNAL: "A fault of the portal, asked for by the row.",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a question gets unsteered. Times in seconds; `later` is None for "at once"."""

    ending: Outcome | Failure
    latency: float
    later: float | None


def is_elsewhere(question: Question) -> bool:
    """Whether a search asks a payer that does not have this person: everybody is with one.

    A payer that the shipped registry does not know has one person in eight.
    """
    if not question.is_search:
        return False
    payer = payer_by_code(question.payer)
    if payer not in known_payers():
        return Draw("home", payer.code, question.number).below(_ONE_IN) > 0
    return Draw("home", question.number).pick(payers_for(question.id_type)) != payer


def verdict(question: Question) -> Verdict:
    """The same for the same payer and identifier, whatever else the row says.

    An Emirates ID of the wrong shape is refused, as a real payer would. A search finds a person
    at one payer; the others know nobody.
    """
    draw = Draw("verdict", payer_by_code(question.payer).code, question.number)
    low, high = question.latency or USUAL_LATENCY
    ending = draw.pick(_BY_LOT)
    latency = low + (high - low) * draw.below(1000) / 999
    later = 0.5 + draw.below(100) / 100 if draw.below(1000) < _LATER_PER_THOUSAND else None
    if is_elsewhere(question):
        ending = Outcome.MEMBER_NOT_FOUND
    doubt = doubt_about(question.id_type, question.id_value)
    if doubt and doubt.code in NOT_SENDABLE:
        ending = Failure.INPUT_INVALID
    return Verdict(ending, latency, later)


def answered(question: Question, outcome: Outcome) -> dict[str, Any]:
    """The body of an answer: the question's echo and all that the payer says."""
    return {
        "status": "done",
        "reference": question.reference,
        "id_value": question.id_value,
        "outcome": outcome.value,
        "answer": _answer(question, outcome),
    }


def stated_failure(question: Question, failure: Failure, message: str = "") -> dict[str, Any]:
    """The body that says why there is no answer."""
    return {
        "status": "failed",
        "reference": question.reference,
        "failure": failure.value,
        "code": f"synthetic_{failure.value}",
        "message": f"{plans.LABEL}: {message or _MESSAGES[failure]}",
    }


def _answer(question: Question, outcome: Outcome) -> dict[str, Any]:
    """What is known of the member grows with the outcome: nothing, a name, a policy, benefits."""
    payer = payer_by_code(question.payer)
    draw = Draw("details", payer.code, question.number)
    answer: dict[str, Any] = {
        "payer_code": payer.code,
        "payer_name": payer.name,
        "resolved_by_search": question.is_search,
        "remarks": [_REMARK + _REMARKS[outcome]],
    }
    if outcome in (Outcome.MEMBER_NOT_FOUND, Outcome.AMBIGUOUS_MEMBER, Outcome.PARTIAL):
        return answer
    plan = draw.pick(plans.PLANS)
    answer["member"] = member(question, draw)
    if outcome is Outcome.UNDETERMINED:
        return answer
    ended = outcome is Outcome.NOT_ELIGIBLE
    answer["policy"] = plans.policy(plan, question, draw, ended=ended)
    if not ended:
        answer["networks"] = plans.networks(plan)
        answer["benefits"] = plans.benefits(plan, question, draw)
    return answer
