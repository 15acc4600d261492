"""A payer that costs little: the synthetic payer's protocol, spoken without a web framework.

Every question gets the same eligible answer under its own reference and identifier, `latency`
seconds after it came. It runs as a process of its own on the machine's last core, so that what it
costs stands apart from what a worker costs:

    python -m tests.benchmarks.quick_payer SECONDS    prints its address, serves until stdin ends,
                                                      then prints {"calls": ..., "cpu_s": ...}
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from subprocess import PIPE, Popen
from typing import Any, cast

import uvloop

_LENGTH = b"content-length:"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: "
_REFERENCE, _IDENTIFIER = b"@reference@", b"@identifier@"


class _Caller(asyncio.Protocol):
    """One kept-alive connection, on which one question at a time is asked."""

    calls = 0
    latency = 0.0
    answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._loop = asyncio.get_running_loop()
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        body = self._received[end + 4 :]
        start = self._received[:end].lower().find(_LENGTH) + len(_LENGTH)
        if len(body) < int(self._received[start:end].split(b"\r\n", 1)[0]):
            return
        self._received = b""
        _Caller.calls += 1
        self._loop.call_later(self.latency, self._reply, body)

    def _reply(self, body: bytes) -> None:
        asked = json.loads(body)
        answer = self.answer.replace(_REFERENCE, asked["reference"].encode())
        answer = answer.replace(_IDENTIFIER, asked["id_value"].encode())
        self._transport.write(b"%b%d\r\n\r\n%b" % (_HEAD, len(answer), answer))


def _eligible() -> bytes:
    """The synthetic payer's own eligible answer, with places for whose it is."""
    from eligibility.choices import Outcome
    from eligibility.synthetic.answers import answered
    from eligibility.synthetic.question import Question, read_question

    body = {"reference": "r", "payer": "TPA002", "id_type": "CARDNUMBER", "id_value": "12345678"}
    question = read_question(json.dumps(body).encode())
    assert isinstance(question, Question)
    reply = answered(question, Outcome.ELIGIBLE)
    reply |= {"reference": _REFERENCE.decode(), "id_value": _IDENTIFIER.decode()}
    return json.dumps(reply).encode()


async def _serve(latency: float) -> None:
    _Caller.latency, _Caller.answer = latency, _eligible()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Caller, "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps({"calls": _Caller.calls, "cpu_s": time.process_time()}), flush=True)


@dataclass(slots=True)
class QuickPayer:
    """A running payer: where it listens and, once it has ended, what it did."""

    url: str
    facts: dict[str, Any]


@contextmanager
def quick_payer(latency: float) -> Iterator[QuickPayer]:
    """The payer as a process. `latency` in seconds."""
    command = [sys.executable, "-m", "tests.benchmarks.quick_payer", str(latency)]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        payer = QuickPayer(process.stdout.readline().strip(), {})
        try:
            yield payer
        finally:
            said = process.communicate()[0]
            payer.facts |= json.loads(said or "{}")


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    uvloop.run(_serve(float(sys.argv[1])))
