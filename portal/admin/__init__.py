"""The pages about the platform itself; importing this registers them."""

from portal.admin import alike_done, audit_log, clinics, keys, teams, users, webhooks

__all__ = ["alike_done", "audit_log", "clinics", "keys", "teams", "users", "webhooks"]
