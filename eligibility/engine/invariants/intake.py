"""What must be true of what came in: nothing lost, nothing twice."""

from __future__ import annotations

from eligibility.engine.invariants.promise import TASK, Invariant

_BULK = "k.status = 200 AND k.path LIKE '%/bulk/create-tasks'"
_NAMED = f"""SELECT k.id, replace(json_extract(each.value, '$.task_id'), '-', '') AS task_id
    FROM portal_idempotencyrecord k, json_each(CAST(k.body AS TEXT), '$.data.tasks') each
    WHERE {_BULK} AND json_extract(each.value, '$.task_id') IS NOT NULL"""
_NAMED_ON_POSTGRES = f"""SELECT k.id, CAST(each ->> 'task_id' AS uuid) AS task_id
    FROM (SELECT k.id, convert_from(k.body, 'UTF8')::jsonb AS said
          FROM portal_idempotencyrecord k WHERE {_BULK} OFFSET 0) k,
        jsonb_array_elements(k.said #> '{{data,tasks}}') each
    WHERE each ->> 'task_id' IS NOT NULL"""
"""The tasks that the kept answers of bulk requests name."""

INTAKE = (
    Invariant(
        "I3",
        "every accepted row of a submission is there: its own, or the one it repeats",
        f"""SELECT s.id FROM portal_submission s WHERE s.kind = 'eligibility.tasks'
            AND s.accepted_rows < (SELECT count(*) FROM {TASK} t WHERE t.submission_id = s.id)""",
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
        "I6",
        "a reference and question has one row",
        f"""SELECT min(CAST(t.id AS text)) FROM {TASK} t WHERE t.reference_key IS NOT NULL
            GROUP BY t.reference_key HAVING count(*) > 1""",
        f"SELECT count(*) FROM {TASK} WHERE reference_key IS NOT NULL",
    ),
    Invariant(
        "I6",
        "a practitioner has one record for each integration and logicalId",
        """SELECT min(r.id) FROM records_resourcerecord r WHERE r.logical_id IS NOT NULL
           GROUP BY r.team_id, r.integration_key, r.logical_id HAVING count(*) > 1""",
        "SELECT count(*) FROM records_resourcerecord WHERE logical_id IS NOT NULL",
    ),
    Invariant(
        "I6",
        "an Idempotency-Key has one POST",
        """SELECT min(r.id) FROM portal_idempotencyrecord r
           GROUP BY r.team_id, r.method, r.path, r.key HAVING count(*) > 1""",
        "SELECT count(*) FROM portal_idempotencyrecord",
    ),
    Invariant(
        "I6",
        "a kept answer names rows that are there: it was written with its work",
        f"SELECT k.id FROM ({_NAMED}) k LEFT JOIN {TASK} t ON t.id = k.task_id WHERE t.id IS NULL",
        f"SELECT count(*) FROM ({_NAMED}) k",
        on_postgres=f"""SELECT k.id FROM ({_NAMED_ON_POSTGRES}) k
            LEFT JOIN {TASK} t ON t.id = k.task_id WHERE t.id IS NULL""",
        examined_on_postgres=f"SELECT count(*) FROM ({_NAMED_ON_POSTGRES}) k",
    ),
)
