"""The webhooks' pages; importing this registers them."""

from portal.admin.webhooks import endpoint, forms, lists, replaying, verbs

__all__ = ["endpoint", "forms", "lists", "replaying", "verbs"]
