"""A portal with a payer behind it, and a window in which somebody works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import Watched
from tests.cast import Cast
from tests.eligibility.engine.payers import WatchedPayer, running_payer
from tests.stories.desk import Desk


@pytest.fixture
def payer() -> Iterator[WatchedPayer]:
    """Started before the browser, whose driver leaves an event loop in this thread."""
    with running_payer() as running:
        yield running


@pytest.fixture
def desk(
    committed_cast: Cast,
    payer: WatchedPayer,
    watched: Watched,
    tmp_path: Path,
    settings: Any,
) -> Iterator[Desk]:
    """The cast's portal; at the end the window must have done nothing that it should not."""
    settings.UPLOAD_DIR = str(tmp_path / "uploads")
    desk = Desk(watched, committed_cast, payer, tmp_path)
    yield desk
    assert desk.faults() == []
