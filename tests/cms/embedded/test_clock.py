"""What happens by itself, minute by minute."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from cms.management.commands import clock
from cms.publishing.interface import PublicState
from content_models.models import VideoPage
from tests.cms import factories


@pytest.mark.django_db
def test_what_is_scheduled_goes_public_and_the_world_is_told_at_once() -> None:
    unit = factories.make_unit(factories.make_home(), "mabes-polri", "mabes")
    page = factories.make_draft(unit)
    page.go_live_at = timezone.now() - timedelta(minutes=1)
    page.save_revision(approved_go_live_at=page.go_live_at)
    assert not VideoPage.objects.get(pk=page.pk).live
    clock.publish_scheduled()
    assert VideoPage.objects.get(pk=page.pk).live
    assert PublicState.objects.filter(node_id=f"video:{page.public_id}").exists()


def test_a_duty_that_fails_does_not_silence_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    def fail() -> None:
        raise RuntimeError("the store is away")

    monkeypatch.setattr(clock, "close_old_connections", lambda: None)
    duties = (
        clock.Duty(act=fail, seconds=60),
        clock.Duty(act=lambda: done.append("scheduled"), seconds=60),
    )
    clock._turn(duties)
    assert done == ["scheduled"]
    assert "the store is away" in caplog.text
    assert all(duty.due > 0 for duty in duties)


def test_a_duty_is_done_when_due_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    monkeypatch.setattr(clock, "close_old_connections", lambda: None)
    duties = (clock.Duty(act=lambda: done.append(1), seconds=3600),)
    clock._turn(duties)
    clock._turn(duties)
    assert len(done) == 1


def test_one_turn_of_the_clock_does_every_duty(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []
    duties = ["reconcile", "publish_scheduled", "recount", "prune", "collect", "audit_media"]
    for name in duties:
        monkeypatch.setattr(clock, name, lambda name=name: done.append(name))
    monkeypatch.setattr(clock, "close_old_connections", lambda: None)
    monkeypatch.setattr(clock.signal, "signal", lambda number, handler: None)
    call_command("clock", once=True)
    assert done == duties
    assert not caplog.records
