"""`manage.py health`: for cron, by its exit status; for monitoring, as JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from cms.health.reading import Reading
from tests.cms.health.readings import WELL, ago, with_log, with_media


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> Callable[[Reading], None]:
    def show(reading: Reading) -> None:
        monkeypatch.setattr("cms.management.commands.health.take", lambda *, deadline=None: reading)

    return show


def run(*words: str) -> tuple[int, str]:
    said, status = io.StringIO(), 0
    try:
        call_command("health", *words, stdout=said)
    except SystemExit as end:
        status = int(str(end.code))
    return status, said.getvalue()


def test_the_exit_status_is_the_worst_level(looking: Callable[[Reading], None]) -> None:
    looking(WELL)
    status, text = run()
    assert status == 0
    assert {line.split()[0] for line in text.splitlines()} == {"GOOD"}
    looking(with_media(abandoned=1))
    assert run()[0] == 1
    looking(with_log(sequence=50, behind_since=ago(5000)))
    status, text = run()
    assert status == 2
    assert text.startswith("BAD    The public site: 10 changes behind\n       See the log")


def test_json_tells_the_same_to_programs(looking: Callable[[Reading], None]) -> None:
    looking(with_media(faults=2))
    status, text = run("--json")
    told = json.loads(text)
    assert (status, told["level"]) == (2, "bad")
    (bad,) = [sign for sign in told["signs"] if sign["level"] != "good"]
    assert bad["code"] == "media-faults"
    assert bad["value"] == "2"
    assert "audit_media --report" in bad["advice"]


@pytest.mark.django_db
def test_a_real_look_tells_what_is_down() -> None:
    status, text = run("--seconds", "20")
    assert status == 2, "nothing runs here"
    assert "Object storage: fails" in text


def test_a_database_that_is_down_is_the_worst_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def down(**_given: object) -> Reading:
        raise OperationalError("connection refused")

    monkeypatch.setattr("cms.management.commands.health.take", down)
    with pytest.raises(CommandError, match=r"connection refused.*DATABASE_URL") as caught:
        run()
    assert caught.value.returncode == 2
