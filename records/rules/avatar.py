"""`avatar.url`: an absolute http or https address without a user name. It is never fetched."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from records.rules.base import Facts
from records.rules.findings import Findings
from records.schemas import Practitioner

_PLAIN: Final = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*/[\w./%+~=&?,-]*", re.ASCII)
_HOST_FIRST: Final = re.compile(r"(?://)?(?:[a-z0-9-]+\.)+[a-z]{2,24}[:/?#]\S+", re.I | re.A)
_UNSAFE: Final = re.compile(r"[\s\x00-\x1f\x7f\\]")
_SCHEMES: Final = ("http", "https")


def judge(config: Practitioner, found: Findings, facts: Facts) -> None:
    """An address that a page could not show, or that would send a password along."""
    url = config["avatar"]
    if not url or _PLAIN.fullmatch(url):
        return
    fault = _fault(url)
    if fault:
        found.add("/config/avatar", "avatar.url", fault, url, _meant(url))


def _fault(url: str) -> str | None:
    """What is wrong with the address, in words."""
    if _UNSAFE.search(url):
        return "A web address has no spaces, line breaks or backslashes."
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "This web address has a host or a port that cannot be."
    if parts.scheme.lower() not in _SCHEMES or not host:
        return "An avatar is a whole web address: http or https, a host and a path."
    if "@" in parts.netloc:
        return "A web address here carries no user name and no password."
    return None


def _meant(url: str) -> str | None:
    """The address without a user name and surrounding blanks, or with the scheme it lacks."""
    text = url.strip()
    if _HOST_FIRST.fullmatch(text):
        return "https://" + text.removeprefix("//")
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return bare if bare != url and _fault(bare) is None else None
