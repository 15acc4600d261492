"""The workers: everything that happens without anybody asking."""

from __future__ import annotations

import os
import signal
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django_q.cluster import Cluster

from eligibility.engine.workers import interpreter, memory, mortality
from eligibility.engine.workers.supervisor import Supervisor
from portal.durability import durability_faults

LOOK_EVERY = 0.5


class Command(BaseCommand):
    """Work off due rows until stopped. Start it on as many machines as you like."""

    requires_system_checks = []  # they know nothing of URLs and must start fast
    help = "Run the workers: payer calls, scheduled batches, retries, and the synthetic payer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say how many workers, and how long running calls may take at the end."""
        parser.add_argument("--workers", type=int, default=settings.WORKERS)
        parser.add_argument("--grace", type=float, default=70.0, help="seconds for running calls")
        parser.add_argument(
            "--cluster", type=int, metavar="PARENT", help="used by the command itself"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Supervise, or be the supervised cluster."""
        if options["cluster"] is not None:
            self._be_the_cluster(options["cluster"])
            return
        if not settings.DEBUG and (faults := durability_faults()):
            raise CommandError(
                f"PostgreSQL would lose acknowledged rows in a power cut: {', '.join(faults)}."
            )
        if options["workers"] < 2:
            raise CommandError("At least 2 workers: one answers while the others work.")
        Supervisor(workers=options["workers"], grace=options["grace"]).run()

    def _be_the_cluster(self, parent: int) -> None:
        """Run the cluster; end the whole group when the parent or the sentinel is gone."""
        mortality.die_with_parent()
        mortality.limit_memory(settings.WORKER_MEMORY_MB)
        memory.collect_seldom()
        interpreter.take_short_turns()
        cluster = Cluster()
        cluster.start()
        while cluster.sentinel is not None and cluster.stop_event is not None:
            if os.getppid() != parent or not cluster.sentinel.is_alive():
                os.killpg(0, signal.SIGKILL)
            time.sleep(LOOK_EVERY)
