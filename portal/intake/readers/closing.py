"""What is open until the end of a `with` block."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self


class Closing:
    """Closed at the end of its `with` block, by the `close` that its maker gave it."""

    __slots__ = ()

    close: Callable[[], None]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
