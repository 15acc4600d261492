"""The registry that finds a payer, and what it takes, by what a row says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eligibility.payer_file import shipped
from eligibility.payer_rules import PayerRules, Requirement, Vocabulary
from portal.intake.spelling import Speller


@dataclass(frozen=True, slots=True)
class Match:
    """What the registry says about a row's three codes when all of them are right."""

    payer: PayerRules
    id_type: str
    requires: tuple[Requirement, ...]


class Registry:
    """Payers by code and alias, with everything a row is looked up by worked out beforehand.

    Immutable: build another when the payers change. `vocabulary` defaults to the shipped one;
    codes that only the payers name are known as well.
    """

    def __init__(
        self, payers: Iterable[PayerRules], *, vocabulary: Vocabulary | None = None
    ) -> None:
        vocabulary = vocabulary or shipped().vocabulary
        self.payers = tuple(payers)
        self.vocabulary = vocabulary
        self.id_types = frozenset(vocabulary.id_types).union(*(p.id_types for p in self.payers))
        self.visit_types = frozenset(vocabulary.visit_spellings).union(
            *(payer.visit_types for payer in self.payers)
        )
        self._by_code = {a.upper(): p for p in self.payers for a in p.aliases}
        self._by_code |= {payer.code.upper(): payer for payer in self.payers}
        self._matches: dict[tuple[str, str, str], Match | None] = {}
        self._spell_payer = Speller(
            {payer.code: payer.aliases for payer in self.payers},
            {payer.code: payer.name for payer in self.payers},
        )
        self._spell_id = Speller(self._id_words())
        self._spell_visit = {payer.code: self._visit_speller(payer) for payer in self.payers}

    @classmethod
    def shipped(cls) -> Registry:
        """The registry of the shipped file."""
        return cls(shipped().payers)

    def find(self, text: str) -> PayerRules | None:
        """The payer of this code or alias, whatever its case."""
        return self._by_code.get(text.strip().upper())

    def id_type(self, text: str) -> str | None:
        """The known identifier type that this code or alias names."""
        code = text.strip().upper()
        code = self.vocabulary.aliases.get(code, code)
        return code if code in self.id_types else None

    def match(self, tpa_name: str, id_type: str, visit_type: str) -> Match | None:
        """What these codes, trimmed and upper-cased, come to; None when one of them is wrong."""
        codes = (tpa_name, id_type, visit_type)
        try:
            return self._matches[codes]
        except KeyError:
            match = self._match(*codes)
        # What callers make up is not remembered, so the table cannot grow without end.
        if match is not None and (visit_type in self.visit_types or not visit_type):
            self._matches[codes] = match
        return match

    def _match(self, tpa_name: str, id_type: str, visit_type: str) -> Match | None:
        payer, code = self.find(tpa_name), self.id_type(id_type)
        if payer is None or code is None or code not in payer.id_types:
            return None
        if not payer.takes_visit_type(visit_type):
            return None
        return Match(payer, code, payer.required_for(code, visit_type))

    def suggest_payer(self, text: str) -> str | None:
        """The code of the payer that this text probably means, by code or by name."""
        return self._spell_payer.suggest(text)

    def suggest_id_type(self, text: str, payer: PayerRules | None = None) -> str | None:
        """The identifier type this text probably means, if the payer takes it."""
        code = self._spell_id.suggest(text)
        return code if payer is None or code in payer.id_types else None

    def suggest_visit_type(self, text: str, payer: PayerRules) -> str | None:
        """The visit type of this payer that the text probably means."""
        return self._spell_visit[payer.code].suggest(text)

    def usual_visit_type(self, payer: PayerRules) -> str:
        """The payer's commonest visit type: the portal's usual one, or else its first."""
        usual = self.vocabulary.usual_visit_type
        return usual if usual in payer.visit_types else payer.visit_types[0]

    def _id_words(self) -> dict[str, tuple[str, ...]]:
        words = {code: self.vocabulary.id_spellings.get(code, ()) for code in sorted(self.id_types)}
        for alias, code in self.vocabulary.aliases.items():
            words[code] = (alias, *words.get(code, ()))
        return words

    def _visit_speller(self, payer: PayerRules) -> Speller:
        spellings = self.vocabulary.visit_spellings
        return Speller({code: spellings.get(code, ()) for code in payer.visit_types})
