"""What a payer takes: a bare aiohttp client asks it, so many calls at a time."""

from __future__ import annotations

import asyncio
import json
import time

import aiohttp
import uvloop

CALLS_A_SLOT = 15


def seconds_per_call(payer_url: str, slots: int) -> float:
    """The mean time of one call when `slots` are always in flight."""
    return uvloop.run(_ask(f"{payer_url}/v1/checks", slots))


async def _ask(address: str, slots: int) -> float:
    body = json.dumps({"reference": "bare", "id_value": "12345678"}).encode()

    async def keep_asking(times: int) -> None:
        for _ in range(times):
            async with session.post(address, data=body) as response:
                await response.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*[keep_asking(1) for _ in range(slots)])
        began = time.perf_counter()
        await asyncio.gather(*[keep_asking(CALLS_A_SLOT) for _ in range(slots)])
        return (time.perf_counter() - began) / CALLS_A_SLOT
