"""Seal what must not be read in a copy of the database: Fernet (AES-128-CBC with HMAC-SHA256).

FIELD_KEY may hold several keys. The first one seals, all of them open: put a new key in front,
seal everything anew (`manage.py rotate_secrets`), then take the old one away.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unopenable(Exception):
    """A sealed text that none of the keys opens. Says nothing about the text."""


def seal(text: str) -> str:
    """The text as it may be stored: different at every call, though the text is the same."""
    return _box(tuple(settings.FIELD_KEY)).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text that was sealed. Raises Unopenable."""
    try:
        return _box(tuple(settings.FIELD_KEY)).decrypt(sealed.encode()).decode()
    except (InvalidToken, UnicodeError):
        # Not chained: the original error may quote what it could not read.
        raise Unopenable("no key of FIELD_KEY opens this secret") from None


def is_sealed_with_first_key(sealed: str) -> bool:
    """Whether the newest key sealed it. Raises Unopenable where no key opens it."""
    try:
        _box(tuple(settings.FIELD_KEY[:1])).decrypt(sealed.encode())
    except (InvalidToken, UnicodeError):
        unseal(sealed)
        return False
    return True


@lru_cache(maxsize=8)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    """The keys as Fernet wants them: 32 bytes, whatever the length of what was configured."""
    return MultiFernet(
        Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"field:{key}".encode()).digest()))
        for key in keys
    )
