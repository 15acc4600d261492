"""The portal's settings with the plain views beside its own."""

from portal.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.plain_views"
