"""A sign-language video comes, stays and goes with the page that shows it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from django.test import Client

from cms.media.interface import Bucket, media_url
from cms.media.storage import head
from cms.publishing import visibility
from cms.publishing.media import MediaReport, Patience, withdraw_media
from cms.publishing.models import PublicState
from cms.publishing.status import publication_status
from cms.publishing.sweep import differing
from content_models.models import Asset, AssetKind, Ladder, Placement, VideoPage
from tests.cms.factories import make_asset, make_video, publish
from tests.cms.publishing.test_media import private_asset, site, until_quiet

__all__ = ["site"]
pytestmark = pytest.mark.django_db


def record_of(page: VideoPage) -> dict[str, Any]:
    return PublicState.objects.get(pk=f"video:{page.public_id}").record


def answers(ladder: Ladder) -> set[int]:
    """What a stranger gets for the files of a ladder."""
    files = ladder.files.select_related("ladder")
    return {httpx.get(media_url(file.key), timeout=10).status_code for file in files}


def test_both_become_public_with_the_page_and_are_gone_with_it(
    newsroom: SimpleNamespace, site: Path, client: Client
) -> None:
    signer = private_asset()
    page = make_video(newsroom.bali, private_asset(), signer=signer)
    assert publication_status(page).stage == "promoting"
    until_quiet()
    assert answers(page.asset.ladder) == answers(signer.ladder) == {200}
    watch = (site / page.public_path.strip("/") / "index.html").read_text()
    assert f"{signer.ladder.prefix}master.m3u8" in watch
    assert "Bahasa isyarat" in watch

    query = (
        f'{{ video(publicId: "{page.public_id}") {{ media {{ signLanguage {{ hlsUrl width duration '
        "originalSha256 poster { url } renditions { kind url sha256 } } } } }"
    )
    answer = client.post("/graphql/", {"query": query}, content_type="application/json").json()
    told = answer["data"]["video"]["media"]["signLanguage"]
    assert told["originalSha256"] == signer.sha256
    assert (told["width"], told["duration"]) == (1280, 12.0)
    assert [one["kind"] for one in told["renditions"]] == ["VIDEO", "VIDEO"]

    page.unpublish()
    until_quiet()
    assert answers(page.asset.ladder) == answers(signer.ladder) == {404}
    assert signer.ladder.prefix not in json.dumps(list(PublicState.objects.values("record")))


def test_a_page_waits_for_both_and_is_told_as_it_was_until_then(
    newsroom: SimpleNamespace,
) -> None:
    page = make_video(newsroom.bali)
    before = record_of(page)
    signer = make_asset(Placement.PRIVATE)
    page.signer = signer
    publish(page)
    assert record_of(page)["media"] == before["media"]
    assert publication_status(page).stage == "promoting"
    Asset.objects.filter(pk=signer.pk).update(state="processing", ladder=None)
    assert publication_status(VideoPage.objects.get(pk=page.pk)).stage == "transcoding"
    Asset.objects.filter(pk=signer.pk).update(state="ready", ladder=signer.ladder)
    ladder = Ladder.objects.get(pk=signer.ladder_id)
    ladder.placement = Placement.PUBLIC
    ladder.save()
    assert record_of(page)["media"]["signLanguage"]["hlsUrl"].endswith(
        f"{ladder.prefix}master.m3u8"
    )


def test_a_signer_that_is_taken_off_leaves_once_the_page_without_it_is_live(
    newsroom: SimpleNamespace, site: Path
) -> None:
    signer = private_asset()
    page = make_video(newsroom.bali, private_asset(), signer=signer)
    until_quiet()
    page.signer = None
    publish(page)
    # Told, but not pushed yet: whoever has the page open still watches.
    withdraw_media(MediaReport(patience=Patience()))
    assert answers(signer.ladder) == {200}
    until_quiet()
    assert answers(signer.ladder) == {404}
    assert answers(page.asset.ladder) == {200}
    assert record_of(page)["media"]["signLanguage"] is None


def test_a_signer_shown_on_two_pages_stays_with_the_second(newsroom: SimpleNamespace) -> None:
    signer = private_asset()
    first = make_video(newsroom.bali, private_asset(), signer=signer)
    make_video(newsroom.jabar, private_asset(), signer=signer)
    until_quiet()
    first.unpublish()
    until_quiet()
    assert head(Bucket.MEDIA, f"{signer.ladder.prefix}master.m3u8") is not None


@pytest.mark.parametrize("kind", [AssetKind.AUDIO, AssetKind.PHOTO])
def test_a_signer_that_turns_out_to_be_no_video_is_told_to_the_editor(
    newsroom: SimpleNamespace, kind: AssetKind
) -> None:
    signer = make_asset(Placement.PRIVATE, state="processing")
    page = make_video(newsroom.bali, signer=signer)
    signer.kind, signer.state = kind, "ready"
    signer.save()
    assert publication_status(page).stage == "signer_failed"
    assert not PublicState.objects.filter(pk=f"video:{page.public_id}").exists()
    assert not visibility.ladders_to_promote().filter(pk=signer.ladder_id).exists()


def test_what_a_shell_does_to_a_signer_is_found_by_the_sweep(newsroom: SimpleNamespace) -> None:
    page, other = make_video(newsroom.bali, signer=make_asset()), make_asset()
    assert differing() == set()
    VideoPage.objects.filter(pk=page.pk).update(signer=other)
    assert differing() == {f"video:{page.public_id}"}
