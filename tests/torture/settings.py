"""The portal's settings with a queue that delivers every hint three times."""

from portal.settings import *  # noqa: F403
from portal.settings import Q_CLUSTER as _Q_CLUSTER

Q_CLUSTER = {**_Q_CLUSTER, "broker_class": "tests.torture.broker.TripleBroker"}
