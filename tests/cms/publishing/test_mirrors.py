"""Mirrors follow the first target; one that is down keeps nobody from anything, and catches up."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from pytest_django.fixtures import Settings

from cms.publishing import pipeline
from cms.publishing.mirrors import LONGEST_PAUSE, Behind
from cms.publishing.models import LogHead
from cms.publishing.pipeline import cycle
from content_models.models import VideoPage
from static_export import Standing, Withdrawal, standing, takedown
from static_export.targets import open_target
from tests.cms.factories import make_video, publish
from tests.cms.publishing.test_media import private_asset

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def targets(
    settings: Settings, tmp_path: Path, newsroom: SimpleNamespace, buckets: str
) -> list[str]:
    settings.STATE_DIR = tmp_path
    settings.SITE_BUILD_DIR = tmp_path / "dist"
    settings.SITE_TARGETS = [f"file:{tmp_path / name}" for name in ("edge", "mirror")]
    settings.SITE_EDGE_URL = ""
    return list(settings.SITE_TARGETS)


def until_quiet() -> list[str]:
    """Cycles until there is nothing to do; what failed on the way."""
    reports = [cycle()]
    while reports[-1].did_something:
        reports.append(cycle())
    return [failure for report in reports for failure in report.failures]


def held(target: str) -> Standing:
    return standing(open_target(target))


def be_patient(state: Path) -> None:
    """As if all pauses were over."""
    path = state / "push" / "mirrors.json"
    found = json.loads(path.read_bytes())
    path.write_text(
        json.dumps({name: [lag[0], 0.0] if lag else None for name, lag in found.items()})
    )


def block(tmp_path: Path) -> Path:
    """A file where the mirror's folder should be: no push can succeed."""
    mirror = tmp_path / "mirror"
    mirror.write_text("a disk that is not mounted")
    return mirror


def test_a_mirror_holds_what_the_first_target_holds(
    newsroom: SimpleNamespace, targets: list[str]
) -> None:
    page = make_video(newsroom.bali)
    assert until_quiet() == []
    first, mirror = map(held, targets)
    assert first.sequence == mirror.sequence == LogHead.objects.get().live_sequence
    page.unpublish()
    assert until_quiet() == []
    assert held(targets[1]).sequence == LogHead.objects.get().live_sequence


def test_a_mirror_that_is_down_stops_neither_publications_nor_files_and_catches_up_by_itself(
    newsroom: SimpleNamespace,
    targets: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # However slow the machine: no pause ends before somebody says so.
    monkeypatch.setattr("cms.publishing.mirrors.FIRST_PAUSE", LONGEST_PAUSE)
    in_the_way = block(tmp_path)
    make_video(newsroom.bali, private_asset())
    failures = until_quiet()
    assert len(failures) == 1
    assert failures[0].startswith(f"{targets[1]} is behind")
    head = LogHead.objects.get()
    assert head.live_sequence == head.sequence > 0
    assert held(targets[0]).sequence == head.sequence
    assert VideoPage.objects.get().asset.ladder.placement == "public"
    # Nobody waits for it again so soon, and later and later.
    assert until_quiet() == []
    for _ in range(3):
        be_patient(tmp_path)
        assert len(until_quiet()) == 1
    lag = json.loads((tmp_path / "push" / "mirrors.json").read_bytes())[targets[1]]
    assert lag[0] == 4
    in_the_way.unlink()
    be_patient(tmp_path)
    assert until_quiet() == []
    assert held(targets[1]).sequence == head.sequence
    assert Behind(tmp_path / "push").due() == []


def test_pauses_grow_and_end(tmp_path: Path, targets: list[str]) -> None:
    behind = Behind(tmp_path)
    for _ in range(40):
        behind.failed(targets[1])
    lag = json.loads((tmp_path / "mirrors.json").read_bytes())[targets[1]]
    assert lag[0] == 40
    assert behind.due() == []
    assert LONGEST_PAUSE == 600


def test_what_is_taken_down_at_a_mirror_after_its_push_is_put_right_without_another_change(
    newsroom: SimpleNamespace, targets: list[str], tmp_path: Path
) -> None:
    """A lane that stood still while the page came back, and reached only the mirror after that."""
    page = make_video(newsroom.bali)
    until_quiet()
    key = f"{page.public_path.strip('/')}/index.html"
    head = LogHead.objects.get()
    takedown(
        targets=targets[1:],
        withdrawals=[
            Withdrawal(
                mark="late", keys=frozenset({key}), epoch=str(head.epoch), sequence=head.sequence
            )
        ],
        state=tmp_path / "push",
    )
    assert Behind(tmp_path / "push").due() == []
    shown = (tmp_path / "edge" / key).read_bytes()
    assert not (tmp_path / "mirror" / key).exists()
    assert until_quiet() == []
    assert (tmp_path / "mirror" / key).read_bytes() == shown
    assert Behind(tmp_path / "push").due() == []


def test_a_publisher_that_died_before_its_mirrors_is_made_good(
    newsroom: SimpleNamespace, targets: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_video(newsroom.bali)
    until_quiet()
    page = make_video(newsroom.bali)

    def die(*_: object) -> tuple[str, ...]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "bring_up", die)
        with pytest.raises(KeyboardInterrupt):
            until_quiet()
    live = LogHead.objects.get().live_sequence
    assert held(targets[0]).sequence == live != held(targets[1]).sequence
    assert until_quiet() == []
    assert held(targets[1]).sequence == live
    assert page.public_id


def test_a_new_mirror_is_filled_without_a_publication(
    newsroom: SimpleNamespace, settings: Settings, targets: list[str], tmp_path: Path
) -> None:
    settings.SITE_TARGETS = targets[:1]
    page = make_video(newsroom.bali)
    until_quiet()
    assert not (tmp_path / "push" / "mirrors.json").exists()
    settings.SITE_TARGETS = targets
    assert until_quiet() == []
    assert held(targets[1]).sequence == LogHead.objects.get().live_sequence
    publish(page)
    assert until_quiet() == []
