"""What must be true of conversations with payers: one at a time, each for a reason."""

from __future__ import annotations

from eligibility.engine.invariants.promise import ATTEMPT, EVENT, FINAL, TASK, Invariant

CALLS = (
    Invariant(
        "I2",
        "a row's conversations are numbered without a gap, and only the last may be open",
        f"""SELECT a.task_id FROM {ATTEMPT} a GROUP BY a.task_id
            HAVING count(*) <> max(a.number)
                OR sum(CASE WHEN a.state = 'open' THEN 1 ELSE 0 END) > 1
                OR max(CASE WHEN a.state = 'open' THEN a.number ELSE 0 END)
                   NOT IN (0, max(a.number))""",
        f"SELECT count(*) FROM {ATTEMPT}",
    ),
    Invariant(
        "I2",
        "a row was called as often as it was claimed: no call without its intent",
        f"""SELECT c.task_id AS id FROM (SELECT a.task_id, sum(a.looks) AS looks
                FROM {ATTEMPT} a GROUP BY a.task_id) AS c
            WHERE c.looks <> (SELECT count(*) FROM {EVENT} e
                              WHERE e.task_id = c.task_id AND e.after = 'running')""",
        f"SELECT COALESCE(sum(looks), 0) FROM {ATTEMPT}",
    ),
    Invariant(
        "I2",
        "a repeated conversation follows one that failed, or a re-run",
        f"""SELECT a.task_id FROM {ATTEMPT} a
            WHERE a.state = 'answered' AND NOT a.late
              AND EXISTS (SELECT 1 FROM {ATTEMPT} n
                          WHERE n.task_id = a.task_id AND n.number = a.number + 1)
              AND NOT EXISTS (SELECT 1 FROM {EVENT} e WHERE e.task_id = a.task_id
                              AND e.before IN {FINAL} AND e.after = 'pending')""",
        f"SELECT count(*) FROM {ATTEMPT} WHERE number > 1",
    ),
    Invariant(
        "I2",
        "a row with an answer or a final failure has no conversation left open",
        f"""SELECT t.id FROM {TASK} t JOIN {ATTEMPT} a ON a.task_id = t.id
            WHERE t.status IN ('done', 'failed') AND a.state = 'open'""",
        f"SELECT count(*) FROM {TASK} WHERE status IN ('done', 'failed')",
    ),
    Invariant(
        "I7",
        "a running row's open conversation is in the hands that hold its lease",
        f"""SELECT t.id FROM {TASK} t WHERE t.status = 'running' AND NOT EXISTS (
            SELECT 1 FROM {ATTEMPT} a WHERE a.task_id = t.id AND a.state = 'open'
              AND a.fence = t.fence AND a.worker = t.worker)""",
        f"SELECT count(*) FROM {TASK} WHERE status = 'running'",
    ),
    Invariant(
        "I7",
        "no two conversations of a row were begun in one claim",
        f"""SELECT a.task_id AS id FROM {ATTEMPT} a
            GROUP BY a.task_id, a.fence HAVING count(*) > 1""",
        f"SELECT count(*) FROM {ATTEMPT}",
    ),
    Invariant(
        "I7",
        "no conversation is ahead of its row",
        f"""SELECT t.id FROM {TASK} t JOIN {ATTEMPT} a ON a.task_id = t.id
            WHERE a.fence > t.fence""",
        f"SELECT count(*) FROM {ATTEMPT}",
    ),
    Invariant(
        "I8",
        "no conversation ended before it began, by the database's clock",
        f"""SELECT a.task_id AS id FROM {ATTEMPT} a
            WHERE a.finished_at < a.started_at""",
        f"SELECT count(*) FROM {ATTEMPT} WHERE finished_at IS NOT NULL",
    ),
    Invariant(
        "I8",
        "no row was asked before it was made",
        f"SELECT t.id FROM {TASK} t WHERE t.first_claimed_at < t.created_at",
        f"SELECT count(*) FROM {TASK} WHERE first_claimed_at IS NOT NULL",
    ),
)
