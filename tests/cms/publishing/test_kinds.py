"""What the public is told of files that are no videos."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.test import Client

from cms.publishing.models import PublicState
from cms.publishing.status import publication_status
from content_models.models import Asset, AssetKind, VideoPage
from tests.cms.factories import make_asset, make_sound, make_video

pytestmark = pytest.mark.django_db


def media_of(page: VideoPage) -> dict[str, object]:
    return PublicState.objects.get(pk=f"video:{page.public_id}").record["media"]


def test_sound_alone_is_told_as_sound_with_the_size_of_its_poster(
    newsroom: SimpleNamespace, client: Client
) -> None:
    page = make_video(newsroom.bali, make_sound())
    media = media_of(page)
    assert media["kind"] == "AUDIO"
    assert (media["width"], media["height"], media["frameRate"]) == (1280, 720, 0.0)
    assert media["storyboard"] is None
    query = (
        f'{{ video(publicId: "{page.public_id}") '
        "{ media { kind width frameRate renditions { kind contentType } } } }"
    )
    answer = client.post("/graphql/", {"query": query}, content_type="application/json").json()
    assert answer["data"]["video"]["media"] == {
        "kind": "AUDIO",
        "width": 1280,
        "frameRate": 0.0,
        "renditions": [{"kind": "AUDIO", "contentType": "audio/mp4"}],
    }


def test_a_record_of_an_earlier_release_is_told_as_a_video(
    newsroom: SimpleNamespace, client: Client
) -> None:
    page = make_video(newsroom.bali)
    state = PublicState.objects.get(pk=f"video:{page.public_id}")
    del state.record["media"]["kind"]
    state.save()
    query = f'{{ video(publicId: "{page.public_id}") {{ media {{ kind }} }} }}'
    answer = client.post("/graphql/", {"query": query}, content_type="application/json").json()
    assert answer["data"]["video"]["media"] == {"kind": "VIDEO"}


def test_a_file_that_turns_out_to_be_a_photograph_is_shown_to_nobody(
    newsroom: SimpleNamespace,
) -> None:
    asset = make_asset()
    page = make_video(newsroom.bali, asset)
    asset = Asset.objects.get(pk=asset.pk)
    asset.kind = AssetKind.PHOTO
    asset.save()
    assert not PublicState.objects.filter(pk=f"video:{page.public_id}").exists()
    assert publication_status(page).stage == "media_failed"
