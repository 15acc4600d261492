"""The portal's settings with the tests' tiny API in the place of the real one."""

from portal.settings import *  # noqa: F403

ROOT_URLCONF = "tests.portal.api.echo"
