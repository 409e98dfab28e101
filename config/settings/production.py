"""Only what differs from the base; every address and every secret must be given."""

from config import env
from config.settings.base import *  # noqa: F403
from config.settings.base import BROKER_SCHEMES, DATA_DIR, DATABASE_SCHEMES, cache, database

DEBUG = False
SECRET_KEY = env.secret("SECRET_KEY", at_least=50)
FIELD_KEYS = env.secret("FIELD_KEYS").split(",")
ALLOWED_HOSTS = env.listed("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.listed("CSRF_TRUSTED_ORIGINS")

DATABASES = {"default": database(env.url("DATABASE_URL", schemes=DATABASE_SCHEMES))}
BROKER_URL = env.url("BROKER_URL", schemes=BROKER_SCHEMES)
CELERY_BROKER_URL = BROKER_URL
CACHES = {"default": cache(env.url("CACHE_URL", BROKER_URL, schemes=BROKER_SCHEMES))}

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = env.number("SECURE_HSTS_SECONDS", 31_536_000)
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
STATIC_ROOT = env.path("STATIC_ROOT", DATA_DIR / "static")
WHITENOISE_USE_FINDERS = False
STORAGES = {
    "default": {"BACKEND": "django_tenants.files.storage.TenantFileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
