"""What production lacks stops the start, by name and with what to do; what it has is complete."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COMPLETE = {
    "DJANGO_SETTINGS_MODULE": "cms.settings.production",
    "SECRET_KEY": "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGH",
    "DATABASE_URL": "postgres://policetube@127.0.0.1/policetube",
    "ALLOWED_HOSTS": "cms.example.go.id",
    "CMS_BASE_URL": "https://cms.example.go.id",
    "SITE_BASE_URL": "https://video.example.go.id",
    "MEDIA_BASE_URL": "https://media.example.go.id",
    "AWS_ACCESS_KEY_ID": "policetube",
    "AWS_SECRET_ACCESS_KEY": "only-for-tests",
    "EMAIL_URL": "smtp+tls://policetube:secret@mail.example.go.id:587",
    "EMAIL_FROM": "policetube@example.go.id",
}
SHOW = """
import json
from cms.settings import production as it
print(json.dumps({
    "database": {name: it.DATABASES["default"].get(name) for name in
                 ("CONN_MAX_AGE", "CONN_HEALTH_CHECKS")},
    "queue": it.TASKS["default"]["BACKEND"],
    "cache": getattr(it, "CACHES", {}).get("default", {}).get("LOCATION"),
    "mail": [it.MAIL_BACKEND, it.EMAIL_HOST, it.EMAIL_PORT, it.EMAIL_USE_TLS, it.EMAIL_HOST_USER],
    "apps": it.INSTALLED_APPS,
    "proxies": it.PROXY_COUNT,
}))
"""


def run(
    *words: str, state: Path, given: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A process with a complete environment but for `given`; an empty value leaves one out."""
    wanted = COMPLETE | {"STATE_DIR": str(state)} | (given or {})
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **{name: text for name, text in wanted.items() if text}},
        capture_output=True,
        text=True,
        check=False,
    )


def shown(state: Path, **given: str) -> dict[str, object]:
    done = run("-c", SHOW, state=state, given=given)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("queue", ["", "redis://queue.example.go.id:6379/0"])
def test_a_complete_environment_leaves_no_check_unhappy(tmp_path: Path, queue: str) -> None:
    done = run(
        *("-W", "error", "manage.py", "check", "--deploy", "--fail-level", "WARNING"),
        state=tmp_path,
        given={"QUEUE_URL": queue},
    )
    assert done.returncode == 0, done.stderr
    assert "(1 silenced)" in done.stdout


def test_without_a_queue_the_database_is_the_queue(tmp_path: Path) -> None:
    found = shown(tmp_path)
    assert found["queue"] == "django_tasks_db.DatabaseBackend"
    assert found["cache"] is None
    assert found["database"] == {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    assert found["mail"] == [smtp, "mail.example.go.id", 587, True, "policetube"]
    assert found["proxies"] == 1
    assert "django_rq" not in list(found["apps"])  # type: ignore[call-overload]


def test_a_queue_is_also_the_cache_unless_another_is_named(tmp_path: Path) -> None:
    queue, cache = "redis://queue:6379/0", "rediss://cache:6380/1"
    found = shown(tmp_path, QUEUE_URL=queue)
    assert (found["queue"], found["cache"]) == ("cms.queues.backend.ValkeyBackend", queue)
    assert "django_rq" in list(found["apps"])  # type: ignore[call-overload]
    assert shown(tmp_path, QUEUE_URL=queue, CACHE_URL=cache)["cache"] == cache


@pytest.mark.parametrize(
    ("name", "bad", "mend"),
    [
        ("SECRET_KEY", "", "Set the SECRET_KEY environment variable"),
        ("SECRET_KEY", "short", "Set SECRET_KEY to at least 50 random characters"),
        ("SECRET_KEY", "x" * 60, "Set SECRET_KEY to at least 50 random characters"),
        ("DATABASE_URL", "", "Set DATABASE_URL to a PostgreSQL database: postgres://"),
        ("DATABASE_URL", "mysql://a@b/c", "Set DATABASE_URL to a PostgreSQL database"),
        ("ALLOWED_HOSTS", "", "Set ALLOWED_HOSTS to the host names"),
        ("ALLOWED_HOSTS", "*", "Set ALLOWED_HOSTS to the host names"),
        ("CMS_BASE_URL", "", "Set CMS_BASE_URL to the https:// address"),
        ("SITE_BASE_URL", "http://video.example.go.id", "Set SITE_BASE_URL to the https:// addr"),
        ("MEDIA_BASE_URL", "/media", "Set MEDIA_BASE_URL to the https:// address"),
        ("MEDIA_BASE_URL", "https://", "Set MEDIA_BASE_URL to the https:// address"),
        ("AWS_ACCESS_KEY_ID", "", "Set the AWS_ACCESS_KEY_ID environment variable"),
        ("AWS_SECRET_ACCESS_KEY", "", "Set the AWS_SECRET_ACCESS_KEY environment variable"),
        ("EMAIL_URL", "", "Set EMAIL_URL to the mail server"),
        ("EMAIL_FROM", "", "Set EMAIL_FROM to the address"),
        ("EMAIL_FROM", "policetube", "Set EMAIL_FROM to the address"),
        ("QUEUE_URL", "http://queue", "QUEUE_URL is not the address of a Valkey or Redis server"),
        ("CACHE_URL", "cache:6379", "CACHE_URL is not the address of a Valkey or Redis server"),
        ("LOGIN_MAX_FAILURES", "0", "Set LOGIN_MAX_FAILURES to a number of tries"),
        ("LOGIN_WAIT_MINUTES", "-1", "Set LOGIN_WAIT_MINUTES to a number of minutes"),
        ("PROXY_COUNT", "-1", "Set PROXY_COUNT to how many proxies"),
        ("STATE_DIR", "/proc/nothing", "Set STATE_DIR to a folder that lasts"),
    ],
)
def test_what_is_missing_or_wrong_stops_the_start_by_name(
    tmp_path: Path, name: str, bad: str, mend: str
) -> None:
    done = run("-c", "import cms.settings.production", state=tmp_path, given={name: bad})
    assert done.returncode != 0
    assert f"ImproperlyConfigured: {mend}" in done.stderr
