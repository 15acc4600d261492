"""The portal's settings with a queue that delivers every hint three times, and with processes that
die in the middle of a request when it orders so."""

from portal.settings import *  # noqa: F403
from portal.settings import MIDDLEWARE as _MIDDLEWARE
from portal.settings import Q_CLUSTER as _Q_CLUSTER

Q_CLUSTER = {**_Q_CLUSTER, "broker_class": "tests.torture.broker.TripleBroker"}
MIDDLEWARE = ["tests.torture.deaths.DiesAsOrdered", *_MIDDLEWARE]
