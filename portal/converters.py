"""Parts of addresses that Django has no converter for."""

from __future__ import annotations

from django.urls import register_converter


class ObjectIdConverter:
    """24 lower-case hex characters (`portal.objectid`): `<objectid:pk>`."""

    regex = "[0-9a-f]{24}"

    def to_python(self, value: str) -> str:
        """As it is."""
        return value

    def to_url(self, value: str) -> str:
        """As it is."""
        return value


register_converter(ObjectIdConverter, "objectid")
