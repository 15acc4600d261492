"""The connectors there are, by name. A new one is one file and one line here."""

from __future__ import annotations

from eligibility.connectors.base import Connector
from eligibility.connectors.http_json.connector import HttpJsonConnector
from eligibility.connectors.synthetic import SyntheticConnector

CONNECTORS: dict[str, Connector] = {
    connector.name: connector for connector in (SyntheticConnector(), HttpJsonConnector())
}


def get_connector(name: str) -> Connector:
    """The connector of this name; LookupError when a connection names one that we do not have."""
    try:
        return CONNECTORS[name]
    except KeyError:
        raise LookupError(f"no connector is called {name!r}") from None
