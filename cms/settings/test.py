"""The embedded profile for tests: throw-away secrets and folders, tasks on demand."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_SCRATCH = Path(tempfile.gettempdir()) / f"policetube-test-{os.getpid()}"
for _name, _value in {
    "SECRET_KEY": "only-for-tests-" + "x" * 50,
    "AWS_ACCESS_KEY_ID": "policetube",
    "AWS_SECRET_ACCESS_KEY": "only-for-tests",
    "S3_ENDPOINT_URL": "http://127.0.0.1:1",
    "STATE_DIR": str(_SCRATCH),
    "LOG_LEVEL": "WARNING",
}.items():
    os.environ.setdefault(_name, _value)

from cms.settings.base import *  # noqa: E402, F403
from cms.settings.base import DATABASES  # noqa: E402

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["NAME"] = ":memory:"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend", "QUEUES": []}}
STATICFILES_DIRS = []
FILE_UPLOAD_TEMP_DIR = None
# No collected static files: look for them when asked.
WHITENOISE_AUTOREFRESH = True
