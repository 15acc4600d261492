"""What is wrong with an endpoint's address, as far as its text tells. Where it leads is checked at
the moment of connecting (`portal.outgoing`)."""

from __future__ import annotations

import ipaddress
from typing import Final

from django.conf import settings
from yarl import URL

from portal.outgoing import address_fault, is_public

LONGEST: Final = 500


def url_fault(url: str) -> str | None:
    """What is wrong with it, in words; None when it may be called. It may have a query."""
    if len(url) > LONGEST:
        return f"An address has at most {LONGEST} characters."
    if not url.isascii():
        return "Write the address in plain ASCII (a name as xn--…, a path as %XX)."
    if fault := address_fault(url.partition("?")[0]):
        return fault.replace("any ? or #", "any #")
    if "#" in url:
        return "The address ends before any #."
    return _place_fault(URL(url))


def _place_fault(url: URL) -> str | None:
    host = (url.host or "").rstrip(".").lower()
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        is_inside = host == "localhost" or host.endswith(".localhost")
        is_loopback = is_inside
    else:
        is_inside, is_loopback = not is_public(address), address.is_loopback
    if is_loopback and settings.DEBUG:
        return None
    if is_inside:
        return "This address is not public: nobody outside could be meant by it."
    return None if url.scheme == "https" else "Only https:// addresses are called."
