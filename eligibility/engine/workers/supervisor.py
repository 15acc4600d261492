"""The one long-running command: keeps the workers alive and the clock ticking.

It supervises a django-q2 cluster and the synthetic payer, beats the dispatcher once a second,
gives back the rows of a worker that it saw die, ends a worker that no longer beats, and restarts
a cluster that no longer takes jobs: a worker killed while it waits for a job can leave the
cluster's inner queue locked for ever, with every process alive.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from types import FrameType

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now

from eligibility.engine import blackbox, leases, slots
from eligibility.engine.workers import children, dispatcher
from eligibility.engine.workers.silence import Silence
from eligibility.engine.workers.watch import Watch
from eligibility.models import Connection, DrainSlot, WorkerHost
from portal import idempotency
from portal.broker import HOST_KEY_VARIABLE
from portal.pii import where_it_failed
from portal.webhooks import pruning

TICK = 0.25
BEAT_EVERY = 1.0
RESTART_PAUSE = 0.5
PRUNE_EVERY = 600.0

log = structlog.get_logger(__name__)


class Supervisor:
    """Runs until SIGTERM or SIGINT; `grace` is how many seconds running calls may take then."""

    def __init__(self, *, workers: int, grace: float = 70.0) -> None:
        self._workers = workers
        self._grace = grace
        self._host_id = f"{socket.gethostname()[:30]}-{secrets.token_hex(6)}"
        self._told_to_stop = False
        self._next_pruning = 0.0
        self._watch = Watch(self._host_id)
        self._silence = Silence()
        self._own_payer = not settings.SYNTHETIC_PAYER_URL
        self._boxes = tempfile.mkdtemp(prefix="portal-workers-")
        weakref.finalize(self, shutil.rmtree, self._boxes, ignore_errors=True)
        self._payer_socket = children.listening_socket()
        port, fd = self._payer_socket.getsockname()[1], self._payer_socket.fileno()
        self._payer_url = settings.SYNTHETIC_PAYER_URL or f"http://127.0.0.1:{port}"
        # Children are told who their parent is: one that asked for itself, late, after this
        # process was killed, would take its next parent for the first and live on.
        mine = str(os.getpid())
        self._payer = children.Child(
            "synthetic_payer",
            *("--socket", str(fd), "--with-parent", mine),
            environment={},
            inherits=(fd,),
        )
        self._cluster = children.Child(
            "workers",
            *("--cluster", mine),
            environment={
                HOST_KEY_VARIABLE: self._host_id,
                blackbox.DIRECTORY_VARIABLE: self._boxes,
                "SYNTHETIC_PAYER_URL": self._payer_url,
                "WORKERS": str(workers),
            },
        )

    def run(self) -> None:
        """Supervise until told to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        self._register()
        log.info("workers_started", host=self._host_id, workers=self._workers)
        next_beat = 0.0
        try:
            while not self._told_to_stop:
                self._keep_payer()
                if self._watch.note_deaths():
                    next_beat = 0.0  # its rows need not wait for the next beat
                self._keep_cluster()
                if time.monotonic() >= next_beat:
                    next_beat = time.monotonic() + BEAT_EVERY
                    self._beat()
                time.sleep(TICK)
        finally:
            self._shut_down()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._told_to_stop = True

    def _register(self) -> None:
        """Make the host and its places for drains; forget hosts that are long gone."""
        gone = WorkerHost.objects.filter(seen_at__lt=Now() - dispatcher.FORGET_AFTER)
        for host_id in gone.values_list("pk", flat=True):
            slots.forget_host(host_id)
        host = WorkerHost.objects.create(
            id=self._host_id,
            name=socket.gethostname()[:200],
            pid=os.getpid(),
            workers=self._workers,
            synthetic_url=self._payer_url,
            started_at=Now(),
            seen_at=Now(),
        )
        # One worker stays free, to answer heartbeats while the others drain.
        DrainSlot.objects.bulk_create(
            DrainSlot(host=host, number=number) for number in range(max(self._workers - 1, 1))
        )

    def _keep_payer(self) -> None:
        """Have the synthetic payer up as soon as a connection needs it, and again when it ends."""
        if not self._own_payer or not self._payer.has_ended():
            return
        try:
            if Connection.objects.filter(connector="synthetic", base_url="").exists():
                self._payer.start()
        except (DatabaseError, InterfaceError) as error:
            self._on_database_error(error)

    def _keep_cluster(self) -> None:
        """Start the cluster, and start it anew when it has ended or no longer takes jobs."""
        if not self._cluster.group:
            self._start_cluster()
        elif self._cluster.has_ended() or self._watch.is_wedged():
            has_ended = self._cluster.has_ended()
            log.warning("cluster_restarted", host=self._host_id, ended=has_ended)
            self._cluster.kill()
            self._give_back_all(crashed=has_ended)
            time.sleep(RESTART_PAUSE)
            self._start_cluster()

    def _start_cluster(self) -> None:
        self._cluster.start()
        self._watch.reset(self._cluster.group)

    def _beat(self) -> None:
        try:
            if not WorkerHost.objects.filter(pk=self._host_id).exists():
                # This machine slept for so long that the others have forgotten it.
                self._register()
            self._give_back_dead()
            dispatcher.beat(self._host_id)
            self._prune()
            self._watch.look()
        except (DatabaseError, InterfaceError) as error:
            self._on_database_error(error)

    def _prune(self) -> None:
        """Now and then, drop what nobody will ask for any more."""
        if time.monotonic() >= self._next_pruning:
            pruned = idempotency.prune() + pruning.prune()
            self._next_pruning = time.monotonic() + (0.0 if pruned else PRUNE_EVERY)

    def _on_database_error(self, error: Exception) -> None:
        """An outage of the database says nothing about the workers: forget what was seen."""
        log.error("database_error", where=where_it_failed(error))
        connection.close()
        self._watch.reset(self._cluster.group)
        self._silence.forget()

    def _give_back_dead(self) -> None:
        """Return the leases of workers that are gone, without waiting for their end."""
        busy = DrainSlot.objects.filter(host_id=self._host_id, state=DrainSlot.State.BUSY)
        beats = dict(busy.values_list("worker", "beat_at"))
        dead = [name for name in beats if not children.is_running(_pid(name))]
        self._end_silent(beats)
        for name in dead:
            culprits = blackbox.take(self._boxes, _pid(name))
            blamed = leases.blame(culprits, "its worker died of it")
            blamed += leases.blame_unclaimed(culprits, "its worker died of it")
            returned = leases.return_of_dead([name], crashed=not blamed)
            log.warning("worker_died", blamed=blamed, returned=returned + blamed)
        if dead:
            slots.free_of_dead(dead)

    def _end_silent(self, beats: Mapping[str, datetime | None]) -> None:
        """End workers that no longer beat: stopped, or held up where no exception reaches them.

        Their rows are given back when they are seen to be dead.
        """
        ours = children.members(self._cluster.group) if self._cluster.group else frozenset()
        for name in self._silence.look(beats, time.monotonic()):
            if (pid := _pid(name)) in ours:
                log.warning("silent_worker_ended", host=self._host_id, pid=pid)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _give_back_all(self, *, crashed: bool) -> None:
        """Every process of the cluster has ended: return whatever it held.

        `crashed` is False when it did not end by itself: the rows are not to blame then.
        """
        self._leave(partial(leases.return_of_host, crashed=crashed))
        self._leave(slots.free_host)

    def _shut_down(self) -> None:
        """Let running calls end, take nothing new, give back the rest and leave."""
        log.info("workers_stopping", host=self._host_id)
        self._leave(slots.revoke_host)
        self._cluster.stop(grace=self._grace, is_busy=self._has_calls)
        self._give_back_all(crashed=False)
        self._payer.stop(grace=2.0)
        self._leave(slots.forget_host)
        log.info("workers_stopped", host=self._host_id)

    def _has_calls(self) -> bool:
        """Whether the host's workers still hold rows."""
        try:
            return leases.held_by_host(self._host_id)
        except (DatabaseError, InterfaceError) as error:
            self._on_database_error(error)
            return True

    def _leave(self, step: Callable[[str], object]) -> None:
        try:
            step(self._host_id)
        except (DatabaseError, InterfaceError) as error:
            self._on_database_error(error)


def _pid(worker: str) -> int:
    """The process id in a worker's name."""
    return int(worker.rpartition(":")[2])
