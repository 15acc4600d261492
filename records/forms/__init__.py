"""Forms for one record, made from the schema: fields, lengths and parts are the schema's own."""

from records.forms.catalogue import FIELDS, FieldSpec
from records.forms.reading import read_row, value_of
from records.forms.rowform import Field, RowForm, row_form, take_over

__all__ = [
    "FIELDS",
    "Field",
    "FieldSpec",
    "RowForm",
    "read_row",
    "row_form",
    "take_over",
    "value_of",
]
