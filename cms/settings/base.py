"""What every profile shares. A setting that has no safe default fails here, at start."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import environ

from cms.queues.address import check_address, rq_queues

ROOT = Path(__file__).resolve().parents[2]
env = environ.Env()

SECRET_KEY = env.str("SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Where people and programs reach us.
CMS_BASE_URL = env.str("CMS_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
SITE_BASE_URL = env.str("SITE_BASE_URL", default="http://127.0.0.1:8080").rstrip("/")
SITE_LANGUAGE = env.str("SITE_LANGUAGE", default="id")
SITE_THEME = Path(theme) if (theme := env.str("SITE_THEME", default="")) else None
WAGTAILADMIN_BASE_URL = CMS_BASE_URL

# State that is not in the database: the build, what is pushed, uploads under way.
STATE_DIR = Path(env.str("STATE_DIR", default=str(ROOT / "var"))).resolve()
SITE_BUILD_DIR = STATE_DIR / "dist"
SITE_TARGETS = env.list("SITE_TARGETS", default=[f"file:{STATE_DIR / 'edge'}"])
SITE_EDGE_URL = env.str("SITE_EDGE_URL", default=SITE_BASE_URL)

# Caches before the site, told what changed: any that take PURGE, and two that have an API. What
# each takes a second, in requests.
SITE_PURGE_URL = env.str("SITE_PURGE_URL", default="")
SITE_PURGE_PER_SECOND = env.float("SITE_PURGE_PER_SECOND", default=1000.0)
CLOUDFLARE_ZONE_ID = env.str("CLOUDFLARE_ZONE_ID", default="")
CLOUDFLARE_API_TOKEN = env.str("CLOUDFLARE_API_TOKEN", default="")
CLOUDFLARE_API_URL = env.str("CLOUDFLARE_API_URL", default="https://api.cloudflare.com/client/v4")
# Above 4 a second the whole API is closed to the account for five minutes.
CLOUDFLARE_PER_SECOND = env.float("CLOUDFLARE_PER_SECOND", default=3.0)
CLOUDFRONT_DISTRIBUTION_ID = env.str("CLOUDFRONT_DISTRIBUTION_ID", default="")
CLOUDFRONT_ACCESS_KEY_ID = env.str("CLOUDFRONT_ACCESS_KEY_ID", default="")
CLOUDFRONT_SECRET_ACCESS_KEY = env.str("CLOUDFRONT_SECRET_ACCESS_KEY", default="")
CLOUDFRONT_ENDPOINT_URL = env.str("CLOUDFRONT_ENDPOINT_URL", default="")
CLOUDFRONT_PER_SECOND = env.float("CLOUDFRONT_PER_SECOND", default=1.0)

# Object storage: one code path for every S3.
S3_ENDPOINT_URL = env.str("S3_ENDPOINT_URL", default="") or None
S3_REGION = env.str("S3_REGION", default="us-east-1")
S3_ACCESS_KEY_ID = env.str("AWS_ACCESS_KEY_ID")
S3_SECRET_ACCESS_KEY = env.str("AWS_SECRET_ACCESS_KEY")
S3_BUCKET_PREFIX = env.str("S3_BUCKET_PREFIX", default="policetube")
# Who pushes the site to a bucket; `static_export` reads them from the environment, too.
SITE_S3_ENDPOINT_URL = env.str("SITE_S3_ENDPOINT_URL", default="")
SITE_S3_REGION = env.str("SITE_S3_REGION", default="")
SITE_S3_ACCESS_KEY_ID = env.str("SITE_S3_ACCESS_KEY_ID", default="")
SITE_S3_SECRET_ACCESS_KEY = env.str("SITE_S3_SECRET_ACCESS_KEY", default="")
# Whether whoever pushes must be another identity than the CMS.
SITE_KEYS_APART = False
MEDIA_BASE_URL = env.str(
    "MEDIA_BASE_URL", default=f"{S3_ENDPOINT_URL or ''}/{S3_BUCKET_PREFIX}-media"
).rstrip("/")
# A cache in front of the media that takes PURGE; empty: none.
MEDIA_PURGE_URL = env.str("MEDIA_PURGE_URL", default="")
# Its own zone and distribution; the keys are those of the site's.
MEDIA_CLOUDFLARE_ZONE_ID = env.str("MEDIA_CLOUDFLARE_ZONE_ID", default="")
MEDIA_CLOUDFRONT_DISTRIBUTION_ID = env.str("MEDIA_CLOUDFRONT_DISTRIBUTION_ID", default="")
# Origins that may load media with CORS; captions and HLS need it.
MEDIA_CORS_ORIGINS = env.list("MEDIA_CORS_ORIGINS", default=[SITE_BASE_URL, CMS_BASE_URL])

# Media processing. Empty: the binaries that the pinned packages ship.
FFMPEG = env.str("FFMPEG", default="")
FFPROBE = env.str("FFPROBE", default="")
MEDIA_LEASE_SECONDS = env.int("MEDIA_LEASE_SECONDS", default=60)
MEDIA_MAX_FAILURES = env.int("MEDIA_MAX_FAILURES", default=3)
MEDIA_AV1 = env.bool("MEDIA_AV1", default=False)
MEDIA_LOUDNESS = env.float("MEDIA_LOUDNESS", default=-16.0)
MEDIA_CHUNK_FROM_SECONDS = env.float("MEDIA_CHUNK_FROM_SECONDS", default=600.0)
MEDIA_CHUNK_SECONDS = env.float("MEDIA_CHUNK_SECONDS", default=120.0)
MEDIA_AUDIT_SECONDS = env.int("MEDIA_AUDIT_SECONDS", default=2 * 3600)
MEDIA_AUDIT_BYTES_PER_SECOND = env.int("MEDIA_AUDIT_BYTES_PER_SECOND", default=20_000_000)
MEDIA_MAX_UPLOAD_BYTES = env.int("MEDIA_MAX_UPLOAD_BYTES", default=10 * 1024**3)
# Who may read /metrics; empty: there is none.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# Uploads in parts, from browsers and scripts straight to storage.
MEDIA_UPLOAD_URL_SECONDS = env.int("MEDIA_UPLOAD_URL_SECONDS", default=900)
MEDIA_UPLOAD_KEEP_DAYS = env.int("MEDIA_UPLOAD_KEEP_DAYS", default=14)
MEDIA_MAX_OPEN_UPLOADS = env.int("MEDIA_MAX_OPEN_UPLOADS", default=20)
MEDIA_UPLOAD_ORIGINS = env.list(
    "MEDIA_UPLOAD_ORIGINS", default=[CMS_BASE_URL, *CSRF_TRUSTED_ORIGINS]
)

INSTALLED_APPS = [
    "content_models",
    "cms.publishing",
    "cms.media",
    "cms.editorial",
    "cms.preview",
    "cms.api",
    "cms.health",
    "cms",
    "wagtail_headless_preview",
    "wagtail.contrib.settings",
    "wagtail.contrib.redirects",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail.sites",
    "wagtail",
    "modelcluster",
    "taggit",
    "graphene_django",
    "storages",
    "django_tasks",
    "django_tasks_db",
    "axes",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cms.policy.ContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "cms.editorial.doors.ClosedDoorsMiddleware",
    # Last: it opens the outer transaction around the view alone.
    "cms.publishing.middleware.OuterTransactionMiddleware",
]

ROOT_URLCONF = "cms.urls"
WSGI_APPLICATION = "cms.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{STATE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        # Whoever waits is not served in turn: patience makes up for it.
        "timeout": 60,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
elif DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # A machine that vanished gives up its locks within a minute, not after TCP's two hours.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault(
        "options",
        "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3",
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "wagtailadmin_login"

# Whoever guesses passwords waits. Counted by account and address together: guesses from
# elsewhere never lock the owner out.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_MAX_FAILURES = env.int("LOGIN_MAX_FAILURES", default=5)
LOGIN_WAIT_MINUTES = env.int("LOGIN_WAIT_MINUTES", default=15)
# How many proxies of our own stand before the CMS and add to X-Forwarded-For.
PROXY_COUNT = env.int("PROXY_COUNT", default=0)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = LOGIN_MAX_FAILURES
AXES_COOLOFF_TIME = timedelta(minutes=LOGIN_WAIT_MINUTES)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "cms.editorial.logins.client_address"
AXES_LOCKOUT_CALLABLE = "cms.editorial.logins.locked_out"

# Indonesian first, English second. Wagtail's catalogue is named id_ID, Django's id: "id-id" finds
# both. What Wagtail has not put into Indonesian yet is in cms/wagtail_locale.
LANGUAGE_CODE = "id-id"
LANGUAGES = [("id-id", "Bahasa Indonesia"), ("en", "English")]
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
LOCALE_PATHS = [ROOT / "cms" / "locale", ROOT / "cms" / "wagtail_locale"]
TIME_ZONE = "Asia/Jakarta"
WAGTAIL_USER_TIME_ZONES = ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = STATE_DIR / "static"
STATICFILES_DIRS = [ROOT / "cms" / "static_built"]

_S3_OPTIONS = {
    "endpoint_url": S3_ENDPOINT_URL,
    "region_name": S3_REGION,
    "access_key": S3_ACCESS_KEY_ID,
    "secret_key": S3_SECRET_ACCESS_KEY,
    "signature_version": "s3v4",
    "addressing_style": "path",
    "querystring_auth": True,
    "querystring_expire": 900,
    "file_overwrite": False,
}
STORAGES = {
    # Wagtail's own images and documents: drafts may use them, so they stay private.
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": _S3_OPTIONS
        | {"bucket_name": f"{S3_BUCKET_PREFIX}-originals", "location": "library"},
    },
    "staticfiles": {"BACKEND": "cms.static_files.PackedStaticFiles"},
}

# A whole video may come through the form; it goes to disk, never into memory.
FILE_UPLOAD_HANDLERS = ["cms.editorial.upload_handler.BoundedUploadHandler"]
FILE_UPLOAD_TEMP_DIR: Path | None = STATE_DIR / "uploads"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# What wakes the workers: a table, or Valkey (Redis) for a fleet of them.
QUEUE_URL = env.str("QUEUE_URL", default="")
TASKS: dict[str, dict[str, object]] = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": ["default", "media", "arrivals"],
    }
}
if QUEUE_URL:
    RQ_QUEUES = rq_queues(QUEUE_URL, errands=["default"], unhurried=["media", "arrivals"])
    INSTALLED_APPS.append("django_rq")
    TASKS["default"] |= {
        "BACKEND": "cms.queues.backend.ValkeyBackend",
        "OPTIONS": {"FOUND_AGAIN": ["media", "arrivals"]},
    }

CACHE_URL = env.str("CACHE_URL", default=QUEUE_URL)
if CACHE_URL:
    CACHES = {
        "default": {
            "BACKEND": "cms.caching.ForgetfulRedisCache",
            "LOCATION": check_address("CACHE_URL", CACHE_URL),
            "KEY_PREFIX": S3_BUCKET_PREFIX,
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
        }
    }

# Mails of the editors' workflow. Nothing given: they are written to the log.
_MAIL = env.email_url("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND = "cms.mail.AfterCommitBackend"
MAIL_BACKEND = _MAIL["EMAIL_BACKEND"]
EMAIL_HOST = _MAIL["EMAIL_HOST"] or "localhost"
EMAIL_PORT = _MAIL["EMAIL_PORT"] or 25
EMAIL_HOST_USER = _MAIL["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _MAIL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = _MAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _MAIL.get("EMAIL_USE_SSL", False)
# The request that has something to tell waits for the mail server, and nobody else.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="policetube@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

GRAPHENE = {"SCHEMA": "cms.api.schema.schema"}

WAGTAIL_SITE_NAME = "Policetube"
# Addresses of videos hold IDs and lead on by themselves; those that the tree gives are nobody's.
WAGTAILREDIRECTS_AUTO_CREATE = False
WAGTAIL_I18N_ENABLED = False
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 20 * 1024**2
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAIL_HEADLESS_PREVIEW = {
    "CLIENT_URLS": {"default": f"{CMS_BASE_URL}/preview/"},
    "REDIRECT_ON_PREVIEW": True,
}
TAGGIT_CASE_INSENSITIVE = True
TAGGIT_STRIP_UNICODE_WHEN_SLUGIFYING = True

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "SAMEORIGIN"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
