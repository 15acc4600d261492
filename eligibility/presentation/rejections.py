"""Why a row was rejected, in plain words, by its cause ("visit_type.unknown/visit_type")."""

from __future__ import annotations

from eligibility.choices import Actor
from eligibility.presentation.failures import Explanation
from eligibility.presentation.fields import label

_THINGS = {
    "emirates_id": "Emirates ID",
    "dha_member_id": "DHA member ID",
    "passport": "Passport number",
    "seen_on": "The day on which the member was seen",
}
"""First parts of codes that are no field's name."""

_CARD = "Compare it with the patient's card."
_KINDS: dict[str, tuple[str, str]] = {
    "required": ("{} is missing", "Fill it in and accept the row."),
    "unknown": ("{} is not known", "Choose the right one; a suggestion takes one click."),
    "unsupported": (
        "{}: this payer does not take it",
        "Choose one that the payer takes; a suggestion takes one click.",
    ),
    "search": ("{} is a search, not a payer", "Choose one of the payers that it asks."),
    "type": ("{} came in the wrong form", "Look at it and accept the row: saving puts it right."),
    "format": ("{} cannot be read", "Write it anew and accept the row."),
    "ambiguous": (
        "{} may be two days",
        "Nothing was guessed. Choose the right day and accept the row.",
    ),
    "too_far": ("{} is too far ahead", "Choose an earlier time."),
    "too_long": ("{} is too long", "Shorten it and accept the row."),
    "shape": ("{} does not have the usual form", _CARD),
    "check_digit": ("{}: the check digit does not fit", _CARD),
    "placeholder": ("{} is a placeholder", "Enter the number on the patient's card."),
    "shortened": (
        "{}: a spreadsheet has cut off its last digits",
        "Enter the number on the patient's card.",
    ),
    "repeated": (
        "{} stands in another row too",
        "See which of the rows is right; accept it and discard the other one.",
    ),
    "future": ("{} is in the future", _CARD),
    "odd": ("{} looks odd", "Compare it with the patient's file."),
}
"""Last part of a code → title, with a place for what it is about, and advice."""

_ANEW = "Compare the row with your list, fill in what is missing, and accept it."
_SAVE_AS_CSV = "Save the list as a plain CSV or Excel file and upload that one."
_HEADER = "Correct the first line of the list and upload it again."

_WHOLE_ROWS: dict[str, tuple[str, str]] = {
    "row.type": ("The row is no row of a check", "Fill it in anew, or discard it."),
    "row.totals": ("A line of totals, not a patient's", "Discard it: nobody is to be asked."),
    "row.conflict": (
        "Somebody changed the row meanwhile",
        "Look at the row as it is now before you correct it.",
    ),
    "row.unchanged": ("The correction changes nothing", "Change what is wrong, then save."),
    "row.gone": ("The row is no longer here to be corrected", "Look for it among the checks."),
    "batch.rolled_back": (
        "Not accepted together with others",
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
    "row_id.unknown": (
        "The line names a row that is not here",
        "Export the failed rows again and correct that file.",
    ),
    "row_id.format": (
        "The line does not say which row it corrects",
        "Export the failed rows again, or bring new rows in a file of their own.",
    ),
    "row_id.repeated": (
        "Two lines of the file correct the same row",
        "Keep the right one of them and give the file back again.",
    ),
    "version.format": (
        "The line does not say what it was corrected from",
        "Export the failed rows again and correct that file.",
    ),
    "file.row_short": ("The line has too few cells", _ANEW),
    "file.row_long": ("The line has too many cells", _ANEW),
    "file.quote": ("A quotation mark in the line is never closed", _ANEW),
    "file.line_too_long": ("The line is too long to be read", _ANEW),
    "file.delimiter": ("The columns cannot be told apart", _SAVE_AS_CSV),
    "file.encoding": (
        "The letters of the file cannot be read",
        "Say how they are written, or save the list as CSV UTF-8.",
    ),
    "file.binary": ("The file is no list", _SAVE_AS_CSV),
    "file.kind": ("The file is no CSV and no Excel workbook", _SAVE_AS_CSV),
    "file.damaged": ("The workbook is damaged", "Open it, save it again, and upload that one."),
    "file.too_big": ("The workbook is too big", "Save the list as CSV, or split it."),
    "file.sheet": ("The sheet is not there", "Put the list on the first sheet of the workbook."),
    "file.empty": ("The file is empty", "Choose the list with its rows."),
    "file.no_rows": ("The file has no rows", "Choose the list with its rows."),
    "file.columns": ("The file has too many columns", "Keep those of the list, and no others."),
    "file.header_missing": ("A column has no name", _HEADER),
    "file.header_twice": ("Two columns have the same name", _HEADER),
    "file.json": ("The file is no list of rows in JSON", "Correct the file and upload it again."),
    "json.syntax": ("The row is not written as JSON is", _ANEW),
    "json.too_deep": ("The row has too many levels", _ANEW),
    "json.duplicate_key": ("The row has one field twice", _ANEW),
    "column.missing": ("A column is missing", _HEADER),
    "column.unknown_field": ("A column was mapped to a field that is not there", _HEADER),
    "column.twice": ("Two columns are the same field", _HEADER),
    "column.unknown": ("A column is not known", _HEADER),
    "column.no_header": ("The first line names no column", _HEADER),
}
"""Codes about a row, a line or a file as a whole → title and advice."""


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
