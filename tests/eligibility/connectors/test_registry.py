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


def test_every_connector_can_be_begun_with_and_refuses_settings_it_does_not_know() -> None:
    for connector in CONNECTORS.values():
        beginnings = [preset.settings for preset in connector.presets.values()] or [{}]
        for beginning in beginnings:
            connector.settings_class.model_validate(beginning)
            with pytest.raises(ValueError, match="not_a_setting"):
                connector.settings_class.model_validate({**beginning, "not_a_setting": 1})


def test_an_unknown_name_is_said_to_be_unknown() -> None:
    with pytest.raises(LookupError, match="carrier_pigeon"):
        get_connector("carrier_pigeon")
