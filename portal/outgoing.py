"""Whom the portal may call: a guard at the moment of connecting, for payers and webhooks alike.

What is checked is the very address that a socket is about to connect to, so neither a name that
changes its address between two look-ups nor an odd spelling of an address gets past it. Plain
HTTP is for networks that were opened on purpose (OUTGOING_ALLOW) and the portal's own payer.
Redirects are the caller's matter: pass `allow_redirects=False`.
"""

from __future__ import annotations

import contextvars
import ipaddress
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from yarl import URL

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

_REPEATED: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Methods whose calls aiohttp sends again by itself when a connection ends."""

# IPv6 addresses that only wrap an IPv4 one, with the bits that hold it: translators (NAT64) and
# tunnels would carry the call to the address inside.
_WRAPPERS: Final[tuple[tuple[ipaddress.IPv6Network, int], ...]] = (
    (ipaddress.IPv6Network("::/96"), 0),
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 0),
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),
    (ipaddress.IPv6Network("2002::/16"), 80),
)
_NEVER: Final[Networks] = (
    ipaddress.IPv4Network("100.64.0.0/10"),
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("192.88.99.0/24"),
    ipaddress.IPv4Network("198.18.0.0/15"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
    ipaddress.IPv6Network("2001::/32"),
    ipaddress.IPv6Network("fec0::/10"),
)


class AddressRefused(aiohttp.InvalidURL):
    """A call to an address that the portal may not call; nothing was sent."""


class CutOff(aiohttp.ClientConnectionError):
    """The connection ended after the call had left. aiohttp does not repeat such a call."""


@dataclass(slots=True)
class _Aim:
    """What the request at hand is: its scheme, and whether it goes to one of our own addresses.

    `is_refused` is set when a socket was asked for that must not be.
    """

    scheme: str
    is_own: bool
    is_refused: bool = False


_aim: contextvars.ContextVar[_Aim | None] = contextvars.ContextVar("outgoing_aim", default=None)


def networks_of(texts: Iterable[str]) -> Networks:
    """Networks and single addresses as people write them; ValueError for any other text."""
    return tuple(ipaddress.ip_network(text.strip()) for text in texts if text.strip())


def is_public(address: Address) -> bool:
    """Whether an address is somebody's on the open internet, and nothing else in disguise."""
    if isinstance(address, ipaddress.IPv6Address):
        for wrapper, shift in _WRAPPERS:
            if address in wrapper:
                inner = ipaddress.IPv4Address(int(address) >> shift & 0xFFFFFFFF)
                return is_public(inner)
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address.version == each.version and address in each for each in _NEVER)
    )


def address_fault(url: str) -> str | None:
    """What is wrong with an address that is to be called, in words; None when it may be one.

    Looks at the text alone: where it leads is checked when it is called.
    """
    if any(ord(character) <= 32 or character in "\\\x7f" for character in url):
        return "There must be no blanks or backslashes in an address."
    try:
        parsed = URL(url)
        host, has_login = parsed.host, parsed.user is not None or parsed.password is not None
    except ValueError:
        return "This is not a web address. It starts with https:// and a name."
    if parsed.scheme not in {"http", "https"} or not host:
        return "This is not a web address. It starts with https:// and a name."
    if has_login:
        return "Leave name and password out of the address: lists show it."
    if parsed.fragment or parsed.query_string:
        return "The address ends before any ? or #."
    return None


class OutgoingGuard:
    """Decides about addresses. `allowed` opens networks of the house; `own` are the portal's
    own addresses (the synthetic payer's), which may always be called."""

    def __init__(self, *, allowed: Networks = (), own: Iterable[str] = ()) -> None:
        self._allowed = allowed
        self._own = {_place(URL(url)) for url in own if url}

    def fault(self, address: Address, scheme: str) -> str | None:
        """Why this address must not be called over this scheme; None when it may."""
        plain = address
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            plain = address.ipv4_mapped
        if any(plain.version == each.version and plain in each for each in self._allowed):
            return None
        if not is_public(address):
            return "not a public address"
        return None if scheme == "https" else "plain HTTP"

    async def aim(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Note what the request is, for the sockets that it opens (a client middleware)."""
        url = request.url
        if url.scheme not in {"http", "https"}:
            raise AddressRefused(url)
        aim = _Aim(url.scheme, _place(url) in self._own)
        token = _aim.set(aim)
        try:
            return await handler(request)
        except aiohttp.ClientConnectorError:
            if aim.is_refused:
                raise AddressRefused(url) from None
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
            if request.method not in _REPEATED:
                raise
            # aiohttp would send it again, behind the back of whoever counts the calls.
            raise CutOff from None
        finally:
            _aim.reset(token)

    def open_socket(self, addr_info: Any) -> socket.socket:
        """A socket for an address that may be called; an OSError for any other."""
        family, kind, protocol, _, target = addr_info
        aim = _aim.get()
        if aim is None:
            raise OSError("a call without an aim")
        text = str(target[0]).partition("%")[0]
        if not aim.is_own and self.fault(ipaddress.ip_address(text), aim.scheme) is not None:
            aim.is_refused = True
            raise OSError("not an address to call")
        return socket.socket(family=family, type=kind, proto=protocol)


def guarded_session(
    guard: OutgoingGuard,
    *,
    connect_timeout: float,
    resolver: aiohttp.abc.AbstractResolver | None = None,
    headers: Mapping[str, str] | None = None,
    auto_decompress: bool = True,
) -> aiohttp.ClientSession:
    """A session whose every connection passes the guard. Must be made in a running loop.

    It keeps no cookies (teams share it: one's must not travel with another's calls), reads no
    proxy from the environment, and has no deadline but that on connecting, in seconds.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0, keepalive_timeout=30.0, socket_factory=guard.open_socket, resolver=resolver
        ),
        middlewares=(guard.aim,),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=auto_decompress,
        trust_env=False,
        headers=headers,
    )


def _place(url: URL) -> tuple[str | None, int | None]:
    """Host and port, which together are a place to call."""
    return url.host, url.port
