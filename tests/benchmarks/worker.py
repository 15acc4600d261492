"""One worker process of the runner's benchmarks: drains until nothing is due, says what it cost.

    python -m tests.benchmarks.worker PAYER_URL NAME

Prints "ready", waits for a line, then prints {"rows", "cpu_s", "sql_cpu_s"}: the processor time of
the whole process, and the share of the thread that claims and writes; the rest is the
conversations'. django-q2 around it would add the polling of its queue: a few thousandths of a core.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from subprocess import PIPE, Popen
from typing import Any

READY = "ready"


@contextmanager
def waiting_workers(payer_url: str, count: int) -> Iterator[list[Popen[str]]]:
    """Worker processes that have connected and wait to be told."""
    command = [sys.executable, "-m", "tests.benchmarks.worker", payer_url]
    with ExitStack() as stack:
        workers = [
            stack.enter_context(Popen([*command, f"bench:{n}"], stdin=PIPE, stdout=PIPE, text=True))
            for n in range(count)
        ]
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline().strip() == READY
        yield workers


def drain_with(workers: Sequence[Popen[str]]) -> tuple[float, list[dict[str, Any]]]:
    """Let them drain. Returns the seconds until the last one ended, and what each says."""
    began = time.perf_counter()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    said = [json.loads(worker.stdout.readline()) for worker in workers if worker.stdout]
    return time.perf_counter() - began, said


def main(payer_url: str, name: str) -> None:
    """Connect, wait to be told, drain."""
    import django

    django.setup()
    from eligibility.engine.drain import Drain
    from eligibility.engine.workers import interpreter, memory

    memory.collect_seldom()
    interpreter.take_short_turns()
    Drain(worker=name, synthetic_url=payer_url).run()  # nothing is due yet: it connects, imports
    print(READY, flush=True)
    sys.stdin.readline()
    worked, in_sql = time.process_time(), time.thread_time()
    rows = 0
    while moved := Drain(worker=name, synthetic_url=payer_url).run():
        rows += moved
    facts = {
        "rows": rows,
        "cpu_s": time.process_time() - worked,
        "sql_cpu_s": time.thread_time() - in_sql,
    }
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    main(*sys.argv[1:])
