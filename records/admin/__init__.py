"""The staff's pages of practitioner records; importing this registers them."""

from records.admin import (
    alike,
    attention,
    change,
    discard,
    export,
    fix,
    integrations,
    records,
    remove,
    upload,
)

__all__ = [
    "alike",
    "attention",
    "change",
    "discard",
    "export",
    "fix",
    "integrations",
    "records",
    "remove",
    "upload",
]
