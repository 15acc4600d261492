"""How the staff's site looks: unfold's settings. No address of another host is among them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static


def _file(name: str) -> Any:
    """A static file's address, asked for when a page is made: its name may carry a hash."""

    def address(request: HttpRequest) -> str:
        return static(f"portal/{name}")

    return address


def _team(request: HttpRequest) -> str:
    """Whose portal this is, and in which time zone it shows times."""
    from portal.roles import clinics_of  # settings are read before models can be

    clinics = clinics_of(getattr(request, "user", None))
    return f"{clinics[0].team.name} · {clinics[0].timezone}" if clinics else ""


_SHADES = ("50", "100", "200", "300", "400", "500", "600", "700", "800", "900", "950")
_BLUE = (
    "oklch(97.7% .012 245)",
    "oklch(94.6% .028 245)",
    "oklch(89.5% .055 245)",
    "oklch(81.5% .09 245)",
    "oklch(71.5% .12 247)",
    "oklch(61% .135 250)",
    "oklch(51% .13 252)",
    "oklch(44% .115 253)",
    "oklch(38% .095 254)",
    "oklch(33% .075 255)",
    "oklch(25% .055 256)",
)

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Eligibility Portal",
    "SITE_HEADER": "Eligibility Portal",
    "SITE_SUBHEADER": _team,
    "SITE_URL": None,
    "SITE_ICON": _file("mark.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": _file("favicon.svg")},
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    "BORDER_RADIUS": "8px",
    "STYLES": [_file("portal.css")],
    "SCRIPTS": [_file("portal.js")],
    "COLORS": {"primary": dict(zip(_SHADES, _BLUE, strict=True))},
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "portal.navigation.sidebar",
    },
}
