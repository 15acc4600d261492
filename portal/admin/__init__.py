"""The pages about the platform itself; importing this registers them."""

from portal.admin import audit_log, clinics, keys, teams, users

__all__ = ["audit_log", "clinics", "keys", "teams", "users"]
