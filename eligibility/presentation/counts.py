"""Numbers of things in words."""

from __future__ import annotations


def counted(count: int, one: str, several: str = "") -> str:
    """ "1 check", "1,204 checks"; `several` where an s does not do."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"
