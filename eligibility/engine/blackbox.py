"""Which row was a worker busy with when it died? Written down in memory that outlives it.

Each worker keeps a few bytes in a file that is mapped into its memory: before every step of a
conversation the row's hold, after the step nothing. A write costs no call of the system, and the
kernel keeps the page when the process is killed. The supervisor reads what is there. There is a
place for each of the two threads that run a connector's code.
"""

from __future__ import annotations

import mmap
import os
import struct
import types
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

if TYPE_CHECKING:
    from eligibility.engine.rows import Hold

DIRECTORY_VARIABLE = "PORTAL_BLACKBOXES"
_HOLD = struct.Struct("!16sI")
_NOTHING = bytes(_HOLD.size)
TALKING, CHECKING = 0, 1
"""The places: of the conversations' thread, and of the one that checks rows before them."""
Result = TypeVar("Result")


class BlackBox:
    """One thread's place in its process's box.

    Does nothing where no supervisor has said where to keep the box.
    """

    def __init__(self, place: int, directory: str | None = None) -> None:
        where = os.environ.get(DIRECTORY_VARIABLE, "") if directory is None else directory
        self._place = slice(place * _HOLD.size, (place + 1) * _HOLD.size)
        self._page: mmap.mmap | bytearray = bytearray(2 * _HOLD.size)
        if where:
            with suppress(OSError):
                self._page = _mapped(Path(where) / str(os.getpid()))

    def note(self, hold: bytes) -> None:
        """This row's code runs from now on."""
        self._page[self._place] = hold

    def clear(self) -> None:
        """Our own code runs again."""
        self._page[self._place] = _NOTHING


def _mapped(file: Path) -> mmap.mmap:
    with file.open("a+b") as opened:
        opened.truncate(2 * _HOLD.size)
        return mmap.mmap(opened.fileno(), 2 * _HOLD.size)


def packed(task_id: UUID, fence: int) -> bytes:
    """A hold as it stands in the box."""
    return _HOLD.pack(task_id.bytes, fence)


def take(directory: str, pid: int) -> list[Hold]:
    """The rows whose code a dead process was running, once; at most one for each place."""
    file = Path(directory) / str(pid)
    try:
        content = file.read_bytes()
        file.unlink()
    except OSError:
        return []
    if len(content) != 2 * _HOLD.size:
        return []
    found = _HOLD.iter_unpack(content)
    return [(UUID(bytes=key), fence) for key, fence in found if key != bytes(16)]


@types.coroutine
def noted(
    conversation: Coroutine[Any, Any, Result], box: BlackBox, hold: bytes
) -> Generator[Any, Any, Result]:
    """Await a coroutine with the box noting each of its steps."""
    resume: Callable[[Any], Any] = conversation.send
    value: Any = None
    while True:
        box.note(hold)
        try:
            wanted = resume(value)
        except StopIteration as stop:
            answer: Result = stop.value
            return answer
        finally:
            box.clear()
        try:
            value = yield wanted
            resume = conversation.send
        except BaseException as error:  # noqa: BLE001 (a deadline or a cancellation: pass it on)
            resume, value = conversation.throw, error
