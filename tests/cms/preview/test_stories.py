"""A story's draft is shown in the site's own template, with its private photographs."""

from __future__ import annotations

from types import SimpleNamespace

from content_models.models import Asset, RelatedVideo
from tests.cms import factories
from tests.cms.preview.conftest import link_of


def test_the_editor_sees_the_storys_private_photographs_and_public_videos(
    desk: SimpleNamespace,
) -> None:
    photo = factories.make_photo("private", collection=desk.bali.collection)
    waiting = factories.make_photo("private", state="processing")
    Asset.objects.filter(pk=waiting.pk).update(ladder=None)
    page = factories.make_story_draft(desk.bali, photo, waiting, title="Belum terbit")
    shown, hidden = factories.make_video(desk.jabar), factories.make_draft(desk.jabar)
    for video in (shown, hidden):
        page.related_videos.add(RelatedVideo(video=video))
    page.save_revision()
    html = desk.clients["bali_editor"].get(link_of(desk.clients["bali_editor"], page))
    text = html.content.decode()
    assert "<h1>Belum terbit</h1>" in text
    assert text.count("<figure") == 1
    assert f"{photo.ladder.prefix}photo-1200.jpg?" in text
    assert "X-Amz-Signature=" in text
    assert "sebagian masih diproses" in text
    assert shown.title in text
    assert hidden.title not in text
    assert "hls" not in text


def test_lists_around_a_draft_show_stories_too(desk: SimpleNamespace) -> None:
    story = factories.make_story(desk.bali)
    video = factories.make_video(desk.bali)
    client = desk.clients["admin"]
    text = client.get(link_of(client, desk.bali)).content.decode()
    assert text.index(video.title) < text.index(story.title)
