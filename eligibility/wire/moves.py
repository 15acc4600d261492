"""The answers to what people do with rows: done for so many, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.api.done import done
from portal.errors import ApiError, ErrorCode, not_found

if TYPE_CHECKING:
    from eligibility.operations import Fixed, Moved


def moved(message: str, result: Moved) -> dict[str, Any]:
    """A verb was carried out for many rows; `stayed` says of the others how many, by reason."""
    return done(message, moved=result.moved, stayed=dict(result.stayed))


def raise_unless_moved(result: Moved) -> None:
    """Raise ApiError 409 when the one row of a verb stayed as it is."""
    if not result.moved:
        reason = next(iter(result.stayed), "somebody else has changed it meanwhile")
        raise ApiError(ErrorCode.CONFLICT, f"The task stays as it is: {reason}.")


def raise_unless_fixed(fixed: Fixed) -> None:
    """Raise ApiError when a correction was refused: 400 with the errors, 409, or 404."""
    status = fixed.status.value
    if status == "rejected":
        details = [issue.as_detail() for issue in fixed.errors]
        raise ApiError(ErrorCode.INVALID_REQUEST, "The correction was refused.", details=details)
    if status in ("conflict", "gone"):
        raise ApiError(ErrorCode.CONFLICT, fixed.message or "The row has been settled already.")
    if status not in ("fixed", "unchanged"):
        raise not_found("row")
