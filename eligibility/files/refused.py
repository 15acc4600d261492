"""The checks of a file that did not get in, as a file to be edited and given back."""

from __future__ import annotations

from typing import Final

from eligibility.files.export import issue_cells
from eligibility.files.fields import ISSUE_COLUMNS, special
from portal.intake import refused

_REMARKS: Final = refused.Remarks(ISSUE_COLUMNS, issue_cells, special)


class RefusedRows(refused.RefusedRows):
    """Rows put aside one by one (`portal.intake.refused`), with remarks in the words of checks."""

    def __init__(self) -> None:
        super().__init__(_REMARKS)
