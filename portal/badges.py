"""A state as word + icon + colour, so that nobody has to tell states by colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.html import format_html
from django.utils.safestring import SafeString

Colour = Literal["green", "red", "amber", "blue", "violet", "grey"]


@dataclass(frozen=True, slots=True)
class Badge:
    """`word` is for people, `icon` a name of the Material Symbols font that unfold ships."""

    word: str
    icon: str
    colour: Colour = "grey"

    def __html__(self) -> SafeString:
        """How a template shows it."""
        return badge(self.word, self.icon, self.colour)

    def __str__(self) -> str:
        return self.__html__()


def badge(word: str, icon: str, colour: Colour = "grey", *, title: str = "") -> SafeString:
    """The state as a pill. Classes only (portal.css): no inline style."""
    return format_html(
        '<span class="ep-badge ep-{}"{}>'
        '<span class="material-symbols-outlined" aria-hidden="true">{}</span>{}</span>',
        colour,
        format_html(' title="{}"', title) if title else "",
        icon,
        word,
    )


def yes_no(value: bool, *, yes: str = "Active", no: str = "Off") -> SafeString:
    """A switch's state."""
    return badge(yes, "check_circle", "green") if value else badge(no, "do_not_disturb_on", "grey")
