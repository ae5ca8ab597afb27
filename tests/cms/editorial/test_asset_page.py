"""The page of a file tells how the work went; the list is filtered and costs the same when long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from cms.editorial import history
from content_models.models import (
    Asset,
    AssetKind,
    AssetState,
    FileRole,
    LadderFile,
    Rendition,
)
from tests.cms import factories
from tests.cms.editorial.test_admin_pages import queries_of

BEGAN = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def entry(attempt: int, stage: str, begin: float, end: float | None, outcome: str) -> dict:
    def at(seconds: float) -> str:
        return (BEGAN + timedelta(seconds=seconds)).isoformat()

    ended = None if end is None else at(end)
    return {
        "attempt": attempt,
        "stage": stage,
        "began": at(begin),
        "ended": ended,
        "outcome": outcome,
    }


def told(timeline: list[dict]) -> Any:
    """All that the history reads of an asset."""
    return SimpleNamespace(timeline=timeline)


TIMELINE = [
    entry(1, "download", 0, 2, "done"),
    entry(1, "encode", 2, 10, "tool_failed"),
    entry(2, "download", 70, 71, "done"),
    entry(2, "encode", 71, 191, "done"),
    entry(2, "upload", 191, None, ""),
]


def page_of(desk: SimpleNamespace, asset: Asset, who: str = "bali_editor") -> str:
    answer = desk.clients[who].get(reverse("video_files:edit", args=[asset.pk]))
    return str(answer.content.decode())


def make(desk: SimpleNamespace, **fields: Any) -> Asset:
    return factories.make_asset(collection=desk.bali.collection, **fields)


def test_attempts_are_told_newest_first_with_what_each_stage_took() -> None:
    now = BEGAN + timedelta(seconds=195.5)
    with translation.override("id"):
        second, first = history.attempts(told(TIMELINE), now)
    assert (second.number, first.number) == (2, 1)
    assert (second.took, first.took) == ("2 mnt 6 dtk", "10 dtk")
    assert [stage.took for stage in second.stages] == ["1,0 dtk", "2 mnt 0 dtk", "4,5 dtk"]
    assert [stage.percent for stage in second.stages] == [1, 96, 4]
    assert [stage.is_running for stage in second.stages] == [False, False, True]
    assert first.stages[1].outcome == "Berkas tidak dapat dikonversi."
    assert not first.stages[0].outcome


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.04, "0,0 dtk"), (59.6, "1 mnt 0 dtk"), (7500, "2 jam 5 mnt")]
)
def test_durations_are_written_for_people(seconds: float, words: str) -> None:
    with translation.override("id"):
        assert history.took(seconds) == words


@pytest.mark.parametrize("outcome", ["died", "stopped", "cancelled", "refused", "storage", "x"])
def test_every_ending_of_a_stage_has_words(outcome: str) -> None:
    [attempt] = history.attempts(told([entry(1, "probe", 0, 1, outcome)]))
    assert attempt.stages[0].outcome.endswith(".")


def test_the_page_shows_stages_in_plain_words_and_folds_the_tools_own(
    desk: SimpleNamespace,
) -> None:
    asset = make(
        desk,
        state=AssetState.FAILED,
        message_code="tool_failed",
        error_detail="Conversion failed! <moov>",
        timeline=TIMELINE[:2],
    )
    html = page_of(desk, asset)
    assert "Berkas tidak dapat dikonversi." in html
    assert "Mengambil berkas asli" in html
    before, _, after = html.partition("Rincian teknis")
    assert "Conversion failed! &lt;moov&gt;" in after
    assert before.rstrip().endswith("<summary>")
    assert reverse("video_files:retry", args=[asset.pk]) in html


def test_notes_of_the_verdict_are_listed(desk: SimpleNamespace) -> None:
    notes = [{"code": "no_sound", "params": {}}, {"code": "more_sound", "params": {"count": 3}}]
    html = page_of(desk, make(desk, probe={"notes": notes}))
    assert "<li>Video tidak bersuara.</li>" in html
    assert html.count("tidak bersuara") == 1


def test_the_page_says_what_the_whole_costs_and_offers_the_original(desk: SimpleNamespace) -> None:
    asset = make(desk, probe={"streams": 3})
    html = page_of(desk, asset)
    assert f"Seluruhnya {asset.ladder.files.count()} berkas: 40" in html
    assert reverse("video_files:original", args=[asset.pk]) in html
    assert "<dt>Jenis</dt><dd>Video</dd>" in html


def test_sound_plays_with_its_picture_and_a_photograph_is_shown(desk: SimpleNamespace) -> None:
    radio = make(desk, kind=AssetKind.AUDIO, width=None, height=None, probe={"x": 1})
    radio.ladder.renditions.filter(kind=Rendition.Kind.VIDEO).delete()
    html = page_of(desk, radio)
    assert "audio.m4a?" in html
    assert 'value="upload"' in html
    assert 'value="frame"' not in html
    photo = make(desk, kind=AssetKind.PHOTO, duration=None)
    html = page_of(desk, photo)
    assert f"{photo.ladder.prefix}photo-1200.jpg?" in html
    assert "asset-photo" in html
    assert "Tambah takarir" not in html


def test_a_file_that_was_refused_asks_for_no_captions(desk: SimpleNamespace) -> None:
    asset = factories.make_asset(collection=desk.bali.collection)
    assert 'id="captions-title"' in page_of(desk, asset)
    Asset.objects.filter(pk=asset.pk).update(state=AssetState.REFUSED)
    assert 'id="captions-title"' not in page_of(desk, asset)


def test_a_page_that_shows_it_as_sign_language_is_a_use(desk: SimpleNamespace) -> None:
    signer = make(desk)
    factories.make_draft(desk.bali, make(desk), title="Dengan juru bahasa", signer=signer)
    assert "Dengan juru bahasa" in page_of(desk, signer)


def test_the_page_costs_the_same_for_few_and_many_files_of_a_ladder(desk: SimpleNamespace) -> None:
    asset = make(desk, timeline=TIMELINE)
    url = reverse("video_files:edit", args=[asset.pk])
    client = desk.clients["bali_editor"]
    queries_of(client, url)
    few = queries_of(client, url)
    for number in range(6):
        LadderFile.objects.create(
            ladder=asset.ladder, name=f"candidate-{number}.jpg", role=FileRole.CANDIDATE,
            content_type="image/jpeg", size=9, sha256="", width=640, height=360,
        )  # fmt: skip
    assert queries_of(client, url) == few


def test_the_list_is_filtered_by_state_kind_and_unit(desk: SimpleNamespace) -> None:
    make(desk, title="Film siap")
    make(desk, title="Film gagal", state=AssetState.FAILED)
    make(desk, title="Siaran radio", kind=AssetKind.AUDIO)
    factories.make_asset(collection=desk.denpasar.collection, title="Film Denpasar")

    def shown(**filters: Any) -> set[str]:
        answer = desk.clients["bali_editor"].get(reverse("video_files:index"), filters)
        titles = {"Film siap", "Film gagal", "Siaran radio", "Film Denpasar"}
        return {title for title in titles if title in answer.content.decode()}

    assert shown() == {"Film siap", "Film gagal", "Siaran radio", "Film Denpasar"}
    assert shown(state="failed") == {"Film gagal"}
    assert shown(kind="audio") == {"Siaran radio"}
    assert shown(unit=desk.denpasar.collection.pk) == {"Film Denpasar"}
    assert shown(unit=desk.bali.collection.pk, kind="video", state="ready") == {
        "Film siap",
        "Film Denpasar",
    }
