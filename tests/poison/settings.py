"""The portal's settings with the connector of this package."""

from portal.settings import *  # noqa: F403
from portal.settings import INSTALLED_APPS as OURS

INSTALLED_APPS = [*OURS, "tests.poison.apps.PoisonConfig"]
