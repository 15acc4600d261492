from __future__ import annotations

from typing import Any

import pytest

from portal import checks
from portal.sealing import Unopenable, is_sealed_with_first_key, seal, unseal

OLD, NEW = "o" * 40, "n" * 40


def test_what_was_sealed_is_opened_and_cannot_be_read(settings: Any) -> None:
    settings.FIELD_KEY = [NEW]
    sealed = seal("pässwörd-1")
    assert unseal(sealed) == "pässwörd-1"
    assert "ssw" not in sealed
    assert seal("pässwörd-1") != sealed


def test_the_first_key_seals_and_every_key_opens(settings: Any) -> None:
    settings.FIELD_KEY = [OLD]
    sealed = seal("secret-value")
    settings.FIELD_KEY = [NEW, OLD]
    assert unseal(sealed) == "secret-value"
    assert not is_sealed_with_first_key(sealed)
    assert is_sealed_with_first_key(seal("secret-value"))


@pytest.mark.parametrize("broken", ["", "no token", "gAAAAA", "\ud800"])
def test_what_no_key_opens_is_an_error_that_tells_nothing(settings: Any, broken: str) -> None:
    settings.FIELD_KEY = [NEW]
    with pytest.raises(Unopenable) as caught:
        unseal(broken)
    assert caught.value.__suppress_context__
    settings.FIELD_KEY = [OLD]
    sealed = seal("secret-value")
    settings.FIELD_KEY = [NEW]
    with pytest.raises(Unopenable):
        is_sealed_with_first_key(sealed)


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ([NEW], []),
        ([NEW, OLD], []),
        ([], ["portal.E004"]),
        (["n" * 31], ["portal.E004"]),
        ([NEW, "short"], ["portal.E004"]),
        (["p" * 40], ["portal.E005"]),
        (["s" * 40], ["portal.E005"]),
    ],
)
def test_weak_or_shared_keys_are_refused_in_production(
    settings: Any, keys: list[str], found: list[str]
) -> None:
    settings.SECRET_KEY, settings.API_KEY_PEPPER = "s" * 40, "p" * 40
    settings.FIELD_KEY = keys
    assert [message.id for message in checks.field_keys_are_strong()] == found
