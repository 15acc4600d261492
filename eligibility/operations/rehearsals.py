"""Try a connection's settings on a sample of the payer's answer: no call, nothing stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from eligibility.connectors.base import Reading
from eligibility.connectors.registry import get_connector

LARGEST: Final = 1024 * 1024
"""Bytes of a sample: as much as the workers read of an answer."""


def rehearse_answer(
    *,
    connector: str,
    settings: Mapping[str, Any],
    sample: str,
    status: int = 200,
    is_poll: bool = False,
) -> Reading | None:
    """What the workers would make of this answer; None when the connector cannot tell.

    `settings` need not have been saved. Raises LookupError for an unknown connector and
    ValueError for settings it cannot work with or a sample that is too large.
    """
    text = sample.encode("utf-8", "surrogatepass")
    if len(text) > LARGEST:
        raise ValueError("The sample is larger than any answer that is read.")
    speaker = get_connector(connector)
    own = speaker.settings_class.model_validate(dict(settings))
    return speaker.rehearse(text, own, status=status, is_poll=is_poll)
