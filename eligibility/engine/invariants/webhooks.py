"""What must be true of webhooks: what ended is told, and told until it was heard."""

from __future__ import annotations

from eligibility.engine.invariants.promise import FINAL, TASK, Invariant
from portal.webhooks.pruning import KEPT_FOR
from portal.webhooks.schedule import RETRIES

_DAYS = KEPT_FOR.days - 1
"""How far back it is looked: older events may have been deleted."""


def _told(moment: str) -> str:
    """Rows that ended after this moment, while an endpoint listened to such ends.

    One whose wishes were changed since is left out: nobody knows what it wanted when.
    """
    return f"""FROM portal_webhookendpoint w JOIN {TASK} t
      ON t.team_id = w.team_id AND (w.clinic_id IS NULL OR w.clinic_id = t.clinic_id)
    WHERE w.disabled_at IS NULL AND t.parent_id IS NULL AND t.status IN {FINAL}
      AND t.created_at > w.listens_from AND t.finished_at > {moment}
      AND (CAST(w.event_types AS text) = '[]'
           OR CAST(w.event_types AS text) LIKE '%"task.' || t.status || '"%')
      AND NOT EXISTS (SELECT 1 FROM portal_auditevent a
          WHERE a.object_kind = 'portal.webhookendpoint' AND a.verb = 'changed'
            AND replace(a.object_id, '-', '') = replace(CAST(w.id AS text), '-', ''))"""


_TOLD = _told(f"datetime('now', '-{_DAYS} days')")
_TOLD_ON_POSTGRES = _told(f"now() - INTERVAL '{_DAYS} days'")
_UNTOLD = """AND NOT EXISTS (
    SELECT 1 FROM portal_webhookevent e JOIN portal_webhookdelivery d
      ON d.event_id = e.id AND d.endpoint_id = w.id
    WHERE e.subject = t.id AND e.type = 'task.' || t.status)"""

WEBHOOKS = (
    Invariant(
        "I11",
        "a row that ended while somebody listened has its event, on its way to them",
        f"SELECT t.id {_TOLD} {_UNTOLD}",
        f"SELECT count(*) {_TOLD}",
        on_postgres=f"SELECT t.id {_TOLD_ON_POSTGRES} {_UNTOLD}",
        examined_on_postgres=f"SELECT count(*) {_TOLD_ON_POSTGRES}",
    ),
    Invariant(
        "I11",
        "an event of a subject is told under one id",
        """SELECT min(CAST(e.id AS text)) FROM portal_webhookevent e
           GROUP BY e.subject, e.sequence HAVING count(*) > 1""",
        "SELECT count(*) FROM portal_webhookevent",
    ),
    Invariant(
        "I11",
        "a delivery counts as made only when it was answered 2xx",
        """SELECT d.id FROM portal_webhookdelivery d WHERE d.state = 'delivered'
           AND (d.attempts = 0 OR d.delivered_at IS NULL OR d.last_status IS NULL
                OR d.last_status NOT BETWEEN 200 AND 299)""",
        "SELECT count(*) FROM portal_webhookdelivery WHERE state = 'delivered'",
    ),
    Invariant(
        "I11",
        "a delivery is given up only after its last try, or when its receiver is gone",
        f"""SELECT d.id FROM portal_webhookdelivery d WHERE d.state = 'failed'
            AND d.attempts <= {len(RETRIES)} AND COALESCE(d.last_status, 0) <> 410""",
        "SELECT count(*) FROM portal_webhookdelivery WHERE state = 'failed'",
    ),
)
