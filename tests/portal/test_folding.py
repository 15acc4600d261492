from __future__ import annotations

import pytest

from portal.folding import fold


@pytest.mark.parametrize(
    ("written", "found_by"),
    [
        ("Amna Haddad", "amna haddad"),
        ("  José   AL-Amin ", "jose al-amin"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("أمنة", "امنة"),
        ("Ｄｒ Ａｍｎａ", "dr amna"),
        ("", ""),
    ],
)
def test_two_spellings_of_a_name_fold_alike(written: str, found_by: str) -> None:
    assert fold(written) == found_by


def test_what_is_folded_stays_as_it_is() -> None:
    assert fold(fold("Ünal  İnce")) == fold("Ünal  İnce")
