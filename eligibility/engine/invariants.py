"""What must be true of a live database at any moment, as queries that find what is not.

The names are those of the design (I1 accepted rows end once, I2 no call twice, …). Each query
returns the ids of offending rows, and each has a count of the rows it looked at, so that a
check of an empty table is not taken for a proof.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

MOST_SHOWN = 20

_TASK = "eligibility_eligibilitytask"
_ATTEMPT = "eligibility_attempt"
_EVENT = "eligibility_taskevent"
_FINAL = "('done', 'failed', 'cancelled')"


@dataclass(frozen=True, slots=True)
class Invariant:
    """One promise: `broken` selects the ids that break it, `examined` counts what was looked at."""

    name: str
    promise: str
    broken: str
    examined: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `ids` holds the first offenders."""

    invariant: Invariant
    examined: int
    count: int
    ids: list[str]


def of_searches() -> tuple[Invariant, ...]:
    """What must be true of searches and their paths."""
    searches = f"SELECT count(*) FROM {_TASK} WHERE is_search AND status IN {_FINAL}"
    return (
        Invariant(
            "I1",
            "a path that has not ended belongs to a search that waits, in its present round",
            f"""SELECT t.id FROM {_TASK} t JOIN {_TASK} p ON p.id = t.parent_id
                WHERE t.status NOT IN {_FINAL}
                  AND (p.status <> 'waiting' OR t.search_round <> p.search_round)""",
            f"SELECT count(*) FROM {_TASK} WHERE parent_id IS NOT NULL",
        ),
        Invariant(
            "I1",
            "a search ends once each time it is asked",
            f"""SELECT t.id FROM {_TASK} t WHERE t.is_search AND (SELECT count(*) FROM {_EVENT} e
                WHERE e.task_id = t.id AND e.after IN {_FINAL}) > 1 + (SELECT count(*)
                FROM {_EVENT} e WHERE e.task_id = t.id AND e.after = 'pending')""",
            searches,
        ),
        Invariant(
            "I1",
            "a search that is done shows what one of its paths was told",
            f"""SELECT t.id FROM {_TASK} t JOIN eligibility_result r ON r.id = t.result_id
                JOIN {_TASK} c ON c.id = r.task_id WHERE t.is_search AND t.status = 'done'
                AND t.id <> COALESCE(c.parent_id, c.id)""",
            searches,
        ),
    )


