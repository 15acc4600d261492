from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from portal import checks
from portal.outgoing import (
    AddressRefused,
    OutgoingGuard,
    address_fault,
    guarded_session,
    is_public,
    networks_of,
)

NOT_PUBLIC = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1"),  # noqa: S104 (nothing is bound)
    *("127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8"),
    *("192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe"),
    *("::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::1"),
    *("2001::1", "2001:db8::1", "2002:7f00:1::", "2002:c0a8:1::1", "fc00::1", "fd12:3456::1"),
    *("fe80::1", "febf::1", "fec0::1", "ff02::1", "ff0e::1", "100::1"),
]
PUBLIC = ["8.8.8.8", "193.0.0.1", "2606:4700::1111", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"]

# {port} is a listening one: nothing may arrive there, however its address is spelt.
HOSTILE = [
    "http://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://localhost.:{port}/",
    "http://127.1:{port}/",
    "http://127.0.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://017700000001:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://127.0.0.2:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://[::1%25lo]:{port}/",
    "http://user:password@127.0.0.1:{port}/",
    "http://payer.example@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@payer.example/",
    "http://127.0.0.1:{port}?@payer.example/",
    "http://payer.example:{port}/",
    "https://payer.example:{port}/",
    "http://payer.example.:{port}/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://127。0。0。1:{port}/",
    "http://１２７.０.０.１:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://172.16.0.1/",
    "http://100.100.100.200/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_GET",
    "ftp://127.0.0.1:{port}/",
    "unix:///run/portal.sock",
    "//127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "http://",
    "https://localhost:{port}/",
    "https://2130706433:{port}/",
    "https://0x7f.1:{port}/",
    "https://0177.1:{port}/",
    "https://[::1]:{port}/",
    "https://[::ffff:127.0.0.1]:{port}/",
    "https://[::ffff:0:127.0.0.1]:{port}/",
    "https://[0000:0000:0000:0000:0000:0000:0000:0001]:{port}/",
    "https://127.0.0.1:{port}/%2e%2e/",
    "https://127.0.0.1%00.payer.example:{port}/",
    "https://127.0.0.1%2f@payer.example:{port}/",
    "https://payer.example:{port}@127.0.0.1:{port}/",
    "HTTPS://LoCaLhOsT:{port}/",
    "https://localhost%2e:{port}/",
    "https://127.0.0.1\\.payer.example:{port}/",
    "https:127.0.0.1:{port}/",
    "https:\\\\127.0.0.1:{port}/",
    "https://[::ffff:127.1]:{port}/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[64:ff9b:1::7f00:1]:{port}/",
    "data:text/plain,hello",
    "dict://127.0.0.1:{port}/",
]


class Rebinding(AbstractResolver):
    """Every name leads to the next of these addresses, whatever was said before."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: Any = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


def call(
    form: str, resolver: AbstractResolver | None = None, times: int = 1, **guard: Any
) -> tuple[list[str], int]:
    """Call an address so often, with the port of a loopback server for its {port}.

    Returns the errors' classes or the answers' statuses, and how often the server was reached.
    `own` may hold {port} as well.
    """
    reached = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal reached
        reached += 1
        await reader.read(1000)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async def play() -> list[str]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        own = [url.format(port=port) for url in guard.pop("own", [])]
        keeper = OutgoingGuard(own=own, **guard)
        async with server, guarded_session(keeper, connect_timeout=2, resolver=resolver) as session:
            return [await _get(session, form.format(port=port)) for _ in range(times)]

    return asyncio.run(play()), reached


async def _get(session: aiohttp.ClientSession, url: str) -> str:
    try:
        async with asyncio.timeout(10), session.get(url, allow_redirects=False) as response:
            return str(response.status)
    except (aiohttp.ClientError, ValueError) as error:
        return type(error).__name__


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_an_address_of_no_public_place_is_known_as_one(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))
    for scheme in ("http", "https"):
        assert OutgoingGuard().fault(ipaddress.ip_address(text), scheme) is not None


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_called_over_https_only(text: str) -> None:
    address = ipaddress.ip_address(text)
    assert is_public(address)
    assert OutgoingGuard().fault(address, "https") is None
    assert OutgoingGuard().fault(address, "http") == "plain HTTP"


@pytest.mark.parametrize("form", HOSTILE)
def test_no_spelling_of_an_address_gets_past_the_guard(form: str) -> None:
    said, reached = call(form, Rebinding(["127.0.0.1", "::1"]))
    assert reached == 0
    assert set(said) <= {
        *("AddressRefused", "InvalidURL", "InvalidUrlClientError", "NonHttpUrlClientError"),
        *("ValueError", "ClientConnectorError"),
    }


def test_a_name_that_moves_inside_after_the_first_look_up_is_refused() -> None:
    moving = Rebinding(["127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["10.0.0.1", "127.0.0.1"])
    said, reached = call("https://payer.example:{port}/", moving, times=4)
    assert said == ["AddressRefused"] * 4
    assert reached == 0


def test_an_opened_network_may_be_called_over_plain_http_and_its_neighbours_may_not() -> None:
    allowed = networks_of(["127.0.0.1", "10.1.0.0/16", " fd00::/8 "])
    guard = OutgoingGuard(allowed=allowed)
    assert guard.fault(ipaddress.ip_address("10.1.2.3"), "http") is None
    assert guard.fault(ipaddress.ip_address("::ffff:10.1.2.3"), "http") is None
    assert guard.fault(ipaddress.ip_address("fd12::1"), "https") is None
    assert guard.fault(ipaddress.ip_address("10.2.0.1"), "https") is not None
    assert call("http://127.0.0.1:{port}/", allowed=allowed) == (["200"], 1)
    assert call("http://127.0.0.2:{port}/", allowed=allowed) == (["AddressRefused"], 0)


@pytest.mark.parametrize("path", ["", "/", "/base"])
def test_the_portal_s_own_payer_may_always_be_called(path: str) -> None:
    own = ["http://127.0.0.1:{port}" + path, ""]
    assert call("http://127.0.0.1:{port}/x", own=own) == (["200"], 1)


def test_at_another_name_or_port_the_portal_s_own_payer_is_not_its_own() -> None:
    own = ["http://127.0.0.1:{port}"]
    assert call("http://localhost:{port}/x", own=own) == (["AddressRefused"], 0)
    assert call("http://127.0.0.1:{port}/x", own=["http://127.0.0.1:1"]) == (["AddressRefused"], 0)


def test_without_an_aim_no_socket_is_opened() -> None:
    with pytest.raises(OSError, match="aim"):
        OutgoingGuard().open_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("8.8.8.8", 443)))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://payer.example/api", None),
        ("http://10.0.0.1:8080", None),
        ("ftp://payer.example", "not a web address"),
        ("payer.example", "not a web address"),
        ("https://[bad", "not a web address"),
        ("https://me:pw@payer.example", "password out"),
        ("https://me@payer.example", "password out"),
        ("https://payer.example/a b", "blanks"),
        ("https://payer.example\\@10.0.0.1/", "blanks"),
        ("https://payer.example/?key=1", "ends before"),
        ("https://payer.example/#x", "ends before"),
    ],
)
def test_an_address_is_judged_when_it_is_typed(url: str, words: str | None) -> None:
    fault = address_fault(url)
    assert fault is None if words is None else words in str(fault)


def test_networks_that_cannot_be_read_are_told_at_the_start(settings: Any) -> None:
    settings.OUTGOING_ALLOW = ["10.0.0.0/8", "127.0.0.1"]
    assert checks.outgoing_networks_are_networks() == []
    settings.OUTGOING_ALLOW = ["10.0.0.1/8"]
    assert [each.id for each in checks.outgoing_networks_are_networks()] == ["portal.E006"]


def test_a_refused_address_is_told_apart_from_a_refused_connection() -> None:
    assert issubclass(AddressRefused, aiohttp.InvalidURL)
