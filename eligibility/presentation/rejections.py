"""Why a row was rejected, in plain words, by its cause ("visit_type.unknown/visit_type")."""

from __future__ import annotations

from eligibility.choices import Actor
from eligibility.presentation.failures import Explanation
from eligibility.presentation.fields import label

_THINGS = {
    "emirates_id": "Emirates ID",
    "dha_member_id": "DHA member ID",
    "passport": "Passport number",
}
"""First parts of codes that are no field's name."""

_KINDS: dict[str, tuple[str, str]] = {
    "required": ("{} is missing", "Fill it in and accept the row."),
    "unknown": ("{} is not known", "Choose the right one; a suggestion takes one click."),
    "unsupported": (
        "{}: this payer does not take it",
        "Choose one that the payer takes; a suggestion takes one click.",
    ),
    "type": ("{} came in the wrong form", "Look at it and accept the row: saving puts it right."),
    "format": ("{} cannot be read", "Write it anew and accept the row."),
    "too_far": ("{} is too far ahead", "Choose an earlier time."),
    "too_long": ("{} is too long", "Shorten it and accept the row."),
    "shape": ("{} does not have the usual form", "Compare it with the patient's card."),
    "check_digit": ("{}: the check digit does not fit", "Compare it with the patient's card."),
    "placeholder": ("{} is a placeholder", "Enter the number on the patient's card."),
    "future": ("{} is in the future", "Compare it with the patient's card."),
    "odd": ("{} looks odd", "Compare it with the patient's file."),
}

_WHOLE_ROWS: dict[str, tuple[str, str]] = {
    "row.type": ("The row is no row of a check", "Fill it in anew, or discard it."),
    "batch.rolled_back": (
        "Rejected together with others",
        "Nothing is wrong with these rows, but all or none of their request were asked for. "
        "Accept them one by one, or discard them.",
    ),
    "text.unstorable": (
        "The row holds characters that cannot be stored",
        "Write the field anew and accept the row.",
    ),
    "field.unknown": (
        "The row has a field that nobody knows",
        "Put its value where it belongs and accept the row.",
    ),
}


def explain_rejection(cause: str) -> Explanation:
    """What rows of this cause have in common, and what to do; the clinic can always do it."""
    code, _, field = cause.partition("/")
    look_at = (field,) if field else ()
    if code in _WHOLE_ROWS:
        return Explanation(*_WHOLE_ROWS[code], Actor.CLINIC, look_at)
    thing, _, kind = code.rpartition(".")
    title, advice = _KINDS.get(kind, ("{} has a fault", "Correct it and accept the row."))
    return Explanation(title.format(_named(thing, field)), advice, Actor.CLINIC, look_at)


def _named(thing: str, field: str) -> str:
    """The part of the row that is at fault; the code's own word where no field is named."""
    return _THINGS.get(thing) or (label(field or thing) if field or thing else "The row")
