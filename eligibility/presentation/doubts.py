"""What makes an answer doubtful at the desk, the gravest first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from eligibility.choices import Outcome
from eligibility.presentation.fields import message_in_words
from eligibility.presentation.visits import benefits_for, service_name
from portal import moments

if TYPE_CHECKING:
    from eligibility.presentation.card import Asked, Given

Stored = Mapping[str, Any]
_NOTHING: Stored = {}

OLD = timedelta(hours=24)
"""From this age on an answer about a visit that is still to come is called old."""

_NOT_A_WORD = re.compile(r"\W+")

UNSURE = Decimal("0.7")
"""Below this confidence a reading of free text is to be compared with the text."""


def doubts(
    asked: Asked, given: Given, *, day: date, valid: bool | None, now: datetime
) -> list[str]:
    """Everything that speaks for a second look, the gravest first."""
    return [
        *_about_the_question(asked),
        *_about_the_policy(given, day, valid),
        *_about_the_person(asked, given.answer.get("member") or _NOTHING),
        *_about_the_age(given, day, now),
        *_about_the_visit(asked, given.answer),
        *(message_in_words(doubt, asked.payers) for doubt in asked.doubts),
    ]


def _about_the_question(asked: Asked) -> Iterator[str]:
    """The answer is to a question that nobody asks any more."""
    if asked.corrected:
        yield "The row was corrected after this answer: it is about the row as it was before."
    if asked.contradicted:
        yield "A later answer says not eligible: ask the payer before you rely on this one."


def _about_the_policy(given: Given, day: date, valid: bool | None) -> Iterator[str]:
    """The payer says yes, its dates say no."""
    if valid is not False or given.outcome != Outcome.ELIGIBLE:
        return
    policy = given.answer.get("policy") or _NOTHING
    start, end = moments.read_day(policy.get("start")), moments.read_day(policy.get("end"))
    if start and day < start:
        yield f"The policy begins on {moments.day(start)}, after the visit."
    elif end:
        yield f"The policy ended on {moments.day(end)}, before the visit."


def _about_the_person(asked: Asked, member: Stored) -> Iterator[str]:
    """The payer may know somebody else under this number."""
    born = moments.read_day(member.get("dob"))
    if born and asked.dob and born != asked.dob:
        yield (
            f"The date of birth differs: {moments.day(born)} at the payer, "
            f"{moments.day(asked.dob)} in the row."
        )
    name = str(member.get("name") or "")
    if name and asked.name and not _words(name) & _words(asked.name):
        yield f"The payer knows this number under another name: {name}."


def _words(name: str) -> set[str]:
    return {word for word in _NOT_A_WORD.split(name.casefold()) if len(word) > 1}


def _about_the_age(given: Given, day: date, now: datetime) -> Iterator[str]:
    if now - given.at >= OLD and day > given.day:
        yield f"The answer is old ({moments.age(given.at, now)}): re-run the check."


def _about_the_visit(asked: Asked, answer: Stored) -> Iterator[str]:
    """What the visit needs besides, and readings that are not certain."""
    wanted = benefits_for(asked.visit_type, answer.get("benefits") or ())
    policy = answer.get("policy") or _NOTHING
    for benefit in wanted:
        if benefit.get("referral") == "yes":
            yield f"{service_name(benefit)}: a referral is needed."
            break
    if policy.get("is_gatekeeper") is True:
        yield "The plan has a gatekeeper: specialists only by referral."
    if policy.get("waiting_period"):
        yield f"Waiting period: {policy['waiting_period']}."
    if any(_is_unsure(benefit) for benefit in wanted):
        yield "Read out of free text: compare with the payer's own words below."


def _is_unsure(benefit: Stored) -> bool:
    try:
        return Decimal(str(benefit.get("confidence"))) < UNSURE
    except InvalidOperation:
        return False
