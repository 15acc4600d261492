"""The staff's pages of eligibility; importing this registers them."""

from eligibility.admin import (
    alike,
    audit_kinds,
    batches,
    doctors,
    fix,
    fix_rejected,
    home,
    lane_limits,
    lane_verbs,
    lanes,
    new_check,
    registry,
    tasks,
    upload,
    worklist,
    worklist_actions,
)

__all__ = [
    "alike",
    "audit_kinds",
    "batches",
    "doctors",
    "fix",
    "fix_rejected",
    "home",
    "lane_limits",
    "lane_verbs",
    "lanes",
    "new_check",
    "registry",
    "tasks",
    "upload",
    "worklist",
    "worklist_actions",
]
