"""The synthetic payer: a small HTTP server that answers, and misbehaves, on demand.

Integrators, trainers and tests need every answer and every failure without a real payer. What
it says about people is made up and labelled SYNTHETIC; it is worked out from the identifier,
so the same row gets the same answer, also after a restart. It stands alone: no Django settings,
no database, nothing of the engine.
"""

from __future__ import annotations
