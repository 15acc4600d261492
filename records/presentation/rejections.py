"""Why a record was rejected or doubted, in plain words for staff, by the code of the fault."""

from __future__ import annotations

from typing import Final, NamedTuple

from records.rules.severity import ANY_TYPE, SEVERITIES


class Words(NamedTuple):
    """A short title, and what staff can do about it."""

    title: str
    advice: str


_COMPARE: Final = "Compare it with the practitioner's papers."

WORDS: Final[dict[str, Words]] = {
    "row.type": Words("The row is no record", "Enter the record anew, or discard the row."),
    "config.missing": Words(
        "The record is empty", "Enter what the record should say, or discard the row."
    ),
    "type.unsupported": Words(
        "This type of record cannot be stored", "Choose the type; a suggestion takes one click."
    ),
    ANY_TYPE: Words(
        "A value came in the wrong form", "Look at it and accept the row: saving puts it right."
    ),
    "objectid.pattern": Words(
        "An id has the wrong form",
        "Paste the 24 characters of the right id, or empty the field if there is none.",
    ),
    "text.unstorable": Words(
        "The row holds characters that cannot be stored", "Write the field anew."
    ),
    "text.too_long": Words("A text or a list is too long", "Shorten it and accept the row."),
    "status.enum": Words("The status is not one of the list", "Choose active or inactive."),
    "duplicate.in_request": Words(
        "The same record stands in the file twice",
        "The first one counts. Discard this one, or give it its own id.",
    ),
    "duplicate.existing": Words(
        "The record is stored already", "Discard the row, or accept it as a change of that record."
    ),
    "supervisor.missing": Words(
        "The supervisor is not on record",
        "Store the supervisor's record first, or choose another supervisor.",
    ),
    "supervisor.cycle": Words(
        "Two people supervise each other", "Take the supervisor out of one of the records."
    ),
    "supervisor.self": Words(
        "Somebody is their own supervisor", "That is allowed. Empty the field if it is a slip."
    ),
    "integration.unknown": Words(
        "The integration is not known", "Choose one of the team's, or have it added."
    ),
    "npi.format": Words("The NPI does not have 10 digits", _COMPARE),
    "npi.checksum": Words(
        "The NPI has a wrong digit",
        f"{_COMPARE} A suggestion is the one known number that is one slip away.",
    ),
    "npi.first_digit": Words("The NPI begins with an unusual digit", _COMPARE),
    "npi.shared": Words(
        "The NPI stands on two records",
        "One person may have two records. Otherwise correct or delete one of them.",
    ),
    "npi.registry": Words(
        "The NPI registry says something else",
        "Compare name and number with the registry's entry before you rely on it.",
    ),
    "npi.missing": Words("There is no NPI", "Add it if the practitioner has one."),
    "name.missing": Words("There is no name", "Add the name, so that staff find the record."),
    "gender.value": Words(
        "The gender is not one of the list", "Choose male, female, other or unknown."
    ),
    "language.tag": Words(
        "A language is not written as a tag",
        "Take the suggestion, or write a tag such as en, ar or pt-BR.",
    ),
    "specialty.code": Words(
        "A specialty's code is not known", "Take the suggestion, or choose the specialty by name."
    ),
    "specialty.name": Words(
        "A specialty's name and code do not agree",
        "Look which of the two is right; the suggestion is the code's own name.",
    ),
    "hours.format": Words(
        "A time cannot be read", "Write hours and minutes such as 09:00 or 17:30."
    ),
    "hours.order": Words(
        "Hours end before they start",
        "Correct them; hours past midnight go on two days, as the suggestion shows.",
    ),
    "hours.overlap": Words(
        "Hours of a day overlap", "Correct them, or take the suggestion, which joins them."
    ),
    "hours.half": Words("Hours lack a start or an end", "Add the time that is missing."),
    "hours.day": Words(
        "Working hours name a day that is none", "Use mon, tue, wed, thu, fri, sat and sun."
    ),
    "avatar.url": Words(
        "The picture's address cannot be used",
        "Enter a whole address that begins with https://, without a user name.",
    ),
    "field.unknown": Words(
        "The row has a field that nobody knows", "Put its value where it belongs."
    ),
    "batch.rolled_back": Words(
        "Rejected together with others",
        "Nothing is wrong with these rows, but all or none of their request were asked for.",
    ),
}
"""Code → words. Every code of the table of severities is here (`*.type` stands for all of them)."""


def words_for(code: str) -> Words:
    """What staff read about this fault; a code of no record's rule is told as it is."""
    if code not in SEVERITIES and code not in WORDS and code.endswith(".type"):
        code = ANY_TYPE
    return WORDS.get(code) or Words(f"The row has a fault ({code})", "Correct it, or discard it.")
