"""How our own endpoints appear on the OpenAPI page: what staff do, for programs."""

from __future__ import annotations

from functools import partial

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from eligibility.choices import Failure, Outcome, Review, Status
from eligibility.openapi import tasks
from eligibility.openapi import work_examples as examples
from eligibility.openapi.examples import EXAMPLES
from eligibility.openapi.pages import OPTIONS, TAG
from eligibility.schemas import Row
from portal.api.described import CURSOR, PAGED, with_example

_FILTERS = [
    OpenApiParameter("status", OpenApiTypes.STR, enum=Status.values),
    OpenApiParameter("outcome", OpenApiTypes.STR, enum=Outcome.values),
    OpenApiParameter("failure", OpenApiTypes.STR, enum=Failure.values),
    OpenApiParameter("review", OpenApiTypes.STR, enum=Review.values),
    OpenApiParameter("tpa_name", OpenApiTypes.STR, description="A payer's code."),
    OpenApiParameter("batch_id", OpenApiTypes.UUID),
    OpenApiParameter("client_reference", OpenApiTypes.STR),
    OpenApiParameter("service_date", OpenApiTypes.DATE),
    OpenApiParameter("test_mode", OpenApiTypes.BOOL),
    OpenApiParameter("created_since", OpenApiTypes.DATETIME),
    OpenApiParameter("updated_since", OpenApiTypes.DATETIME),
]
_PROFILE = OpenApiParameter(
    "profile", OpenApiTypes.STR, description="`strict`: a doubt is an error.",
    enum=["lenient", "strict"],
)  # fmt: skip
_IF_MATCH = OpenApiParameter(
    "If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER,
    description="The `ETag` of the row as you know it; another version is answered 412.",
)  # fmt: skip


_page = partial(with_example, tag=TAG)

create_task = _page(
    "create_task",
    "Check one patient now",
    tasks.TaskCreated,
    examples.CREATED,
    examples.ROW,
    request=Row,
    parameters=[option for option in OPTIONS if option.name != "Prefer"],
    description="The body is one row of `bulk/create-tasks`. A bad one is answered 400, and "
    "nothing is kept.",
)
last_tasks = _page(
    "last_5_tasks",
    "The five newest tasks",
    tasks.NewestTasks,
    [next(value for part, _, value in EXAMPLES["eligibility_result"] if part == "response")],
    description="A bare array, each entry as `eligibility-result` shows it.",
)
list_tasks = _page(
    "list_tasks",
    "Find tasks",
    tasks.TaskPage,
    {"items": [examples.TASK], "next": None},
    parameters=[*_FILTERS, *PAGED],
    description="Newest first. `status` and its companions are our own words: `status` is "
    "`work` in the answer.",
)
get_task = _page("get_task", "One task with its version", tasks.Task, examples.TASK)
fix_task = _page(
    "fix_task",
    "Correct a task, and ask again",
    tasks.Task,
    examples.TASK | {"version": 2},
    {"visit_type": "OUTPATIENT"},
    request=tasks.TaskChanges,
    parameters=[
        _IF_MATCH,
        _PROFILE,
        OpenApiParameter("rerun", OpenApiTypes.BOOL, description="`false`: do not ask again."),
    ],
    description="Only the fields that change. What was sent first stays in `request_dump`; each "
    "correction is kept. 409 while the payer is being asked.",
)
retry_task = _page(
    "retry_task",
    "Ask the payer once more",
    tasks.TaskDone,
    examples.task_done("Task is asked again."),
    description="For a task with a final state; the earlier answer is kept. 409 otherwise.",
)
cancel_task = _page(
    "cancel_task",
    "Stop a task",
    tasks.TaskDone,
    examples.task_done("Task cancelled."),
    description="For a task without a final state; an answer that comes all the same is kept as "
    "late. 409 otherwise.",
)
retry_tasks = _page(
    "retry_tasks",
    "Ask again for many tasks",
    tasks.RowsDone,
    examples.rows_done("12 tasks are asked again.", already_in_line=3),
    {"filter": {"failure": "payer_unavailable", "batch_id": examples.TASK["batch_id"]}},
    request=tasks.RetryRequest,
    parameters=[option for option in OPTIONS if option.name == "dry_run"],
    description="Either `task_ids` or a `filter` with the names of the list's filters.",
)
list_batches = _page(
    "list_batches",
    "Find batches",
    tasks.BatchPage,
    {"items": [examples.BATCH], "next": None},
    parameters=PAGED,
    description="Newest first.",
)
get_batch = _page("get_batch", "One batch, without its rows", tasks.BatchHead, examples.BATCH)
pause_batch = _page(
    "pause_batch",
    "Pause a batch",
    tasks.BatchDone,
    examples.batch_done("Batch paused."),
    description="Its pending rows leave the line; those that are being asked run to their end. "
    "409 when it has ended.",
)
resume_batch = _page(
    "resume_batch",
    "Resume a batch",
    tasks.BatchDone,
    examples.batch_done("Batch resumed."),
    description="Its rows are back in line, each at its own earliest time. 409 when it has ended.",
)
cancel_batch = _page(
    "cancel_batch",
    "Cancel a batch",
    tasks.BatchDone,
    examples.batch_done("Batch cancelled."),
    description="Every row without a final state is cancelled. 409 when it has ended.",
)
get_submission = _page(
    "get_submission",
    "Rejected rows of a request or file",
    tasks.SubmissionShape,
    examples.SUBMISSION,
    parameters=[
        OpenApiParameter(
            "rows",
            OpenApiTypes.STR,
            description="`open` (the default) or `all`, the settled ones too.",
            enum=["open", "all"],
        ),
        CURSOR,
    ],
    description="500 rows a page, in the order of their lines.",
)
fix_row = _page(
    "fix_rejected_row",
    "Correct a rejected row",
    tasks.RejectedRowShape,
    examples.FIXED,
    {"visit_type": "OUTPATIENT"},
    request=tasks.TaskChanges,
    parameters=[_IF_MATCH, _PROFILE],
    description="Only the fields that change. A good row becomes a task at its own line; one "
    "that is still wrong is answered 400 and stays.",
)
resubmit = _page(
    "resubmit_rows",
    "Try all rejected rows again",
    tasks.RowsDone,
    examples.rows_done("12 rows were accepted.", still_wrong_under_the_rules_of_today=3),
    description="Each open row as it came, under the payers' rules of today.",
)
list_payers = _page(
    "list_payers",
    "Payers and searches",
    tasks.PayerPage,
    {"items": [examples.PAYER_HEAD], "next": None},
    description="Those in use, by code; all in one page.",
)
get_payer = _page(
    "get_payer",
    "A payer's rules",
    tasks.PayerShape,
    examples.PAYER,
    description="`json_schema` takes exactly the rows that are accepted for this payer (codes in "
    "capitals, texts trimmed). Rules are data: staff change them at once, or announce a change "
    "for a later day (`upcoming`). A row is judged by the rules that hold when it comes in, "
    "whatever its `service_date`.",
)
