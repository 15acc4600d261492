"""Practitioners of tests: stored records that may say anything a database can hold."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import strategies as st

from records.importers.fields import DAYS, HOURS, LISTS, OBJECTS, TEXTS
from records.importers.reading import open_source
from records.importers.rows import FileRow, Format, Source
from records.importers.writing import Stored, as_file

RECORD_ID = "65f0c0ffee65f0c0ffee0001"
INTEGRATION_ID = "65f0c0ffee65f0c0ffee00aa"

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.text(characters, max_size=12) | st.sampled_from(
    ["", " blank ", '"quoted"', "a|b", "[1]", "{}", "=1+1", "-", "'", "1255334207.0", "09:00", "\n"]
)
maybe = st.none() | texts
hours = st.sampled_from(["09:00", "9:00", "17:30", "24:00", "9am", "0.5", "", "a-b,c"])
stretches = st.lists(
    st.fixed_dictionaries({"start": st.none() | hours, "end": st.none() | hours}), max_size=3
)


def _items(keys: Sequence[str]) -> st.SearchStrategy[Any]:
    """A list of objects, short or longer than a table has columns for."""
    return st.none() | st.lists(st.fixed_dictionaries(dict.fromkeys(keys, maybe)), max_size=7)


configs: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "type": st.just("practitioners"),
        **dict.fromkeys(TEXTS, maybe),
        **dict.fromkeys(LISTS, st.none() | st.lists(texts, max_size=3)),
        **{name: _items(keys) for name, keys in OBJECTS.items()},
        HOURS: st.none() | st.fixed_dictionaries(dict.fromkeys(DAYS, st.none() | stretches)),
    }
)
"""Configs as they are stored: every documented key, absent ones None."""

stored = st.builds(
    Stored,
    st.just(RECORD_ID),
    st.none() | st.text(characters, min_size=1, max_size=20),
    st.none() | st.just(INTEGRATION_ID),
    configs,
)


def make_config(**said: Any) -> dict[str, Any]:
    """A whole config as it is stored."""
    whole = dict.fromkeys((*TEXTS, *LISTS, *OBJECTS, HOURS))
    return {"type": "practitioners", **whole, "name": "Amal Haddad", **said}


def make_stored(logical_id: str | None = "p-1", **said: Any) -> Stored:
    """A stored record."""
    return Stored(RECORD_ID, logical_id, INTEGRATION_ID, make_config(**said))


def written(kind: Format, *records: Stored) -> bytes:
    """The records as a file."""
    return b"".join(as_file(kind, records))


def opened(content: bytes | str, **options: Any) -> Source:
    """The source of a file of this content."""
    text = content.encode() if isinstance(content, str) else content
    return open_source(io.BytesIO(text), **options)


def read(content: bytes | str, **options: Any) -> list[FileRow]:
    """The rows of a file of this content."""
    with opened(content, **options) as source:
        return list(source.rows)


def faults(rows: Iterable[FileRow]) -> list[str]:
    """The codes of what the rows already show."""
    return [issue.code for row in rows for issue in row.errors]
