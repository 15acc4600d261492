"""Failures and doubtful answers in plain words: what happened, what to do, who does it.

The words are for a clinic's front desk; who acts on a failure is `choices.FAILURE_RULES`.
"""

from __future__ import annotations

from dataclasses import dataclass

from eligibility.choices import FAILURE_RULES, Actor, Failure, Outcome


@dataclass(frozen=True, slots=True)
class Explanation:
    """`title` says what happened, `advice` what to do about it, `actor` who does it.

    `look_at` are the fields (wire names) to look at first, the likeliest first. `unchanged`
    says what becomes of a row that is re-run as it is; empty when that may well succeed.
    """

    title: str
    advice: str
    actor: Actor
    look_at: tuple[str, ...] = ()
    unchanged: str = ""


def _failure(
    failure: Failure, advice: str, *, look_at: tuple[str, ...] = (), unchanged: str = ""
) -> Explanation:
    actor = FAILURE_RULES[failure].actor
    return Explanation(str(failure.label), advice, actor, look_at, unchanged)


FAILURES: dict[Failure, Explanation] = {
    Failure.INPUT_INVALID: _failure(
        Failure.INPUT_INVALID,
        "Correct the field in question, then re-run the check.",
        look_at=("id_value", "id_type", "visit_type"),
        unchanged="Rows that nobody has corrected will be refused again.",
    ),
    Failure.IDENTITY_MISMATCH: _failure(
        Failure.IDENTITY_MISMATCH,
        "Compare name, date of birth and number with the patient's card, and correct what differs.",
        look_at=("name", "dob", "id_value", "id_type"),
        unchanged="Rows that nobody has corrected will get the same refusal.",
    ),
    Failure.PAYER_UNSUPPORTED: _failure(
        Failure.PAYER_UNSUPPORTED,
        "An administrator connects the clinic to this payer. If the payer is wrong, choose "
        "another one in the row.",
        look_at=("tpa_name",),
        unchanged="They fail again until the payer is connected.",
    ),
    Failure.PROVIDER_NOT_ENROLLED: _failure(
        Failure.PROVIDER_NOT_ENROLLED,
        "The clinic's enrolment with this payer is missing or has ended. An administrator "
        "settles that with the payer.",
        look_at=("tpa_name", "doctorName"),
        unchanged="They fail again until the payer knows the clinic.",
    ),
    Failure.CREDENTIALS: _failure(
        Failure.CREDENTIALS,
        "An administrator corrects user name and password of the connection.",
        unchanged="They fail again until the login is corrected.",
    ),
    Failure.THROTTLED: _failure(
        Failure.THROTTLED,
        "Too many questions at once. Wait a few minutes, then re-run them.",
    ),
    Failure.PAYER_UNAVAILABLE: _failure(
        Failure.PAYER_UNAVAILABLE,
        "We tried several times. Re-run them once the payer is back.",
    ),
    Failure.TIMEOUT: _failure(
        Failure.TIMEOUT,
        "We tried several times. Re-run them when the payer is less busy.",
    ),
    Failure.BAD_RESPONSE: _failure(
        Failure.BAD_RESPONSE,
        "Re-run one of them. If it stays, tell whoever looks after the portal.",
    ),
    Failure.INTERNAL: _failure(
        Failure.INTERNAL,
        "The row itself is not at fault. Tell whoever looks after the portal.",
    ),
}

OUTCOMES: dict[Outcome, Explanation] = {
    Outcome.MEMBER_NOT_FOUND: Explanation(
        "Member not found",
        "Compare number and payer with the patient's card; ask for the newest card.",
        Actor.CLINIC,
        ("id_value", "id_type", "tpa_name", "dob"),
        "The payer will most likely not find the same number again.",
    ),
    Outcome.AMBIGUOUS_MEMBER: Explanation(
        "Several members match",
        "Add what tells them apart: the date of birth, the name, or another number.",
        Actor.CLINIC,
        ("dob", "name", "id_type", "id_value"),
        "The payer will most likely find the same members again.",
    ),
    Outcome.UNDETERMINED: Explanation(
        "The payer could not say",
        "Re-run them later, or ask the payer by telephone before the visit.",
        Actor.CLINIC,
        ("id_value", "dob"),
    ),
    Outcome.PARTIAL: Explanation(
        "Some payers did not answer",
        "Re-run the search, or choose the payer that is on the patient's card.",
        Actor.CLINIC,
        ("tpa_name", "id_value"),
    ),
}
"""The doubtful answers: every outcome but a plain yes or no."""


CONTRADICTED = Explanation(
    "The payer said yes, and later no",
    "Ask the payer by telephone before the visit. What counts until then is the yes.",
    Actor.CLINIC,
    ("id_value", "visit_type"),
)
"""A plain yes that needs attention: it was asked again, and contradicted."""


def explain(*, failure: str = "", outcome: str = "") -> Explanation | None:
    """What a failure or a doubtful answer means; None for a plain yes or no, or for neither."""
    if failure:
        return FAILURES[Failure(failure)]
    return OUTCOMES.get(Outcome(outcome)) if outcome else None


WHO_ACTS: dict[Actor, str] = {
    Actor.CLINIC: "You can fix this",
    Actor.ADMIN: "An administrator acts",
    Actor.NOBODY: "Nothing to fix: re-run later",
    Actor.ENGINEERING: "For whoever looks after the portal",
}
"""Who acts, as a page says it to the clinic's staff."""
