"""Code in colours: comments, texts and keywords of Python and of a shell, as HTML."""

from __future__ import annotations

import io
import keyword
import re
import tokenize
from collections.abc import Iterator

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_SHELL = re.compile(r"(?P<comment>^#[^\n]*)|(?P<name>\$\{?\w+\}?)|(?P<text>--[\w-]+)", re.MULTILINE)
Piece = tuple[str, str]
"""What kind of code it is (empty: nothing special), and its text."""


def python_in_colours(text: str) -> SafeString:
    """Python as its own tokenizer sees it."""
    return _html(_python(text))


def shell_in_colours(text: str) -> SafeString:
    """A shell's comments, variables and options."""
    return _html(_shell(text))


def _html(pieces: Iterator[Piece]) -> SafeString:
    return format_html_join(
        "", "{}", ((format_html('<i class="{}">{}</i>', *each) if each[0] else each[1],)
                   for each in pieces)
    )  # fmt: skip


def _python(text: str) -> Iterator[Piece]:
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    at = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = _kind(token)
        if kind:
            begin = starts[token.start[0] - 1] + token.start[1]
            end = starts[token.end[0] - 1] + token.end[1]
            yield "", text[at:begin]
            yield kind, text[begin:end]
            at = end
    yield "", text[at:]


def _kind(token: tokenize.TokenInfo) -> str:
    # From Python 3.12 on, an f-string comes in parts, which only differ in their kind.
    if token.type == tokenize.STRING or tokenize.tok_name[token.type].startswith("FSTRING"):
        return "text"
    if token.type == tokenize.COMMENT:
        return "comment"
    return "name" if token.type == tokenize.NAME and keyword.iskeyword(token.string) else ""


def _shell(text: str) -> Iterator[Piece]:
    at = 0
    for found in _SHELL.finditer(text):
        yield "", text[at : found.start()]
        yield str(found.lastgroup), found[0]
        at = found.end()
    yield "", text[at:]