INVARIANTS = (
    Invariant(
        "I1",
        "a row's state is where its last event put it",
        f"""SELECT t.id FROM {_TASK} t WHERE t.status <> COALESCE((SELECT e.after FROM {_EVENT} e
            WHERE e.task_id = t.id ORDER BY e.id DESC LIMIT 1), 'pending')""",
        f"SELECT count(*) FROM {_TASK}",
    ),
    Invariant(
        "I1",
        "a row's moves follow one another, and only a re-run leaves a final state",
        # People may note that a row is settled as it is: that moves nothing.
        f"""SELECT m.task_id AS id FROM (SELECT e.task_id, e.before, e.after, e.actor,
                LAG(e.after, 1, 'pending') OVER (PARTITION BY e.task_id ORDER BY e.id) AS stood
              FROM {_EVENT} e) AS m
            WHERE m.before <> m.stood OR (m.before IN {_FINAL} AND m.after <> 'pending'
                AND (m.after <> m.before OR m.actor = 'engine'))""",
        f"SELECT count(*) FROM {_EVENT}",
    ),
    Invariant(
        "I1",
        "a row is finished exactly when its state is final, and a done row has its result",
        f"""SELECT t.id FROM {_TASK} t
            WHERE (t.status IN {_FINAL}) <> (t.finished_at IS NOT NULL)
               OR (t.status = 'done' AND t.result_id IS NULL)""",
        f"SELECT count(*) FROM {_TASK} WHERE status IN {_FINAL}",
    ),
    Invariant(
        "I1",
        "a row that is not final has its place in line, unless its batch is paused",
        f"""SELECT t.id FROM {_TASK} t LEFT JOIN eligibility_batch b ON b.id = t.batch_id
            WHERE t.status IN ('pending', 'waiting') AND t.run_at IS NULL
              AND t.parent_id IS NULL AND b.paused_at IS NULL""",
        f"SELECT count(*) FROM {_TASK} WHERE status IN ('pending', 'waiting')",
    ),
    Invariant(
        "I1",
        "a row that reuses an answer has the one that the other row got, in the same clinic",
        f"""SELECT t.id FROM {_TASK} t JOIN {_TASK} o ON o.id = t.reused_from_id
            LEFT JOIN eligibility_result r ON r.id = t.result_id
            WHERE r.task_id IS NULL OR r.task_id <> o.id OR o.clinic_id <> t.clinic_id""",
        f"SELECT count(*) FROM {_TASK} WHERE reused_from_id IS NOT NULL",
    ),
    Invariant(
        "I2",
        "a row's conversations are numbered without a gap, and only the last may be open",
        f"""SELECT a.task_id FROM {_ATTEMPT} a GROUP BY a.task_id
            HAVING count(*) <> max(a.number)
                OR sum(CASE WHEN a.state = 'open' THEN 1 ELSE 0 END) > 1
                OR max(CASE WHEN a.state = 'open' THEN a.number ELSE 0 END)
                   NOT IN (0, max(a.number))""",
        f"SELECT count(*) FROM {_ATTEMPT}",
    ),
    Invariant(
        "I2",
        "a row was called as often as it was claimed: no call without its intent",
        f"""SELECT c.task_id AS id FROM (SELECT a.task_id, sum(a.looks) AS looks
                FROM {_ATTEMPT} a GROUP BY a.task_id) AS c
            WHERE c.looks <> (SELECT count(*) FROM {_EVENT} e
                              WHERE e.task_id = c.task_id AND e.after = 'running')""",
        f"SELECT COALESCE(sum(looks), 0) FROM {_ATTEMPT}",
    ),
    Invariant(
        "I2",
        "a repeated conversation follows one that failed, or a re-run",
        f"""SELECT a.task_id FROM {_ATTEMPT} a
            WHERE a.state = 'answered' AND NOT a.late
              AND EXISTS (SELECT 1 FROM {_ATTEMPT} n
                          WHERE n.task_id = a.task_id AND n.number = a.number + 1)
              AND NOT EXISTS (SELECT 1 FROM {_EVENT} e WHERE e.task_id = a.task_id
                              AND e.before IN {_FINAL} AND e.after = 'pending')""",
        f"SELECT count(*) FROM {_ATTEMPT} WHERE number > 1",
    ),
    Invariant(
        "I2",
        "a row with an answer or a final failure has no conversation left open",
        f"""SELECT t.id FROM {_TASK} t JOIN {_ATTEMPT} a ON a.task_id = t.id
            WHERE t.status IN ('done', 'failed') AND a.state = 'open'""",
        f"SELECT count(*) FROM {_TASK} WHERE status IN ('done', 'failed')",
    ),
    Invariant(
        "I3",
        "every accepted row of a submission is there: its own, or the one it repeats",
        f"""SELECT s.id FROM portal_submission s WHERE s.kind = 'eligibility.tasks'
            AND s.accepted_rows < (SELECT count(*) FROM {_TASK} t WHERE t.submission_id = s.id)""",
        "SELECT count(*) FROM portal_submission",
    ),
    Invariant(
        "I4",
        "a submission keeps all of its rejected rows, or none",
        """SELECT s.id FROM portal_submission s
           WHERE (SELECT count(*) FROM portal_rejectedrow r
                  WHERE r.submission_id = s.id AND r.state <> 'accepted')
                 NOT IN (0, s.rejected_rows)""",
        "SELECT count(*) FROM portal_submission",
    ),
    Invariant(
        "I5",
        "a row's corrections are numbered without a gap",
        """SELECT r.task_id FROM eligibility_taskrevision r GROUP BY r.task_id
           HAVING count(*) <> max(r.number)""",
        "SELECT count(*) FROM eligibility_taskrevision",
    ),
    Invariant(
        "I6",
        "a reference and question has one row",
        f"""SELECT min(CAST(t.id AS text)) FROM {_TASK} t WHERE t.reference_key IS NOT NULL
            GROUP BY t.reference_key HAVING count(*) > 1""",
        f"SELECT count(*) FROM {_TASK} WHERE reference_key IS NOT NULL",
    ),
    Invariant(
        "I7",
        "a running row's open conversation is in the hands that hold its lease",
        f"""SELECT t.id FROM {_TASK} t WHERE t.status = 'running' AND NOT EXISTS (
            SELECT 1 FROM {_ATTEMPT} a WHERE a.task_id = t.id AND a.state = 'open'
              AND a.fence = t.fence AND a.worker = t.worker)""",
        f"SELECT count(*) FROM {_TASK} WHERE status = 'running'",
    ),
    Invariant(
        "I7",
        "no two conversations of a row were begun in one claim",
        f"""SELECT a.task_id AS id FROM {_ATTEMPT} a
            GROUP BY a.task_id, a.fence HAVING count(*) > 1""",
        f"SELECT count(*) FROM {_ATTEMPT}",
    ),
    Invariant(
        "I7",
        "no conversation is ahead of its row",
        f"""SELECT t.id FROM {_TASK} t JOIN {_ATTEMPT} a ON a.task_id = t.id
            WHERE a.fence > t.fence""",
        f"SELECT count(*) FROM {_ATTEMPT}",
    ),
    Invariant(
        "I8",
        "no conversation ended before it began, by the database's clock",
        f"""SELECT a.task_id AS id FROM {_ATTEMPT} a
            WHERE a.finished_at < a.started_at""",
        f"SELECT count(*) FROM {_ATTEMPT} WHERE finished_at IS NOT NULL",
    ),
    Invariant(
        "I8",
        "no row was asked before it was made",
        f"SELECT t.id FROM {_TASK} t WHERE t.first_claimed_at < t.created_at",
        f"SELECT count(*) FROM {_TASK} WHERE first_claimed_at IS NOT NULL",
    ),
    Invariant(
        "I9",
        "no row has outlived three crashes",
        f"""SELECT t.id FROM {_TASK} t WHERE t.crashes >= 3
            AND NOT (t.status = 'failed' AND t.failure = 'internal')""",
        f"SELECT count(*) FROM {_TASK} WHERE crashes > 0",
    ),
    Invariant(
        "I9",
        "a row that was failed for its crashes has had three",
        f"""SELECT t.id FROM {_TASK} t JOIN {_ATTEMPT} a ON a.task_id = t.id AND a.code = 'crash'
            WHERE t.status = 'failed' AND t.failure = 'internal' AND t.crashes < 3
              AND NOT EXISTS (SELECT 1 FROM {_ATTEMPT} n
                              WHERE n.task_id = t.id AND n.number > a.number)""",
        f"SELECT count(*) FROM {_ATTEMPT} WHERE code = 'crash'",
    ),
    Invariant(
        "I10",
        "no conversation was begun or looked at after its row was cancelled",
        f"""SELECT t.id FROM {_TASK} t JOIN {_ATTEMPT} a ON a.task_id = t.id
            WHERE t.status = 'cancelled' AND a.looked_at > t.finished_at""",
        f"SELECT count(*) FROM {_TASK} WHERE status = 'cancelled'",
    ),
    Invariant(
        "I12",
        "a batch's hour asked each row once, and again only after a failure or a re-run",
        f"""SELECT t.id FROM {_TASK} t JOIN eligibility_batch b ON b.id = t.batch_id
            WHERE b.scheduled_for IS NOT NULL AND (
              SELECT count(*) FROM {_ATTEMPT} a
              WHERE a.task_id = t.id AND a.state <> 'failed' AND NOT a.late) > 1 + (
              SELECT count(*) FROM {_EVENT} e
              WHERE e.task_id = t.id AND e.before IN {_FINAL} AND e.after = 'pending')""",
        f"""SELECT count(*) FROM {_TASK} t JOIN eligibility_batch b ON b.id = t.batch_id
            WHERE b.scheduled_for IS NOT NULL AND t.first_claimed_at IS NOT NULL""",
    ),
    Invariant(
        "I12",
        "no row of a batch was asked before its time",
        f"""SELECT t.id FROM {_TASK} t WHERE t.first_claimed_at < t.not_before
            AND t.status NOT IN ('pending') AND NOT EXISTS (
              SELECT 1 FROM {_EVENT} e WHERE e.task_id = t.id AND e.after = 'pending')""",
        f"SELECT count(*) FROM {_TASK} WHERE batch_id IS NOT NULL",
    ),
    *of_searches(),
)


def check() -> list[Finding]:
    """Evaluate every invariant."""
    return [_find(invariant) for invariant in INVARIANTS]


def _find(invariant: Invariant) -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({invariant.broken}) AS broken")
        count = cursor.fetchone()[0]
        ids = []
        if count:
            cursor.execute(f"{invariant.broken} LIMIT {MOST_SHOWN}")
            ids = [str(row[0]) for row in cursor.fetchall()]
        cursor.execute(invariant.examined)
        examined = cursor.fetchone()[0]
    return Finding(invariant, examined, count, ids)
