"""The normalised result: what a payer said, in one form whatever the payer's own was.

`answer` holds the model that connectors fill, `wire` the shape that integrators read. Pure:
imports nothing of the project but `eligibility.choices`.
"""

from __future__ import annotations

from eligibility.results.answer import (
    NORMALISER_VERSION,
    Answer,
    Benefit,
    Coverage,
    Document,
    Member,
    Need,
    Network,
    Policy,
    Service,
)
from eligibility.results.prevailing import contradicts, prevailing, prevails, told
from eligibility.results.wire import wire_data

__all__ = [
    "NORMALISER_VERSION",
    "Answer",
    "Benefit",
    "Coverage",
    "Document",
    "Member",
    "Need",
    "Network",
    "Policy",
    "Service",
    "contradicts",
    "prevailing",
    "prevails",
    "told",
    "wire_data",
]
