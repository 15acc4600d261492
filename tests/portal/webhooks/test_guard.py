"""No webhook reaches what is not public: a real listener counts the connections that arrive."""

from __future__ import annotations

import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from portal.webhooks.address import url_fault
from portal.webhooks.courier import Courier, Parcel, Receipt
from portal.webhooks.sender import guard_for_webhooks
from tests.portal.test_outgoing import HOSTILE, Rebinding


@contextmanager
def counting() -> Iterator[tuple[int, list[object]]]:
    """A listener on a port of loopback, IPv4 and IPv6, and who has come."""
    came: list[object] = []
    with socket.socket() as four, socket.socket(socket.AF_INET6) as six:
        four.bind(("127.0.0.1", 0))
        port = four.getsockname()[1]
        listeners = [four]
        with suppress(OSError):  # a machine without IPv6
            six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            six.bind(("::1", port))
            listeners.append(six)
        for each in listeners:
            each.listen()
        threads = [threading.Thread(target=_accept, args=(each, came)) for each in listeners]
        for thread in threads:
            thread.start()
        try:
            yield port, came
        finally:
            for each in listeners:
                each.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


def _accept(listener: socket.socket, came: list[object]) -> None:
    with suppress(OSError):
        while True:
            accepted, place = listener.accept()
            came.append(place)
            accepted.close()


def send(urls: list[str], *answers: list[str]) -> list[Receipt]:
    """What became of a call to each; names lead to these addresses in turn."""
    courier = Courier(guard_for_webhooks(), resolver=Rebinding(*answers), deadline=5.0)
    try:
        courier.send([Parcel(uuid.uuid4(), uuid.uuid4(), 1, url, {}, b"{}") for url in urls])
        return [courier.receipts.get(timeout=30) for _ in urls]
    finally:
        courier.close()


def test_sixty_spellings_of_a_private_address_and_more_get_no_connection() -> None:
    assert len(HOSTILE) >= 60
    with counting() as (port, came):
        urls = [form.format(port=port) for form in HOSTILE]
        receipts = send(urls, ["127.0.0.1", "::1"])
    assert came == []
    assert len(receipts) == len(HOSTILE)
    assert not [each.parcel.url for each in receipts if each.is_taken or not each.error]


def test_a_name_that_moves_inside_after_it_was_typed_gets_no_connection() -> None:
    with counting() as (port, came):
        urls = [f"https://his{n}.example:{port}/" for n in range(4)]
        moving = (["127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["10.0.0.1", "127.0.0.1"])
        receipts = send(urls, *moving)
    assert came == []
    refused = "The address may not be called: it is not public, or not https."
    assert {each.error for each in receipts} == {refused}


def test_what_is_opened_for_payers_stays_closed_to_webhooks(settings: Any) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.0/8", "::1"]
    with counting() as (port, came):
        send([f"http://127.0.0.1:{port}/", f"https://[::1]:{port}/"], ["127.0.0.1"])
    assert came == []


def test_under_debug_this_machine_may_be_called_and_its_neighbours_may_not(settings: Any) -> None:
    settings.DEBUG = True
    with counting() as (port, came):
        send([f"http://127.0.0.1:{port}/", "http://10.0.0.1/"], ["127.0.0.1"])
    assert len(came) == 1


@pytest.mark.parametrize("form", HOSTILE)
def test_what_is_refused_only_when_it_is_called_is_at_least_an_https_address(form: str) -> None:
    url = form.format(port=8443)
    assert url_fault(url) is not None or url.lower().startswith("https://")
