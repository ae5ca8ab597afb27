"""What production lacks stops the start, by name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COMPLETE = {
    "SECRET_KEY": "x" * 60,
    "DATABASE_URL": "postgres://policetube@127.0.0.1/policetube",
    "ALLOWED_HOSTS": "cms.example.go.id",
    "CMS_BASE_URL": "https://cms.example.go.id",
    "SITE_BASE_URL": "https://video.example.go.id",
    "MEDIA_BASE_URL": "https://media.example.go.id",
    "AWS_ACCESS_KEY_ID": "policetube",
    "AWS_SECRET_ACCESS_KEY": "only-for-tests",
}


def start(**changed: str) -> subprocess.CompletedProcess[str]:
    """Import the profile in a process of its own; an empty value leaves the setting out."""
    named = {name: value for name, value in (COMPLETE | changed).items() if value}
    return subprocess.run(
        [sys.executable, "-c", "import cms.settings.production"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **named},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_complete_environment_starts() -> None:
    done = start()
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["CMS_BASE_URL", "SITE_BASE_URL", "MEDIA_BASE_URL"])
@pytest.mark.parametrize("value", ["", "http://media.example.go.id", "/media", "https://"])
def test_an_address_that_is_not_absolute_https_stops_the_start(name: str, value: str) -> None:
    done = start(**{name: value})
    assert done.returncode != 0
    assert f"ImproperlyConfigured: Set {name} to the https:// address" in done.stderr
