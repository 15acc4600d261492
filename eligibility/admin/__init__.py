"""The staff's pages of eligibility; importing this registers them."""

from eligibility.admin import registry

__all__ = ["registry"]
