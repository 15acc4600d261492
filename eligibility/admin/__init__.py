"""The staff's pages of eligibility; importing this registers them."""

from eligibility.admin import (
    fix,
    fix_rejected,
    home,
    new_check,
    registry,
    upload,
    worklist,
    worklist_actions,
)

__all__ = [
    "fix",
    "fix_rejected",
    "home",
    "new_check",
    "registry",
    "upload",
    "worklist",
    "worklist_actions",
]
