"""The judgement about requests: what the client was answered, against what is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.torture.requests import AFTER, RECORDS, Request, by_status
from tests.torture.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Stored:
    """What is there of one kind of rows: ids by the rows' marks, and each id's request or batch."""

    ids: Mapping[str, list[str]]
    source: Mapping[str, str]

    def sources(self, request: Request) -> set[str]:
        """The batches (or submissions) that this request's rows are in."""
        return {self.source[pk] for row in request.good for pk in self.ids.get(row.mark, [])}


def stored_checks(tasks: Iterable[Mapping[str, object]]) -> Stored:
    """Of the rows to check, without the paths of searches."""
    return _stored(
        (str(row["id_value"]), str(row["id"]), str(row["batch_id"]))
        for row in tasks
        if row["parent_id"] is None
    )


def stored_records() -> Stored:
    """Of the practitioners."""
    from records.models import ResourceRecord

    rows = ResourceRecord.objects.values_list("external_id", "pk", "submission_id")
    return _stored((mark, pk, str(submission)) for mark, pk, submission in rows)


def _stored(rows: Iterable[tuple[str, str, str]]) -> Stored:
    ids: dict[str, list[str]] = defaultdict(list)
    source = {}
    for mark, pk, batch in rows:
        ids[mark].append(pk)
        source[pk] = batch
    return Stored(ids, source)


def judge_posts(
    requests: list[Request], checks: Stored, records: Stored, deaths: Mapping[str, str]
) -> list[Verdict]:
    """Every verdict about requests."""
    of_records = [each for each in requests if each.path == RECORDS]
    of_checks = [each for each in requests if each.path != RECORDS]
    return [
        *_accepted(of_checks, checks),
        _made_once(of_checks, checks),
        _practitioners(of_records, records),
        *_killed(requests, deaths),
    ]


def _accepted(requests: list[Request], stored: Stored) -> list[Verdict]:
    """The rows that the client was told of are there once; a request is there whole or not."""
    answered, unanswered = by_status(requests)[True], by_status(requests)[False]
    short = [
        each.name for each in answered if {len(ids) for ids in each.answers} != {len(each.good)}
    ]
    promised = _promised(answered)
    wrong = [mark for mark, ids in promised.items() if set(stored.ids.get(mark, [])) != ids]
    torn = [
        each.name for each in unanswered if len({row.mark in stored.ids for row in each.good}) > 1
    ]
    sent = {row.mark for each in requests for row in each.good}
    twice = [mark for mark, ids in stored.ids.items() if len(ids) > 1]
    return [
        Verdict.of("every answer names every good row", len(answered), short),
        Verdict.of("every accepted row is there under the id it was given", len(promised), wrong),
        Verdict.of("an unanswered request is whole or not there", len(unanswered), torn),
        Verdict.of("no row that was sent again is there twice", len(stored.ids), twice),
        Verdict.of("no row came from nowhere", len(stored.ids), set(stored.ids) - sent),
    ]


def _promised(answered: list[Request]) -> dict[str, set[str]]:
    """The ids that a row's answers named, by its mark."""
    return {
        row.mark: {ids[place] for ids in each.answers if place < len(ids)}
        for each in answered
        for place, row in enumerate(each.good)
    }


def _made_once(requests: list[Request], stored: Stored) -> Verdict:
    """Without a `client_reference` on its rows, only its key keeps a repeat from a second batch."""
    keyed = [each for each in requests if each.key]
    more = [
        each.name for each in keyed
        if len(stored.sources(each)) > 1 or each.replayed.count(False) > 1
    ]  # fmt: skip
    return Verdict.of(
        "a POST with an Idempotency-Key made one batch, and gave one answer anew", len(keyed), more
    )


def _practitioners(requests: list[Request], stored: Stored) -> Verdict:
    promised = _promised(requests)
    wrong = [mark for mark, ids in promised.items() if set(stored.ids.get(mark, [])) != ids]
    text = "a practitioner sent again under an Idempotency-Key is there once, under its id"
    return Verdict.of(text, len(promised), wrong)


def killed(requests: list[Request], deaths: Mapping[str, str], *, after: bool) -> list[Request]:
    """The requests with a key that a process died of, between its commit and its answer or before,
    and that were answered later."""
    return [
        each for each in requests
        if each.name in deaths and (deaths[each.name] == AFTER) is after and each.answers
    ]  # fmt: skip


def _killed(requests: list[Request], deaths: Mapping[str, str]) -> list[Verdict]:
    committed = killed(requests, deaths, after=True)
    begun = killed(requests, deaths, after=False)
    return [
        Verdict.of(
            "a repeat after a kill between commit and answer gets the stored answer",
            len(committed),
            [each.name for each in committed if not all(each.replayed)],
        ),
        Verdict.of(
            "a repeat after a kill within the work does the work once, and then repeats its answer",
            len(begun),
            [each.name for each in begun if each.replayed.count(False) > 1 or not _alike(each)],
        ),
    ]


def _alike(request: Request) -> bool:
    return all(ids == request.answers[0] for ids in request.answers)
