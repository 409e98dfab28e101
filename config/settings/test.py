"""The test suite: a second embedded cluster that need not survive a power cut, and no world outside this machine."""

from config import env
from config.core.embedded import Embedded
from config.settings.base import *  # noqa: F403
from config.settings.base import DATA_DIR, cache, database

ALLOWED_HOSTS = [".localhost", "testserver", "127.0.0.1"]

# Started here because the test runner opens the database before it reads any conftest.
EMBEDDED = Embedded(DATA_DIR / "test", durable=False)
EMBEDDED.hold()
DATABASES = {"default": database(EMBEDDED.database_url, pool=False)}
BROKER_URL = EMBEDDED.broker_url
CELERY_BROKER_URL = BROKER_URL
# Each test process empties its own cache; with one for all it would empty the others' too.
WORKER = int(env.text("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
CACHES = {"default": cache(f"{BROKER_URL.rpartition('/')[0]}/{1 + WORKER % 15}")}

SECRET_KEY = "only-for-tests-and-never-for-anything-else"
FIELD_KEYS = ["test:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Files are looked up when they are asked for; otherwise each test client would list every static file first.
WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

SIMULATED = False
HTTP_ALLOWED_LOCAL = True
SANDBOX_URL = "http://127.0.0.1:9"
