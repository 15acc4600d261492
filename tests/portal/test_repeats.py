"""The line that had a text first: as a dictionary would know it, in a fraction of its room."""

from __future__ import annotations

import random
import tracemalloc

from portal.intake.repeats import FirstLines


def test_it_knows_what_a_dictionary_knows() -> None:
    chance = random.Random(11)
    seen, plain = FirstLines(), dict[str, int]()
    for line in range(1, 20_000):
        text = f"APT-{chance.randrange(12_000)}"
        assert seen.first(text, line) == plain.setdefault(text, line)


def test_a_hundred_thousand_texts_take_less_than_four_megabytes() -> None:
    tracemalloc.start()
    try:
        seen = FirstLines()
        assert all(seen.first(f"APT-{line:06}", line) == line for line in range(1, 100_001))
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 4 << 20
    assert peak < 6 << 20
