"""PostgreSQL, any S3, HTTPS. Every secret comes from the environment or the start fails."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from cms.settings.base import *  # noqa: F403
from cms.settings.base import (
    ALLOWED_HOSTS,
    CMS_BASE_URL,
    DATABASES,
    LOGIN_MAX_FAILURES,
    LOGIN_WAIT_MINUTES,
    MEDIA_BASE_URL,
    METRICS_TOKEN,
    S3_ACCESS_KEY_ID,
    S3_SECRET_ACCESS_KEY,
    SECRET_KEY,
    SITE_BASE_URL,
    STATE_DIR,
    env,
)


def _insist(name: str, *, good: bool, mend: str) -> None:
    if not good:
        raise ImproperlyConfigured(f"Set {name} to {mend}.")


for _name, _value, _what in (
    ("CMS_BASE_URL", CMS_BASE_URL, "the CMS"),
    ("SITE_BASE_URL", SITE_BASE_URL, "the public site"),
    ("MEDIA_BASE_URL", MEDIA_BASE_URL, "the media bucket, or of the CDN before it"),
):
    _address = urlsplit(_value)
    _insist(
        _name,
        good=_address.scheme == "https" and bool(_address.hostname),
        mend=f"the https:// address of {_what}",
    )
_insist(
    "SECRET_KEY",
    good=len(SECRET_KEY) >= 50 and len(set(SECRET_KEY)) >= 5,
    mend="at least 50 random characters: "
    'python -c "import secrets; print(secrets.token_urlsafe(64))"',
)
_insist(
    "DATABASE_URL",
    good=DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql"
    and bool(DATABASES["default"]["NAME"]),
    mend="a PostgreSQL database: postgres://user:password@host:5432/name",
)
_insist(
    "ALLOWED_HOSTS",
    good=bool(ALLOWED_HOSTS)
    and "*" not in ALLOWED_HOSTS
    and ALLOWED_HOSTS != ["127.0.0.1", "localhost"],
    mend="the host names of the CMS, with commas, each by its name",
)
_insist("AWS_ACCESS_KEY_ID", good=bool(S3_ACCESS_KEY_ID), mend="the object store's key")
_insist(
    "AWS_SECRET_ACCESS_KEY", good=bool(S3_SECRET_ACCESS_KEY), mend="the secret of the store's key"
)
_insist(
    "EMAIL_URL",
    good=bool(env.str("EMAIL_URL", default="")),
    mend="the mail server of the workflow's notices: smtp+tls://user:password@host:587; "
    "consolemail:// writes them to the log",
)
_insist(
    "EMAIL_FROM",
    good="@" in env.str("EMAIL_FROM", default=""),
    mend="the address that notices come from",
)
_insist(
    "METRICS_TOKEN",
    good=not METRICS_TOKEN or len(METRICS_TOKEN) >= 20,
    mend="at least 20 random characters, or to nothing: then there are no metrics",
)
_insist("LOGIN_MAX_FAILURES", good=LOGIN_MAX_FAILURES > 0, mend="a number of tries, such as 5")
_insist("LOGIN_WAIT_MINUTES", good=LOGIN_WAIT_MINUTES > 0, mend="a number of minutes, such as 15")

try:
    (STATE_DIR / "uploads").mkdir(parents=True, exist_ok=True)
except OSError as _error:
    raise ImproperlyConfigured(
        f"Set STATE_DIR to a folder that lasts and that this process may write to: {_error}."
    ) from _error

SITE_KEYS_APART = True

# Every thread of the application server keeps its connection, and tries it before use: a
# restarted database costs nobody a fault.
DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 10)

# The proxy that ends HTTPS. It sets X-Forwarded-Proto, and adds to X-Forwarded-For.
PROXY_COUNT = env.int("PROXY_COUNT", default=1)
_insist("PROXY_COUNT", good=PROXY_COUNT >= 0, mend="how many proxies of yours stand before the CMS")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
# A shift, then log in again.
SESSION_COOKIE_AGE = 12 * 60 * 60
# The editors' preview is a frame of the CMS in the CMS.
SILENCED_SYSTEM_CHECKS = ["security.W019"]
