"""Dirty keys are a pure function of the record before and after."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from site_builder import decode, keys
from site_builder.apply import place
from site_builder.membership import chain, default_rendition, publication_keys, signing_rendition
from site_builder.records import Video
from tests.site_builder.newsroom import identifier, newsroom

PARENTS = {"mabes": None, "polda-bali": "mabes", "polres-badung": "polda-bali"}


def video() -> Video:
    """A video of Polres Badung with a category and a tag."""
    api = newsroom(1)
    fields = {"unit": "polres-badung", "categories": ["narkoba"], "tags": ["helm"]}
    api.put_video(identifier(0), **fields)
    node = api.node(f"video:{identifier(0)}")
    assert node is not None
    record = decode.record(node)
    assert isinstance(record, Video)
    return record


def changed(**fields: Any) -> set[str]:
    """Keys made dirty by changing fields of the video."""
    before = video()
    after = replace(before, version="another", **fields) if fields else before
    return set(publication_keys(place(before, PARENTS), place(after, PARENTS)))


def points(facet: str, *listings: str) -> set[str]:
    own = video()
    sort = keys.sort_key(own.published_at, own.public_id)
    return {keys.point(facet, listing, sort) for listing in listings}


LISTINGS = (
    "all",
    "unit/mabes",
    "unit/polda-bali",
    "unit/polres-badung",
    "category/narkoba",
    "tag/helm",
)


def test_an_unchanged_video_makes_nothing_dirty() -> None:
    assert changed() == set()


def test_a_body_makes_only_the_page_dirty() -> None:
    assert changed(body_html="<p>Baru</p>") == {f"page:video:{identifier(0)}"}


def test_a_later_update_makes_the_feeds_dirty_but_no_list() -> None:
    own = video()
    later = own.updated_at.replace(year=2027)

    expected = {keys.page(own.id), keys.SITEMAPS, *points("feed", *LISTINGS)}

    assert changed(updated_at=later) == expected


def test_a_title_makes_every_listing_dirty() -> None:
    own = video()

    expected = {
        keys.page(own.id),
        keys.player(own.id),
        own.id,
        keys.SITEMAPS,
        *points("list", *LISTINGS),
        *points("feed", *LISTINGS),
    }

    assert changed(title="Baru") == expected


def test_a_tag_makes_the_old_and_the_new_list_dirty_and_no_other() -> None:
    expected = {
        f"page:video:{identifier(0)}",
        *points("list", "tag/helm", "tag/razia"),
        *points("feed", "tag/helm", "tag/razia"),
    }

    assert changed(tag_slugs=("razia",)) == expected


def test_a_new_date_makes_the_old_and_the_new_place_dirty() -> None:
    own = video()
    later = own.published_at.replace(year=2027)
    dirty = changed(published_at=later)

    for moment in (own.published_at, later):
        sort = keys.sort_key(moment, own.public_id)
        assert {keys.point("list", listing, sort) for listing in LISTINGS} <= dirty


def test_a_chain_ends_where_a_unit_is_not_public() -> None:
    assert chain("polres-badung", PARENTS) == ("mabes", "polda-bali", "polres-badung")
    assert chain("polres-badung", {"polres-badung": "polda-bali"}) == ("polres-badung",)
    assert chain("polres-badung", {}) == ()


@pytest.mark.parametrize(
    ("heights", "expected"), [((720, 480, 240), 480), ((1080, 720), 720), ((240, 144), 240)]
)
def test_without_javascript_at_most_480_lines_play(heights: tuple[int, ...], expected: int) -> None:
    media = video().media
    rungs = [
        replace(media.renditions[0], height=height, bandwidth=height * 1000) for height in heights
    ]

    chosen = default_rendition(replace(media, renditions=(*rungs, media.renditions[-1])))

    assert chosen is not None
    assert chosen.height == expected


def test_the_economy_set_is_nobodys_only_choice_without_javascript() -> None:
    media = video().media
    known = replace(media.renditions[0], codecs="avc1.64001e,mp4a.40.2", height=720, bandwidth=9000)
    economy = replace(known, codecs="av01.0.05M.08,mp4a.40.2", bandwidth=4000)

    chosen = default_rendition(replace(media, renditions=(known, economy)))

    assert chosen == known
    assert signing_rendition((known, economy)) == known


def test_sound_alone_plays_without_javascript_too() -> None:
    media = video().media

    chosen = default_rendition(replace(media, renditions=media.renditions[-1:]))

    assert chosen == media.renditions[-1]
