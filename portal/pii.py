"""Keep what could name a patient out of logs and of the queue's own tables."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def where_it_failed(error: BaseException) -> str:
    """The error's class and the places it passed, without its message.

    A database puts the offending row into its messages, and a row holds a patient.
    """
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " < ".join(
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames)
    )
    return f"{type(error).__name__} at {places}"


class JobFailed(Exception):
    """A job's error as the queue may keep it: its class and place, without its message."""


@contextmanager
def no_patient_in_errors() -> Iterator[None]:
    """Replace any error by a JobFailed that names only its class and place."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 (whatever it is, its text stays here)
        failure = JobFailed(where_it_failed(error))
    else:
        return
    try:
        raise failure from None
    finally:
        # The with statement still handles the original, which would be printed as the context.
        failure.__context__ = None
