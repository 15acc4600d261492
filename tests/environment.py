"""The environment every test run has, whatever the shell around it says.

Loaded by pytest (`-p tests.environment`) before Django reads its settings. DEBUG is on while they
are read, for plain static files and derived keys; pytest-django turns `settings.DEBUG` off again.
DATABASE_URL is kept; without one the tests make SQLite files of their own (conftest.py) and never
open the developer's.
"""

from __future__ import annotations

import os

FIXED = {"DEBUG": "1", "SECRET_KEY": "a-key-for-tests-only", "LOG_LEVEL": "INFO", "LOG_JSON": "0"}
LEFT_OUT = (
    "ALLOWED_HOSTS",
    "API_KEY_PEPPER",
    "BEHIND_PROXY",
    "BULK_MAX_BYTES",
    "BULK_MAX_ROWS",
    "CONN_MAX_AGE",
    "CSRF_TRUSTED_ORIGINS",
    "FIELD_KEY",
    "HTTPS_ONLY",
    "METRICS_TOKEN",
    "OUTGOING_ALLOW",
    "PROMETHEUS_MULTIPROC_DIR",
    "PROXY_COUNT",
    "QUOTA_CALLS_OF_KEY",
    "QUOTA_CALLS_OF_TEAM",
    "QUOTA_SECONDS",
    "RECORD_STATUSES",
    "SESSION_ABSOLUTE_SECONDS",
    "SESSION_IDLE_SECONDS",
    "SYNTHETIC_PAYER_URL",
    "WORKERS",
    "WORKER_MEMORY_MB",
)

for name in LEFT_OUT:
    os.environ.pop(name, None)
os.environ.update(FIXED)
os.environ.setdefault("DATABASE_URL", "sqlite://:memory:")
