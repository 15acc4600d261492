"""What is wrong, or doubtful, about one field of one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Issue:
    """One error or warning of a row.

    `pointer` is a JSON pointer inside the row ("/visit_type", "" for the row itself); `value`
    is what was sent; `suggestion` is a value that would be right, or None.
    """

    pointer: str
    code: str
    message: str
    value: Any = None
    suggestion: Any = None

    def as_detail(self, *, row: int | None = None, prefix: str = "") -> dict[str, Any]:
        """The issue as the error envelope shows it; `prefix` leads to the row ("/requests/3")."""
        return {
            "row": row,
            "pointer": prefix + self.pointer,
            "code": self.code,
            "message": self.message,
            "value": self.value,
            "suggestion": self.suggestion,
        }


ROLLED_BACK = Issue(
    "", "batch.rolled_back", "This row has no fault; others had, and all or none were asked for."
)
"""Why a good row of an all-or-nothing request was not accepted."""
