"""What must be true of rows: where they stand, how they ended, when they were asked."""

from __future__ import annotations

from eligibility.engine.invariants.promise import ATTEMPT, EVENT, FINAL, TASK, Invariant

ROWS = (
    Invariant(
        "I1",
        "a row's state is where its last event put it",
        f"""SELECT t.id FROM {TASK} t WHERE t.status <> COALESCE((SELECT e.after FROM {EVENT} e
            WHERE e.task_id = t.id ORDER BY e.id DESC LIMIT 1), 'pending')""",
        f"SELECT count(*) FROM {TASK}",
    ),
    Invariant(
        "I1",
        "a row's moves follow one another, and only a re-run leaves a final state",
        # People may note that a row is settled as it is: that moves nothing.
        f"""SELECT m.task_id AS id FROM (SELECT e.task_id, e.before, e.after, e.actor,
                LAG(e.after, 1, 'pending') OVER (PARTITION BY e.task_id ORDER BY e.id) AS stood
              FROM {EVENT} e) AS m
            WHERE m.before <> m.stood OR (m.before IN {FINAL} AND m.after <> 'pending'
                AND (m.after <> m.before OR m.actor = 'engine'))""",
        f"SELECT count(*) FROM {EVENT}",
    ),
    Invariant(
        "I1",
        "a row is finished exactly when its state is final, and a done row has its result",
        f"""SELECT t.id FROM {TASK} t
            WHERE (t.status IN {FINAL}) <> (t.finished_at IS NOT NULL)
               OR (t.status = 'done' AND t.result_id IS NULL)""",
        f"SELECT count(*) FROM {TASK} WHERE status IN {FINAL}",
    ),
    Invariant(
        "I1",
        "a row that is not final has its place in line, unless its batch is paused",
        f"""SELECT t.id FROM {TASK} t LEFT JOIN eligibility_batch b ON b.id = t.batch_id
            WHERE t.status IN ('pending', 'waiting') AND t.run_at IS NULL
              AND t.parent_id IS NULL AND b.paused_at IS NULL""",
        f"SELECT count(*) FROM {TASK} WHERE status IN ('pending', 'waiting')",
    ),
    Invariant(
        "I1",
        "a row that reuses an answer has the one that the other row got, in the same clinic",
        f"""SELECT t.id FROM {TASK} t JOIN {TASK} o ON o.id = t.reused_from_id
            LEFT JOIN eligibility_result r ON r.id = t.result_id
            WHERE r.task_id IS NULL OR r.task_id <> o.id OR o.clinic_id <> t.clinic_id""",
        f"SELECT count(*) FROM {TASK} WHERE reused_from_id IS NOT NULL",
    ),
    Invariant(
        "I5",
        "a row's corrections are numbered without a gap",
        """SELECT r.task_id FROM eligibility_taskrevision r GROUP BY r.task_id
           HAVING count(*) <> max(r.number)""",
        "SELECT count(*) FROM eligibility_taskrevision",
    ),
    Invariant(
        "I9",
        "no row has outlived three crashes",
        f"""SELECT t.id FROM {TASK} t WHERE t.crashes >= 3
            AND NOT (t.status = 'failed' AND t.failure = 'internal')""",
        f"SELECT count(*) FROM {TASK} WHERE crashes > 0",
    ),
    Invariant(
        "I9",
        "a row that was failed for its crashes has had three",
        f"""SELECT t.id FROM {TASK} t JOIN {ATTEMPT} a ON a.task_id = t.id AND a.code = 'crash'
            WHERE t.status = 'failed' AND t.failure = 'internal' AND t.crashes < 3
              AND NOT EXISTS (SELECT 1 FROM {ATTEMPT} n
                              WHERE n.task_id = t.id AND n.number > a.number)""",
        f"SELECT count(*) FROM {ATTEMPT} WHERE code = 'crash'",
    ),
    Invariant(
        "I10",
        "no conversation was begun or looked at after its row was cancelled",
        f"""SELECT t.id FROM {TASK} t JOIN {ATTEMPT} a ON a.task_id = t.id
            WHERE t.status = 'cancelled' AND a.looked_at > t.finished_at""",
        f"SELECT count(*) FROM {TASK} WHERE status = 'cancelled'",
    ),
    Invariant(
        "I12",
        "a batch's hour asked each row once, and again only after a failure or a re-run",
        f"""SELECT t.id FROM {TASK} t JOIN eligibility_batch b ON b.id = t.batch_id
            WHERE b.scheduled_for IS NOT NULL AND (
              SELECT count(*) FROM {ATTEMPT} a
              WHERE a.task_id = t.id AND a.state <> 'failed' AND NOT a.late) > 1 + (
              SELECT count(*) FROM {EVENT} e
              WHERE e.task_id = t.id AND e.before IN {FINAL} AND e.after = 'pending')""",
        f"""SELECT count(*) FROM {TASK} t JOIN eligibility_batch b ON b.id = t.batch_id
            WHERE b.scheduled_for IS NOT NULL AND t.first_claimed_at IS NOT NULL""",
    ),
    Invariant(
        "I12",
        "no row of a batch was asked before its time",
        f"""SELECT t.id FROM {TASK} t WHERE t.first_claimed_at < t.not_before
            AND t.status NOT IN ('pending') AND NOT EXISTS (
              SELECT 1 FROM {EVENT} e WHERE e.task_id = t.id AND e.after = 'pending')""",
        f"SELECT count(*) FROM {TASK} WHERE batch_id IS NOT NULL",
    ),
    Invariant(
        "I1",
        "a path that has not ended belongs to a search that waits, in its present round",
        f"""SELECT t.id FROM {TASK} t JOIN {TASK} p ON p.id = t.parent_id
            WHERE t.status NOT IN {FINAL}
              AND (p.status <> 'waiting' OR t.search_round <> p.search_round)""",
        f"SELECT count(*) FROM {TASK} WHERE parent_id IS NOT NULL",
    ),
    Invariant(
        "I1",
        "a search ends once each time it is asked",
        f"""SELECT t.id FROM {TASK} t WHERE t.is_search AND (SELECT count(*) FROM {EVENT} e
            WHERE e.task_id = t.id AND e.after IN {FINAL}) > 1 + (SELECT count(*)
            FROM {EVENT} e WHERE e.task_id = t.id AND e.after = 'pending')""",
        f"SELECT count(*) FROM {TASK} WHERE is_search AND status IN {FINAL}",
    ),
    Invariant(
        "I1",
        "a search that is done shows what one of its paths was told",
        f"""SELECT t.id FROM {TASK} t JOIN eligibility_result r ON r.id = t.result_id
            JOIN {TASK} c ON c.id = r.task_id WHERE t.is_search AND t.status = 'done'
            AND t.id <> COALESCE(c.parent_id, c.id)""",
        f"SELECT count(*) FROM {TASK} WHERE is_search AND status IN {FINAL}",
    ),
)
