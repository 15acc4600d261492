"""What a payer takes: a bare aiohttp client asks it, so many calls at a time."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass

import aiohttp
import uvloop

CALLS_A_SLOT = 15


@dataclass(frozen=True, slots=True)
class Bare:
    """The mean of one call when so many are always in flight: `latency` in seconds, `cpu_us` in
    processor microseconds of the client."""

    latency: float
    cpu_us: float


def bare_calls(payer_url: str, slots: int) -> Bare:
    """Call for about a second."""
    return uvloop.run(_ask(f"{payer_url}/v1/checks", slots))


async def _ask(address: str, slots: int) -> Bare:
    body = json.dumps({"reference": "bare", "id_value": "12345678"}).encode()

    async def keep_asking(times: int) -> None:
        for _ in range(times):
            async with session.post(address, data=body) as response:
                await response.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*[keep_asking(1) for _ in range(slots)])
        began, worked = time.perf_counter(), time.process_time()
        await asyncio.gather(*[keep_asking(CALLS_A_SLOT) for _ in range(slots)])
        seconds, worked = time.perf_counter() - began, time.process_time() - worked
        return Bare(seconds / CALLS_A_SLOT, worked / (slots * CALLS_A_SLOT) * 1e6)
