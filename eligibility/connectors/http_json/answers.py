"""A payer's JSON as our normalised answer, by a connection's map (domain.md, "The result")."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from eligibility.connectors.http_json import values
from eligibility.connectors.http_json.dates import read_date
from eligibility.connectors.http_json.expressions import Interpreter
from eligibility.connectors.http_json.settings import HttpJsonSettings
from eligibility.connectors.http_json.tables import mapped, word_of
from eligibility.results import Answer, Benefit, Coverage, Member, Need, Network, Policy, Service

_TEXTS: Final = (
    *("gender", "relationship", "phone", "emirates_id", "member_id", "regulator_member_id"),
    *("card", "policy", "name"),
)
_POLICY_TEXTS: Final = ("authority", "plan", "package", "sponsor", "waiting_period")
_AMOUNTS: Final = (
    *("copay_amount", "copay_cap_amount", "deductible_amount", "limit_amount"),
    *("pre_approval_threshold",),
)
_PERCENTS: Final = ("copay_percent", "coinsurance_percent")
_BENEFIT_TEXTS: Final = (
    *("service_raw", "setting", "network_tier", "copay_text", "copay_cap_scope"),
    *("deductible_scope", "currency", "limit_scope", "limit_text", "citation"),
)
_NEEDS: Final = ("pre_approval", "referral")
_BENEFIT: Final = frozenset(
    {*_AMOUNTS, *_PERCENTS, *_BENEFIT_TEXTS, *_NEEDS, "service", "coverage", "confidence"}
)
_NETWORK: Final = ("name", "code", "applies_to", "status")
_PROSE: Final = {
    "copay_amount": "copay_text",
    "copay_percent": "copay_text",
    "limit_amount": "limit_text",
}
"""Where a number that is none is kept as the payer wrote it."""

_SERVICES: Final = frozenset(each.value for each in Service)
_COVERAGES: Final = frozenset(each.value for each in Coverage)
_MOST_NETWORKS: Final = 200
_MOST_BENEFITS: Final = 500
_MOST_REMARKS: Final = 100


@dataclass(slots=True)
class Reader:
    """Reads one answer. `doubts` names the fields whose value could not be read."""

    settings: HttpJsonSettings
    interpreter: Interpreter
    body: Any
    doubts: list[str] = field(default_factory=list)

    def answer(self, payer_code: str | None) -> Answer:
        """Everything that the map finds."""
        return Answer(
            payer_code=payer_code,
            payer_name=self._text("payer_name"),
            member=Member(dob=self._date("dob"), **{name: self._text(name) for name in _TEXTS}),
            policy=self._policy(),
            networks=tuple(self._networks()),
            benefits=tuple(self._benefits()),
            remarks=tuple(self._remarks()),
        )

    def _policy(self) -> Policy:
        said: dict[str, Any] = {name: self._text(name) for name in _POLICY_TEXTS}
        said |= {name: self._date(name) for name in ("start", "end")}
        said |= {name: self._truth(name) for name in ("is_vip", "is_gatekeeper")}
        return Policy(**said)

    def _found(self, name: str) -> Any:
        found = self.interpreter.find(getattr(self.settings.answer, name), self.body)
        return None if self._says_nothing(found) else found

    def _says_nothing(self, value: Any) -> bool:
        more = frozenset(word_of(word) for word in self.settings.answer.not_said)
        return values.says_nothing(value, more)

    def _text(self, name: str) -> str | None:
        found: str | None = self._readable(name, self._found(name), values.as_text)
        return found

    def _truth(self, name: str) -> bool | None:
        found: bool | None = self._readable(name, self._found(name), values.as_truth)
        return found

    def _date(self, name: str) -> Any:
        return self._readable(name, self._found(name), self._as_date)

    def _as_date(self, value: Any) -> Any:
        text = values.as_text(value)
        return read_date(text, self.settings.codes.dates) if text else None

    def _readable(self, name: str, value: Any, read: Any) -> Any:
        """The value as we keep it; one that is there and cannot be read is a doubt."""
        if value is None:
            return None
        found = read(value)
        if found is None:
            self.doubts.append(name)
        return found

    def _list(self, name: str, most: int) -> list[Any]:
        found = self._found(name)
        listed = found if isinstance(found, list) else [] if found is None else [found]
        if len(listed) > most:
            self.doubts.append(f"{name}: only the first {most} of {len(listed)}")
        return listed[:most]

    def _remarks(self) -> list[str]:
        texts = [values.as_text(each) for each in self._list("remarks", _MOST_REMARKS)]
        return [text for text in texts if text and not self._says_nothing(text)]

    def _networks(self) -> list[Network]:
        networks = []
        for number, each in enumerate(self._list("networks", _MOST_NETWORKS)):
            given = each if isinstance(each, dict) else {"name": each}
            said = {key: self._part(given, key, values.as_text) for key in _NETWORK}
            if said["name"] or said["code"]:
                networks.append(Network(**{**said, "name": said["name"] or said["code"]}))
            else:
                self.doubts.append(f"networks[{number}].name")
        return networks

    def _part(self, given: dict[str, Any], key: str, read: Any, place: str = "") -> Any:
        value = given.get(key)
        return self._readable(f"{place}{key}", None if self._says_nothing(value) else value, read)

    def _benefits(self) -> list[Benefit]:
        benefits = []
        for number, each in enumerate(self._list("benefits", _MOST_BENEFITS)):
            place = f"benefits[{number}]"
            if isinstance(each, dict):
                self.doubts += [f"{place}.{key}: no such field" for key in set(each) - _BENEFIT]
                benefits.append(self._benefit(each, f"{place}."))
            else:
                self.doubts.append(place)
        return benefits

    def _benefit(self, given: dict[str, Any], place: str) -> Benefit:
        said: dict[str, Any] = {
            key: self._part(given, key, values.as_text, place) for key in _BENEFIT_TEXTS
        }
        coverage = self._coverage(given.get("coverage"), place)
        for key in (*_AMOUNTS, *_PERCENTS):
            said[key], is_covered = self._number(given.get(key), key, said, place)
            if is_covered and coverage is Coverage.UNKNOWN:
                coverage = Coverage.COVERED
        for key in _NEEDS:
            said[key] = self._need(given.get(key), f"{place}{key}")
        service, raw = self._service(given.get("service"))
        said["service_raw"] = said["service_raw"] or raw
        return Benefit(service=service, coverage=coverage, **said)

    def _number(
        self, value: Any, key: str, said: dict[str, Any], place: str
    ) -> tuple[Decimal | None, bool]:
        """The number, and whether the payer wrote "Covered" in its place: that is 0 %.

        Prose is kept as prose; a percentage beyond 100 is not one.
        """
        if self._says_nothing(value):
            return None, False
        number = values.as_number(value)
        if number is not None and (key not in _PERCENTS or Decimal(number) <= 100):
            return Decimal(number), False
        if key in _PERCENTS and word_of(value) in ("covered", "fully covered"):
            return Decimal(0), True
        prose = _PROSE.get(key)
        text = values.as_text(value)
        if prose and text and not said.get(prose):
            said[prose] = text
        else:
            self.doubts.append(f"{place}{key}")
        return None, False

    def _service(self, value: Any) -> tuple[Service, str | None]:
        """Our word for a service, and the payer's where ours says less."""
        raw = values.as_text(value)
        ours = mapped(self.settings.answer.services, value)
        if ours is None and word_of(value) in _SERVICES:
            return Service(word_of(value)), None
        return (Service(ours) if ours else Service.OTHER), raw

    def _coverage(self, value: Any, place: str) -> Coverage:
        if self._says_nothing(value):
            return Coverage.UNKNOWN
        word = mapped(self.settings.answer.coverages, value) or word_of(value).replace(" ", "_")
        if word in _COVERAGES:
            return Coverage(word)
        truth = values.as_truth(value)
        if truth is None:
            self.doubts.append(f"{place}coverage")
            return Coverage.UNKNOWN
        return Coverage.COVERED if truth else Coverage.NOT_COVERED

    def _need(self, value: Any, place: str) -> Need:
        if self._says_nothing(value):
            return Need.UNKNOWN
        if word_of(value) == Need.CONDITIONAL.value:
            return Need.CONDITIONAL
        truth = values.as_truth(value)
        if truth is None:
            self.doubts.append(place)
            return Need.UNKNOWN
        return Need.YES if truth else Need.NO
