"""How a receiver knows that a call is ours: Standard Webhooks, with HMAC-SHA256. Pure.

Signed is `id.timestamp.body`, so neither an old call nor another body passes for a new one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32
USER_AGENT: Final = "EligibilityPortal-Webhooks/1"


def new_secret() -> str:
    """A secret as the integrator gets it: `whsec_` and 256 random bits in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the signature of one message with one secret."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def body_of(kind: str, occurred_at: datetime, data: Mapping[str, Any]) -> bytes:
    """The body of an event, the same at every try."""
    said = {"type": kind, "timestamp": occurred_at.isoformat(), "data": data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def headers_of(
    message_id: str, timestamp: int, body: bytes, live_secrets: Iterable[str], request_id: str = ""
) -> dict[str, str]:
    """The headers of one try; signed with each of the secrets, the newest first."""
    signed = " ".join(signature(each, message_id, timestamp, body) for each in live_secrets)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signed,
    }
    return {**headers, "X-Request-ID": request_id} if request_id else headers
