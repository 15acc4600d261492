"""Running the synthetic payer as a process: address, signals, end with the parent."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from eligibility.synthetic.server import SyntheticPayer

try:
    import uvloop
except ImportError:  # not built for every platform; the server is only slower without it
    new_event_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
else:
    new_event_loop = uvloop.new_event_loop

PARENT_LOOK: Final = 2.0
"""Seconds between two looks at whether the parent is still there."""

_KEEPALIVE: Final = 3600.0
_BACKLOG: Final = 1024
_FAREWELL: Final = 0.2


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where to listen (`port` 0: a free one), where to leave the address, whose child to be.

    `parent` is the process id whose end ends the server, None for none. `socket` is the number
    of an inherited, bound socket to listen on instead: callers wait in its backlog while a
    server that has ended is started again.
    """

    host: str = "127.0.0.1"
    port: int = 0
    announce: Path | None = None
    parent: int | None = None
    socket: int | None = None


def run(options: ServerOptions, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM, SIGINT or the parent's end. `say` gets the address first of all."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_serve(options, say))


async def start(
    payer: SyntheticPayer, host: str, port: int, *, inherited: int | None = None
) -> tuple[web.AppRunner, str]:
    """Listen, and return what to clean up and the address ("http://127.0.0.1:4711").

    `inherited` is the number of a bound socket to listen on instead of host and port.
    A caller that gives up ends its handler, so hanging calls do not pile up.
    """
    runner = web.AppRunner(
        payer.application(),
        access_log=None,
        handler_cancellation=True,
        keepalive_timeout=_KEEPALIVE,
        shutdown_timeout=_FAREWELL,
    )
    await runner.setup()
    if inherited is None:
        await web.TCPSite(runner, host, port, backlog=_BACKLOG).start()
    else:
        bound = socket.socket(fileno=inherited)
        await web.SockSite(runner, bound, backlog=_BACKLOG).start()
    bound_host, bound_port = runner.addresses[0][:2]
    shown = f"[{bound_host}]" if ":" in bound_host else bound_host
    return runner, f"http://{shown}:{bound_port}"


async def _serve(options: ServerOptions, say: Callable[[str], None]) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    runner, address = await start(
        SyntheticPayer(), options.host, options.port, inherited=options.socket
    )
    try:
        if options.announce:
            _announce(options.announce, address)
        say(address)
        await _wait(stopping, options.parent)
    finally:
        await runner.cleanup()


def _announce(file: Path, address: str) -> None:
    """Leave the address in a file; whoever reads it sees all of it or nothing."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_text(address + "\n", "utf-8")
    draft.replace(file)


async def _wait(stopping: asyncio.Event, parent: int | None) -> None:
    """Return when told to stop, or when the parent is gone."""
    while not stopping.is_set():
        if parent is not None and os.getppid() != parent:
            return
        try:
            async with asyncio.timeout(None if parent is None else PARENT_LOOK):
                await stopping.wait()
        except TimeoutError:
            continue
