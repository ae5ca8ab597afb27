"""The public door answers for stories as it does for videos."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cms.api.answers import prepared
from content_models.models import Category, RelatedVideo, StoryPage
from tests.cms.api.test_api import ask, refusal
from tests.cms.factories import (
    make_draft,
    make_photo,
    make_story,
    make_story_draft,
    make_video,
    publish,
)

pytestmark = pytest.mark.django_db
FIELDS = """id publicId path title synopsis bodyHtml incidentDate incidentPlace credit
  rights { code } unit { code } categories { slug } tags { slug }
  relatedVideos { publicId title unit { name } categories { slug } }
  photographs { alternativeText caption credit originalSha256
    copies { url contentType width height size sha256 } }"""


def test_a_story_answers_every_field_by_id_by_path_and_as_a_node(
    newsroom: SimpleNamespace,
) -> None:
    video, photo = make_video(newsroom.bali), make_photo()
    page = make_story_draft(newsroom.denpasar, photo)
    page.categories = [Category.objects.create(name="Humanis", slug="humanis")]
    page.tags.add("bansos")
    page.related_videos.add(RelatedVideo(video=video))
    publish(page)
    by_id = ask(f'{{ story(publicId: "{page.public_id}") {{ {FIELDS} }} }}')["story"]
    by_path = ask(f'{{ story(path: "{page.public_path}") {{ {FIELDS} }} }}')["story"]
    query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Story {{ {FIELDS} }} }} }}"
    (node,) = ask(query, ids=[page.node_id])["nodes"]
    assert by_id == by_path == node
    assert node["unit"] == {"code": "polresta-denpasar"}
    assert (node["categories"], node["tags"]) == ([{"slug": "humanis"}], [{"slug": "bansos"}])
    assert [one["publicId"] for one in node["relatedVideos"]] == [video.public_id]
    (photograph,) = node["photographs"]
    assert photograph["originalSha256"] == photo.sha256
    assert photograph["copies"][0]["url"].endswith(f"{photo.ladder.prefix}photo-1200.jpg")


def test_neither_kind_is_found_at_the_address_of_the_other(newsroom: SimpleNamespace) -> None:
    story, video = make_story(newsroom.bali), make_video(newsroom.bali)
    for kind, page in (("video", story), ("story", video)):
        asked = (
            f'{kind}(publicId: "{page.public_id}") {{ id }} at: {kind}(path: "{page.public_path}")'
        )
        assert ask(f"{{ {asked} {{ id }} }}") == {kind: None, "at": None}
    assert refusal("{ story { id } }") == "MISSING_ARGUMENT"


def test_stories_are_listed_and_narrowed_as_videos_are(newsroom: SimpleNamespace) -> None:
    wanted = make_story_draft(newsroom.denpasar)
    wanted.tags.add("bansos")
    publish(wanted)
    other = make_story(newsroom.jabar)
    make_video(newsroom.bali)

    def found(arguments: str = "first: 9") -> list[str]:
        answer = ask(f"{{ stories({arguments}) {{ nodes {{ publicId }} }} }}")
        return [node["publicId"] for node in answer["stories"]["nodes"]]

    assert found() == [other.public_id, wanted.public_id]
    for narrow in (
        'unit: "polda-bali"', 'tag: "bansos"', 'unit: "polda-bali", incidentTo: "2026-03-02"',
    ):  # fmt: skip
        assert found(narrow) == [wanted.public_id], narrow
    assert found('unit: "polda-bali", includeSubunits: false') == []
    page = ask("{ stories(first: 1) { nodes { publicId } pageInfo { endCursor } } }")["stories"]
    after = page["pageInfo"]["endCursor"]
    assert found(f'first: 1, after: "{after}"') == [wanted.public_id]


def test_a_story_hidden_behind_the_back_of_every_signal_is_not_answered(
    newsroom: SimpleNamespace,
) -> None:
    page = make_story_draft(newsroom.bali)
    page.tags.add("bansos")
    publish(page)
    StoryPage.objects.filter(pk=page.pk).update(live=False)
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } stories { nodes { id } } }"
    answer = ask(query, ids=[page.node_id, "tag:bansos"])
    assert answer == {"nodes": [None, None], "stories": {"nodes": []}}


def test_query_counts_do_not_grow_with_the_number_of_stories(newsroom: SimpleNamespace) -> None:
    def queries(first: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            ask(f"{{ stories(first: {first}) {{ nodes {{ {FIELDS} }} }} }}")
        return len(captured)

    videos = [make_draft(newsroom.bali) for _ in range(6)]
    for number, video in enumerate(videos):
        slug = f"kategori-{number}"
        video.categories = [Category.objects.create(name=slug, slug=slug)]
        publish(video)
    for number in range(6):
        page = make_story_draft((newsroom.denpasar, newsroom.jabar)[number % 2])
        page.related_videos.add(RelatedVideo(video=videos[number]))
        publish(page)
    assert queries(6) == queries(2)


def test_a_node_costs_what_its_dearest_kind_costs(newsroom: SimpleNamespace) -> None:
    query = """query ($many: [ID!]!, $some: [ID!]!) {
      a: nodes(ids: $many) { ...Any } b: nodes(ids: $many) { ...Any }
      c: nodes(ids: $some) { ...Any } }
      fragment Any on Node {
        ... on Story { photographs { copies { url width height size } } }
        ... on Video { media { renditions { url name codecs } } } }"""
    # 501 values a story, 44 a video: together they would be too many.
    prepared(query, {"many": ["x"] * 40, "some": ["x"] * 39})
    assert refusal(query, many=["x"] * 40, some=["x"] * 40) == "TOO_COSTLY"
