from __future__ import annotations

import pytest

from eligibility.connectors.base import Connector, ConnectorSettings
from eligibility.connectors.registry import CONNECTORS, get_connector


def test_every_connector_is_found_by_its_own_name() -> None:
    assert "synthetic" in CONNECTORS
    for name, connector in CONNECTORS.items():
        assert isinstance(connector, Connector)
        assert get_connector(name) is connector
        assert connector.name == name
        assert issubclass(connector.settings_class, ConnectorSettings)


def test_every_connector_s_settings_have_defaults_and_refuse_what_they_do_not_know() -> None:
    for connector in CONNECTORS.values():
        connector.settings_class()
        with pytest.raises(ValueError, match="not_a_setting"):
            connector.settings_class.model_validate({"not_a_setting": 1})


def test_an_unknown_name_is_said_to_be_unknown() -> None:
    with pytest.raises(LookupError, match="carrier_pigeon"):
        get_connector("carrier_pigeon")
