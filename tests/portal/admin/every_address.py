"""Every address that the staff's site answers, read off the site itself, with rows to look at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin
from django.urls import URLPattern, reverse

from tests.cast import House
from tests.portal.admin.every_page import MAKERS, label_of

OF_ONE_ROW = {"pk", "object_id", "id"}
OTHERS: dict[str, dict[str, str]] = {
    "view_on_site": {"content_type_id": "1", "object_id": "1"},
    "app_list": {"app_label": "portal"},
}
"""Addresses of Django's own that are about no row: what they are asked for here."""


@dataclass(frozen=True, slots=True)
class Address:
    """One address: the name that the site knows it by, and where it is for this house."""

    name: str
    path: str


def addresses(house: House) -> list[Address]:
    """Every address with a name; Django's catch-alls have none.

    An address of a shape that is not foreseen here raises, so that no page goes unvisited.
    """
    rows: dict[str, Any] = {}
    found = []
    for route, pattern in _patterns(admin.site.get_urls()):
        if pattern.name:
            found.append(Address(pattern.name, _path(house, route, pattern, rows)))
    return found


def _patterns(patterns: Iterable[Any], before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route, each
        else:
            yield from _patterns(each.url_patterns, route)


def _path(house: House, route: str, pattern: URLPattern, rows: dict[str, Any]) -> str:
    asked = set(pattern.pattern.regex.groupindex)
    if not asked:
        return reverse(f"admin:{pattern.name}")
    if pattern.name in OTHERS:
        return reverse(f"admin:{pattern.name}", kwargs=OTHERS[str(pattern.name)])
    if len(asked) != 1 or not asked <= OF_ONE_ROW:
        raise AssertionError(f"nobody knows what to ask {route} for")
    label = label_of(route)
    if label not in rows:
        rows[label] = house.team if label == "portal.team" else MAKERS[label](house, 0)
    return reverse(f"admin:{pattern.name}", kwargs={asked.pop(): rows[label].pk})


_OF_DRAWINGS = 'xmlns="http://www.w3.org/2000/svg"'
_SLASHES = re.compile(r"//|\\\\|&#(?:x2f|0*47)|&sol", re.IGNORECASE)
"""Two slashes, as they stand or written as entities."""


class _Outside(HTMLParser):
    """Collects what a page loads or leads to on another host."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"src", "href", "action", "formaction", "srcset", "poster", "data"}:
                self._judge(value or "")
            elif name == "style":
                self._judge_style(value or "")

    def handle_data(self, data: str) -> None:
        self._judge_style(data)

    def _judge(self, address: str) -> None:
        if urlsplit(address).netloc:
            self.found.append(address)

    def _judge_style(self, text: str) -> None:
        for address in re.findall(r"url\(\s*['\"]?([^'\")]+)", text):
            self._judge(address)


def outside_hosts(page: str) -> list[str]:
    """The addresses of other hosts that a page would load, send to or lead to.

    A host is named after two slashes: a page without any is not taken apart, which is slow.
    """
    if not _SLASHES.search(page.replace(_OF_DRAWINGS, "")):
        return []
    parser = _Outside()
    parser.feed(page)
    return parser.found
