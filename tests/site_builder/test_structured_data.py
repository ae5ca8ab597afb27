"""Search engines read of a page what Google documents, and lists of news that need no clock."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from site_builder import decode, structured
from site_builder.records import Captions, Passage, Video
from site_builder.settings import Settings
from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import Place, identifier, newsroom, publish
from tests.site_builder.test_theme_pages import real_place

SETTINGS = Settings.checked(site_url="https://tube.test", media_origin="http://media.test")
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
ADDRESS = f"https://tube.test/video/{identifier(0)}/kejadian-{identifier(0)}/"


def film(seconds: float, words: dict[float, str] | None = None) -> Video:
    """A video of a length, with what is said at which second."""
    node = newsroom(1).node(f"video:{identifier(0)}")
    assert node is not None
    video = decode.record(node)
    assert isinstance(video, Video)
    said = tuple(Passage(start=start, text=text) for start, text in (words or {}).items())
    captions = Captions(
        language="id",
        label="",
        kind="captions",
        url="http://media.test/a.vtt",
        size=1,
        sha256="",
        transcript=said,
    )
    return replace(video, media=replace(video.media, duration=seconds, captions=(captions,)))


def every_quarter_minute(seconds: int) -> dict[float, str]:
    return {float(start): f"Kata ke-{start} " * 9 for start in range(0, seconds, 15)}


@pytest.mark.parametrize("seconds", [61, 100, 180, 600, 7200])
def test_clips_follow_each_other_and_none_is_short(seconds: int) -> None:
    clips = structured.clips(film(seconds + 0.4, every_quarter_minute(seconds)))

    assert 2 <= len(clips) <= structured.MOST_CLIPS
    assert clips[-1].end == seconds
    for clip, following in itertools.pairwise(clips):
        assert clip.end == following.start
    assert all(clip.end - clip.start >= structured.SHORTEST for clip in clips)
    assert all(0 < len(clip.name) <= structured.LONGEST_NAME for clip in clips)
    assert len({clip.start for clip in clips}) == len(clips)


def test_a_short_film_and_a_silent_one_have_no_clips() -> None:
    assert structured.clips(film(45, every_quarter_minute(45))) == []
    assert structured.clips(film(600)) == []
    assert structured.clips(film(600, {3.0: "Hanya satu kalimat."})) == []


def test_clips_have_what_google_requires() -> None:
    found = structured.moments(film(180, every_quarter_minute(180)), SETTINGS)

    assert "potentialAction" not in found
    for part in found["hasPart"]:
        assert part.keys() == {"@type", "name", "startOffset", "endOffset", "url"}
        assert part["@type"] == "Clip"
        assert part["url"] == f"{ADDRESS}?t={part['startOffset']}"
        assert isinstance(part["startOffset"], int)
        assert isinstance(part["endOffset"], int)


def test_without_words_any_second_can_be_linked_to() -> None:
    action = structured.moments(film(180), SETTINGS)["potentialAction"]

    assert action == {
        "@type": "SeekToAction",
        "target": f"{ADDRESS}?t={{seek_to_second_number}}",
        "startOffset-input": "required name=seek_to_second_number",
    }
    assert structured.moments(film(20), SETTINGS) == {}


def moments(api: FakeApi, *numbers: int, days: str = "2026-12-0{}") -> None:
    """Publish videos, the n-th on the n-th of December at noon."""
    for number in numbers:
        at = f"{days.format(number)}T12:00:00+00:00"
        publish(api, number, publishedAt=at, updatedAt=at)


def news(place: Place) -> list[Any]:
    root = ET.fromstring(place.text("sitemap/news.xml"))
    assert root.tag == f"{SITEMAP}urlset"
    return root.findall(f"{SITEMAP}url")


def test_news_are_two_days_before_the_newest(tmp_path: Any) -> None:
    api, place = newsroom(0), real_place(tmp_path / "real")
    moments(api, 1, 5, 6, 7)
    place.build(api)

    found = news(place)

    locations = [item.findtext(f"{SITEMAP}loc") or "" for item in found]
    assert [address.split("/")[4] for address in locations] == [
        identifier(number) for number in (7, 6, 5)
    ]
    for item in found:
        entry = item.find(f"{NEWS}news")
        assert entry is not None
        assert [child.tag for child in entry] == [
            f"{NEWS}{name}" for name in ("publication", "publication_date", "title")
        ]
        assert entry.findtext(f"{NEWS}publication/{NEWS}name") == "Policetube"
        assert entry.findtext(f"{NEWS}publication/{NEWS}language") == "id"
        assert entry.findtext(f"{NEWS}title")
    assert "/sitemap/news.xml" in place.text("sitemap.xml")


def test_news_follow_what_comes_and_goes_and_need_no_clock(place: Place) -> None:
    api = newsroom(0)
    moments(api, 1, 2, 5, 6, 7)
    place.build(api)
    steps = (
        lambda: api.remove_video(identifier(7)),
        lambda: api.remove_video(identifier(6)),
        lambda: api.remove_video(identifier(5)),
        lambda: moments(api, 3),
        lambda: moments(api, 9),
        lambda: publish(api, 8, publishedAt="2026-12-08T12:00:00+00:00"),
    )
    for number, step in enumerate(steps):
        step()
        place.build(api)
        fresh = Place(place.root / f"fresh-{number}")
        fresh.build(api)
        assert place.text("sitemap/news.xml") == fresh.text("sitemap/news.xml"), number
    assert place.build(api).rendered == ()


def test_an_old_edit_leaves_the_news_alone(place: Place) -> None:
    api = newsroom(0)
    moments(api, 1, 6, 7)
    place.build(api)
    api.put_video(identifier(1), title="Judul baru")

    assert "sitemap/news.xml" not in {path for path, _ in place.build(api).rendered}


def test_a_list_of_videos_names_the_player_of_each(api: FakeApi, tmp_path: Any) -> None:
    place = real_place(tmp_path / "real")
    place.build(api)
    video = "{http://www.google.com/schemas/sitemap-video/1.1}"
    root = ET.fromstring(place.text("sitemap/2026-06.xml"))

    for entry in root.iter(f"{video}video"):
        player = entry.findtext(f"{video}player_loc") or ""
        assert (place.out / player.removeprefix("https://tube.test/") / "index.html").is_file()
