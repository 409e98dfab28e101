"""What holds everywhere. Each value that differs between machines is read from the environment, typed, once."""

from pathlib import Path
from typing import Any

from django.templatetags.static import static
from kombu import Queue

from config import env
from config.core.jobs import QUEUES

# Where things are

BASE_DIR = env.ROOT
DATA_DIR: Path = env.path("DATA_DIR", BASE_DIR / ".data")
CLOCK_FILE: Path = DATA_DIR / "clock.json"
HOST = env.text("HOST", "127.0.0.1")
PORT = env.number("PORT", 8000, at_least=1, at_most=65535)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Applications: the public schema has operators and the schedule, a client's schema has everything it works with

PEOPLE = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
]
SHARED_APPS = [
    "django_tenants",
    "config.tenants",
    "config.core",
    "config.screens",
    "finance.fx",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    *PEOPLE,
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_celery_beat",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
TENANT_APPS = ["config.core", *PEOPLE, "marketplaces", "catalog", "inventory", "finance", "tickets", "config.api"]
INSTALLED_APPS = SHARED_APPS + [app for app in TENANT_APPS if app not in SHARED_APPS]

TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
PUBLIC_SCHEMA_NAME = "public"
PUBLIC_SCHEMA_URLCONF = "config.urls_public"
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TENANT_LIMIT_SET_CALLS = True
GET_EXECUTOR_FUNCTION = "config.tenants.tables.executor"


# Requests

MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "config.core.nul.RefuseNul",
    "config.tenants.middleware.TenantMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# Static files: served by the web processes themselves, without a second server or a collecting step

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = DATA_DIR / "media"

# Database: a pool in web processes, direct connections in workers (a transaction pooler mixes up clients)

DATABASE_SCHEMES = {"postgresql", "postgres"}
DATABASE_POOL = env.flag("DATABASE_POOL", False)
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]


def database(url: str, *, pool: bool = DATABASE_POOL) -> dict[str, Any]:
    """Django's description of a database address."""
    described: dict[str, Any] = env.environ.Env.db_url_config(url)
    return described | {
        "ENGINE": "django_tenants.postgresql_backend",
        "CONN_MAX_AGE": 0 if pool else 300,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 8, "timeout": 10}} if pool else {"connect_timeout": 5},
    }


# Broker and cache

BROKER_SCHEMES = {"redis", "rediss"}


def cache(url: str) -> dict[str, Any]:
    """A cache whose every key carries the client that it belongs to."""
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": url,
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "KEY_PREFIX": "ninefold",
    }


# Tasks: the broker carries ids only; a limit is shorter than the lease, the lease than the visibility timeout

CELERY_TASK_QUEUES = tuple(Queue(name) for name in QUEUES)
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 2000
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 500_000  # kilobytes
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_DB_REUSE_MAX = 100_000  # dead connections are dropped before each task, see config/worker.py
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_keepalive": True,
    "socket_connect_timeout": 5,
}
CELERY_IMPORTS = ("config.worker",)
CELERY_BEAT_SCHEDULER = "config.beat:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5

# API

API_RATE = env.text("API_RATE", "600/min")
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "config.api.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "config.api.schema.Description",
    "DEFAULT_THROTTLE_CLASSES": ["config.api.throttles.PerCaller"],
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "config.api.errors.refusal",
    "URL_FORMAT_OVERRIDE": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Ninefold",
    "VERSION": "1",
    "DESCRIPTION": "All marketplaces of one client. Times are UTC; money is text beside its currency.",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["config.api.schema.tidy"],
}

# Time, language, behaviour

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
FILTERS_EMPTY_CHOICE_LABEL = "all"
USE_I18N = False

SIMULATED = env.flag("SIMULATED", False)
SANDBOX_URL = ""
DEMO_DAYS = env.number("DEMO_DAYS", 90, at_least=1, at_most=90)
DEMO_ACCOUNTS = env.listed("DEMO_ACCOUNTS", "")
WORK_LEASE_S = env.number("WORK_LEASE_S", 45, at_least=6, at_most=3600)
RAW_RETENTION_DAYS = env.number("RAW_RETENTION_DAYS", 90, at_least=1)
HTTP_ALLOWED_LOCAL = env.flag("HTTP_ALLOWED_LOCAL", False)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"tenant": {"()": "config.core.tenancy.TenantFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s tenant=%(tenant)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["tenant"]}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
}

# Reference rates: the European Central Bank's last ninety days, refreshed by a job

RATES_URL = env.text("RATES_URL", "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist-90d.xml")
RATES_HISTORY_URL = env.text("RATES_HISTORY_URL", "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip")

# One shell for admin and screens

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Ninefold",
    "SITE_HEADER": "Ninefold",
    "SITE_SUBHEADER": "all marketplaces, one truth",
    "SITE_SYMBOL": "deployed_code",
    "SITE_URL": "/",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("icon.svg")}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "LOGIN": {"form": "config.core.sign_in.SignIn"},
    "BORDER_RADIUS": "8px",
    "STYLES": [lambda request: static("app.css")],
    "SCRIPTS": [lambda request: static("live.js")],
    "SIDEBAR": {"show_search": False, "navigation": "config.screens.navigation.sidebar"},
    "COLORS": {
        "primary": {
            "50": "oklch(97.1% .014 174)", "100": "oklch(94% .035 175)", "200": "oklch(88.5% .07 176)",
            "300": "oklch(81% .1 177)", "400": "oklch(72% .12 179)", "500": "oklch(62% .115 181)",
            "600": "oklch(52.5% .1 183)", "700": "oklch(45% .085 185)", "800": "oklch(38.5% .07 187)",
            "900": "oklch(33.5% .058 189)", "950": "oklch(24% .045 191)",
        },
    },
}  # fmt: skip
