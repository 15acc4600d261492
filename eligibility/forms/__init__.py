"""Forms for one row, made from the payers' rules: fields, codes and marks are the rules' own."""

from eligibility.forms.checking import check_row, doubts_not_seen
from eligibility.forms.fields import Field, Note
from eligibility.forms.reading import read_row, restated, values_of
from eligibility.forms.rowform import RowForm, new_form, row_form, take_over

__all__ = [
    "Field",
    "Note",
    "RowForm",
    "check_row",
    "doubts_not_seen",
    "new_form",
    "read_row",
    "restated",
    "row_form",
    "take_over",
    "values_of",
]
