"""When somebody's last row in a lane will be answered. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from eligibility.engine.forecast.openings import Terms, worked_off
from eligibility.engine.forecast.sharing import Claimant, Line, rows_until_through


def through(
    lines: Mapping[Claimant, Line],
    mine: Collection[Claimant],
    terms: Terms,
    *,
    now: datetime,
    start: datetime | None = None,
    last_due: datetime | None = None,
    last_asked: datetime | None = None,
) -> datetime | None:
    """When the lane will have answered the last row of `mine`; None when nobody knows.

    `lines` are all rows of the lane that are due by `start` (now, when it is None): until then
    it works on those of others. The last of mine is due at `last_due`, the newest of those
    under way was asked at `last_asked`. However short the line is, an answer takes its time.

    Of a payer that answers later only what is still to be asked needs the lane's time; the
    rest comes as long after its question as the rows before it did.
    """
    start = max(start or now, now)
    length = timedelta(seconds=terms.pace.length)
    rows = {each: _weight(line, terms) for each, line in lines.items()}
    finish = _worked_off(rows, mine, terms, now=now, start=start)
    if finish is None:
        return None
    if any(lines[each].unasked for each in mine if each in lines):
        begun = finish if terms.pace.answers_later else terms.opens(start)
        finish = max(finish, begun + length, (last_due or start) + length)
    if last_asked is not None and terms.pace.answers_later:
        finish = max(finish, terms.opens(last_asked + length))
    return finish


def _weight(line: Line, terms: Terms) -> float:
    """The rows of a line that need the lane's time."""
    return line.unasked if terms.pace.answers_later else line.unasked + line.waiting


def _worked_off(
    rows: Mapping[Claimant, float],
    mine: Collection[Claimant],
    terms: Terms,
    *,
    now: datetime,
    start: datetime,
) -> datetime | None:
    if start == now:
        return worked_off(rows_until_through(rows, mine), terms, now=now)
    others = sum(count for each, count in rows.items() if each not in mine)
    alone = worked_off(others, terms, now=now)
    if alone is None:
        return None
    left = (alone - start) / (alone - now) if alone > start else 0.0
    then = {each: count if each in mine else count * left for each, count in rows.items()}
    return worked_off(rows_until_through(then, mine), _at(terms, start, now), now=start)


def _at(terms: Terms, start: datetime, now: datetime) -> Terms:
    """The same lane at its later start: another day has a cap of its own."""
    if terms.a_day is None or _day(start, terms) == _day(now, terms):
        return terms
    return replace(terms, left_today=float(terms.a_day))


def _day(moment: datetime, terms: Terms) -> object:
    return moment.astimezone(terms.zone).date()
