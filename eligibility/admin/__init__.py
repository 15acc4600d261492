"""The staff's pages of eligibility; importing this registers them."""

from eligibility.admin import home, registry

__all__ = ["home", "registry"]
