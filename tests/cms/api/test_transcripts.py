"""What is said can be read with its seconds, for many videos at one price."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from graphql import GraphQLError, parse

from cms.api.interface import execute
from cms.api.limits import check
from content_models.models import Captions
from tests.cms import factories

QUERY = """{ videos(first: 50) { nodes { publicId
  media { captions { language transcript { start text } } } } } }"""

pytestmark = pytest.mark.django_db


def spoken(unit: Any, words: str) -> Any:
    asset = factories.make_asset()
    first = f"00:01.500 --> 00:02.000\n<v Ani>{words}"
    text = f"WEBVTT\n\n{first}\n\n00:20.000 --> 00:21.000\nSelesai.\n"
    captions = Captions.objects.create(asset=asset, language="id", text=text)
    captions.is_public = True
    captions.save()
    return factories.make_video(unit, asset)


def ask() -> list[Any]:
    answer = execute(QUERY, {})
    assert "errors" not in answer, answer
    return list(answer["data"]["videos"]["nodes"])


def test_each_video_says_what_is_said_in_it() -> None:
    unit = factories.make_unit(factories.make_home(), "mabes-polri", "mabes")
    pages = {spoken(unit, f"Video {n} &amp; lain").public_id: n for n in range(3)}
    silent = factories.make_video(unit)
    found = {node["publicId"]: node["media"]["captions"] for node in ask()}
    assert found.pop(silent.public_id) == []
    for public_id, number in pages.items():
        [captions] = found[public_id]
        assert captions["transcript"] == [
            {"start": 1.5, "text": f"Video {number} & lain"},
            {"start": 20.0, "text": "Selesai."},
        ]


def test_many_transcripts_cost_one_query_more_and_none_where_nobody_asks() -> None:
    unit = factories.make_unit(factories.make_home(), "mabes-polri", "mabes")

    def queries(text: str = QUERY) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert "errors" not in execute(text, {})
        return len(seen)

    for _ in range(2):
        spoken(unit, "Halo")
    few = queries()
    for _ in range(6):
        spoken(unit, "Halo")
    assert queries() == few
    assert queries(QUERY.replace("transcript { start text }", "")) == few - 1


def test_a_hidden_videos_words_are_not_said() -> None:
    unit = factories.make_unit(factories.make_home(), "mabes-polri", "mabes")
    page = spoken(unit, "Rahasia")
    spoken(unit, "Terbuka")
    page.unpublish()
    assert "Rahasia" not in str(ask())
    assert "Terbuka" in str(ask())


def test_a_transcript_counts_as_so_many_values() -> None:
    one = QUERY.strip("{} \n").replace("50", "100") + " } } } } }"
    four = "{ " + " ".join(f"v{number}: {one}" for number in range(4)) + " }"
    with pytest.raises(GraphQLError) as refused:
        check(parse(four), {})
    assert refused.value.extensions["code"] == "TOO_COSTLY"
    check(parse(four.replace("transcript { start text }", "")), {})
