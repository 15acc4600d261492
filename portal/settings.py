"""Settings of the portal. Everything that differs between machines comes from the environment."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import environ

from portal.appearance import UNFOLD as UNFOLD

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str(
    "SECRET_KEY", default="debug-only-not-a-secret" if DEBUG else environ.Env.NOTSET
)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
HTTPS_ONLY = env.bool("HTTPS_ONLY", default=not DEBUG)


def _derived_key(purpose: str) -> str:
    """A key of its own for each purpose, so that a leak of one does not open the other."""
    return hashlib.sha256(f"{purpose}:{SECRET_KEY}".encode()).hexdigest()


API_KEY_PEPPER = env.str(
    "API_KEY_PEPPER", default=_derived_key("api-key-pepper") if DEBUG else environ.Env.NOTSET
)
# Seals the secrets of connections. Several keys, with commas: the first one seals, all open.
FIELD_KEY = env.list(
    "FIELD_KEY", default=[_derived_key("field-key")] if DEBUG else environ.Env.NOTSET
)

# --- the application -----------------------------------------------------------------------------

INSTALLED_APPS = [
    # Not plain "unfold", which would silently replace the project's own site.
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "portal.admin_app.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_q",
    "axes",
    "portal.apps.PortalConfig",
    "records.apps.RecordsConfig",
    "eligibility.apps.EligibilityConfig",
]

MIDDLEWARE = [
    "portal.metrics.MetricsMiddleware",
    "portal.middleware.RequestIdMiddleware",
    "portal.middleware.SecurityHeadersMiddleware",
    "portal.middleware.ApiEnvelopeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.ApiGuardMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.sessions.SessionLimitsMiddleware",
    "portal.sessions.StaffZoneMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
APPEND_SLASH = False
AUTH_USER_MODEL = "portal.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.roles.permitted",
            ],
        },
    },
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
FORMAT_MODULE_PATH = "portal.formats"

# --- the database --------------------------------------------------------------------------------

DATABASE_URL = env.str(
    "DATABASE_URL", default=f"sqlite:///{quote(str(BASE_DIR / 'var' / 'portal.sqlite3'))}"
)
DATABASES = {"default": environ.Env.db_url_config(DATABASE_URL)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    if not env.str("DATABASE_URL", default=""):
        (BASE_DIR / "var").mkdir(exist_ok=True)
    # synchronous=FULL: an accepted row must survive a power cut, as on PostgreSQL.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32000;"
        ),
    }
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# --- static files --------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# --- the staff's pages ---------------------------------------------------------------------------

LOGIN_URL = "admin:login"
CSRF_FAILURE_VIEW = "portal.admin_pages.stale_form"
LOGIN_REDIRECT_URL = "admin:index"
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", default=30 * 60)
SESSION_ABSOLUTE_SECONDS = env.int("SESSION_ABSOLUTE_SECONDS", default=12 * 60 * 60)
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = "Lax"

# Per name and address together: a whole clinic behind one proxy is not locked out by one person.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
# `next` may hold a typed search term, which names a patient.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "next"]
AXES_LOCKOUT_CALLABLE = "portal.sessions.lockout_page"
AXES_CLIENT_IP_CALLABLE = "portal.sessions.client_ip"
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

# Lists of patients wait here, an hour at most, between the trial run and the real one.
UPLOAD_DIR = env.str("UPLOAD_DIR", default=str(BASE_DIR / "var" / "uploads"))
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=20 * 1024 * 1024)

# --- the API -------------------------------------------------------------------------------------

API_PREFIXES = ("/v2/", "/integrations/", "/api/")
BULK_MAX_ROWS = env.int("BULK_MAX_ROWS", default=10_000)
BULK_MAX_BYTES = env.int("BULK_MAX_BYTES", default=20 * 1024 * 1024)
# Who may read /metrics: the bearer of this token; when it is empty, this machine alone.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# Calls of the API in each window, of one key and of all keys of a team together.
QUOTA_SECONDS = env.int("QUOTA_SECONDS", default=60)
QUOTA_CALLS_OF_KEY = env.int("QUOTA_CALLS_OF_KEY", default=1_200)
QUOTA_CALLS_OF_TEAM = env.int("QUOTA_CALLS_OF_TEAM", default=3_600)
# A body over the limit is read up to here before it is refused, so that the client gets the answer.
DRAIN_MAX_BYTES = 64 * 1024 * 1024
# What a record's `config.status` may say.
RECORD_STATUSES = env.list("RECORD_STATUSES", default=["active", "inactive"])
DATA_UPLOAD_MAX_MEMORY_SIZE = BULK_MAX_BYTES + 1

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["portal.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["portal.api.permissions.HasScope"],
    "DEFAULT_PARSER_CLASSES": ["portal.api.parsers.GuardedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["portal.api.renderers.ApiJSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "portal.api.autoschema.ScopedSchema",
    "EXCEPTION_HANDLER": "portal.api.envelope.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Eligibility Portal",
    "VERSION": "2.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": ["portal.api.schema.add_common_parts"],
    "SCHEMA_PATH_PREFIX": "/v2/",
}

# --- the engine ----------------------------------------------------------------------------------

WORKERS = env.int("WORKERS", default=3)
# The most that one worker process may hold, so that a row that fills it costs that process only.
WORKER_MEMORY_MB = env.int("WORKER_MEMORY_MB", default=1024)
# Empty: `workers` starts the synthetic payer itself, on a free loopback port.
SYNTHETIC_PAYER_URL = env.str("SYNTHETIC_PAYER_URL", default="")
# Networks inside the house that connections may call, over plain HTTP too: 10.1.0.0/16,192.0.2.7
OUTGOING_ALLOW = env.list("OUTGOING_ALLOW", default=[])

Q_CLUSTER = {
    "name": "portal",
    "orm": "default",
    "broker_class": "portal.broker.PortalBroker",
    "workers": WORKERS,
    "queue_limit": WORKERS,
    "bulk": 1,
    "timeout": 600,
    "retry": 3600,
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": 0,
    "catch_up": False,
    "guard_cycle": 0.5,
    "scheduler": False,
    "poll": 0.1,
    "log_level": "WARNING",
}

# --- security ------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS_ONLY
SECURE_HSTS_PRELOAD = HTTPS_ONLY
SECURE_REDIRECT_EXEMPT = [r"^v2/api-integration/health$", r"^(healthz|readyz|metrics)$"]
SESSION_COOKIE_SECURE = HTTPS_ONLY
CSRF_COOKIE_SECURE = HTTPS_ONLY
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
PROXY_COUNT = env.int("PROXY_COUNT", default=1) if BEHIND_PROXY else 0
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- logs ----------------------------------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING_CONFIG = "portal.logs.configure"
LOGGING = {"level": LOG_LEVEL, "json": env.bool("LOG_JSON", default=not DEBUG)}
