"""The settings of `make demo`: the portal's own, with nothing to set before.

Everything the demo keeps is in one directory, var/ or DEMO_DIR: its SQLite database (DATABASE_URL
names another), its secret key, its logs. Any command works on it in the same way:
`manage.py check_invariants --settings portal.demo_settings`.
"""

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

DEMO_DIR = Path(os.environ.get("DEMO_DIR") or Path(__file__).resolve().parent.parent / "var")
DEMO_DIR = DEMO_DIR.resolve()


def _kept_secret(path: Path) -> str:
    """The secret in this file, made at the first call. Never half-written, never two of them."""
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text()


def _set_environment() -> None:
    """What `portal.settings` reads. What the shell says counts, but for HTTPS: there is none."""
    DEMO_DIR.mkdir(parents=True, exist_ok=True)
    key = os.environ.get("SECRET_KEY") or _kept_secret(DEMO_DIR / "demo-secret-key")
    os.environ |= {
        "HTTPS_ONLY": "0",
        "SECRET_KEY": key,
        "API_KEY_PEPPER": os.environ.get("API_KEY_PEPPER")
        or hashlib.sha256(f"demo:{key}".encode()).hexdigest(),
        "FIELD_KEY": os.environ.get("FIELD_KEY")
        or hashlib.sha256(f"demo-field:{key}".encode()).hexdigest(),
        "DATABASE_URL": os.environ.get("DATABASE_URL")
        or f"sqlite:///{quote(str(DEMO_DIR / 'demo.sqlite3'))}",
        "DEMO_DIR": str(DEMO_DIR),
    }
    os.environ.setdefault("LOG_JSON", "0")


_set_environment()

from portal.settings import *  # noqa: E402, F403
from portal.settings import ALLOWED_HOSTS  # noqa: E402

ALLOWED_HOSTS = [*ALLOWED_HOSTS, "127.0.0.1", "localhost"]

# Static files come from the packages themselves: the demo has nothing to collect before it starts.
STATIC_ROOT = None  # type: ignore[assignment]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
