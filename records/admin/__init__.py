"""The staff's pages of practitioner records; importing this registers them."""

from records.admin import export, upload

__all__ = ["export", "upload"]
