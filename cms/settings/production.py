"""PostgreSQL, any S3, HTTPS. Every secret comes from the environment or the start fails."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from cms.settings.base import *  # noqa: F403
from cms.settings.base import (
    ALLOWED_HOSTS,
    CMS_BASE_URL,
    DATABASES,
    MEDIA_BASE_URL,
    SECRET_KEY,
    SITE_BASE_URL,
    env,
)

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    raise ImproperlyConfigured("Set DATABASE_URL to a PostgreSQL database: postgres://…")
for _name, _value, _what in (
    ("CMS_BASE_URL", CMS_BASE_URL, "the CMS"),
    ("SITE_BASE_URL", SITE_BASE_URL, "the public site"),
    ("MEDIA_BASE_URL", MEDIA_BASE_URL, "the media bucket, or of the CDN before it"),
):
    _address = urlsplit(_value)
    if _address.scheme != "https" or not _address.hostname:
        raise ImproperlyConfigured(f"Set {_name} to the https:// address of {_what}.")
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("Set SECRET_KEY to at least 50 random characters.")
if ALLOWED_HOSTS == ["127.0.0.1", "localhost"]:
    raise ImproperlyConfigured("Set ALLOWED_HOSTS to the host names of the CMS.")

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
