"""The environment of a portal that tests start as operators do."""

from __future__ import annotations

import secrets


def production(database_url: str, **more: str) -> dict[str, str]:
    """Production settings but for HTTPS, for callers on this machine, with keys made just now.

    `more` is added, or stands in the place of what is here.
    """
    return {
        "DATABASE_URL": database_url,
        "DEBUG": "0",
        "HTTPS_ONLY": "0",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "LOG_LEVEL": "WARNING",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "API_KEY_PEPPER": secrets.token_hex(32),
        "FIELD_KEY": secrets.token_hex(32),
        **more,
    }
