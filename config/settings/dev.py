"""One machine: embedded PostgreSQL and Redis unless their addresses are given, and simulated marketplaces."""

import base64
import os

from config import env
from config.core.embedded import Embedded
from config.settings.base import *  # noqa: F403
from config.settings.base import BROKER_SCHEMES, DATA_DIR, DATABASE_SCHEMES, cache, database

DEBUG = env.flag("DEBUG", False)
ALLOWED_HOSTS = ["localhost", ".localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = ["http://*.localhost", "http://localhost"]

EMBEDDED = Embedded.for_what_is_missing(DATA_DIR)
BROKER_URL = env.url("BROKER_URL", EMBEDDED.broker_url, schemes=BROKER_SCHEMES)
CELERY_BROKER_URL = BROKER_URL
DATABASES = {"default": database(env.url("DATABASE_URL", EMBEDDED.database_url, schemes=DATABASE_SCHEMES))}
CACHES = {"default": cache(env.url("CACHE_URL", BROKER_URL, schemes=BROKER_SCHEMES))}

SECRET_KEY = env.kept_secret("SECRET_KEY", DATA_DIR / "keys")
FIELD_KEYS = env.kept_secret(
    "FIELD_KEYS", DATA_DIR / "keys", lambda: f"local:{base64.b64encode(os.urandom(32)).decode()}"
).split(",")

SIMULATED = env.flag("SIMULATED", True)
HTTP_ALLOWED_LOCAL = env.flag("HTTP_ALLOWED_LOCAL", True)
SANDBOX_URL = env.text("SANDBOX_URL", f"http://127.0.0.1:{EMBEDDED.port('sandbox')}")
