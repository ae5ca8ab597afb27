"""A unit's page counts what its subtree has published, and a list names all keywords."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import Place, identifier, pages, publish

COUNTED = re.compile(r"<p>(\d+) ((?:\d{4}:\d+ )+)(\S+Z) (\S+Z)</p>")


def counted(place: Place, code: str) -> tuple[int, dict[int, int], str, str]:
    """What the page of a unit says: all, by year, first, latest."""
    found = COUNTED.search(place.text(f"unit/{code}/index.html"))
    assert found
    years = {
        int(year): int(count)
        for year, _, count in (item.partition(":") for item in found[2].split())
    }
    return int(found[1]), years, found[3], found[4]


def expected(api: FakeApi, code: str) -> tuple[int, dict[int, int], str, str]:
    """The same, from all videos there are."""
    units = set(api.below(code))
    moments = sorted(
        datetime.fromisoformat(video["publishedAt"]).astimezone(UTC)
        for video in api.videos.values()
        if video["unit"] in units
    )
    years: dict[int, int] = {}
    for moment in moments:
        years[moment.year] = years.get(moment.year, 0) + 1
    texts = [moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (moments[0], moments[-1])]
    return len(moments), years, texts[0], texts[1]


def test_a_unit_counts_its_whole_subtree_by_year(api: FakeApi, place: Place) -> None:
    publish(api, 50, unit="polres-pidie", publishedAt="2024-03-01T00:00:00+00:00")
    publish(api, 51, unit="polda-aceh", publishedAt="2025-03-01T00:00:00+00:00")
    place.build(api)

    for code in ("mabes", "polda-aceh", "polda-bali", "polres-pidie"):
        assert counted(place, code) == expected(api, code), code
    assert counted(place, "polda-aceh")[1].keys() == {2024, 2025, 2026}


def test_the_numbers_follow_every_edit(api: FakeApi, place: Place) -> None:
    publish(api, 50, unit="polres-pidie", publishedAt="2024-03-01T00:00:00+00:00")
    place.build(api)
    edits = (
        lambda: publish(api, 51, unit="polda-aceh", publishedAt="2024-03-02T00:00:00+00:00"),
        # Within its month: no count changes, but the first moment does.
        lambda: api.put_video(identifier(50), publishedAt="2024-03-09T00:00:00+00:00"),
        lambda: api.put_video(identifier(51), unit="polda-bali"),
        lambda: api.move_unit("polres-pidie", "polda-bali"),
        lambda: api.remove_video(identifier(50)),
    )
    for edit in edits:
        edit()
        place.build(api)
        for code in api.units:
            assert counted(place, code) == expected(api, code), code


def test_a_unit_without_videos_counts_nothing(api: FakeApi, place: Place) -> None:
    api.put_unit("satker-kosong", parent="mabes", level="SATKER")
    place.build(api)

    assert not COUNTED.search(place.text("unit/satker-kosong/index.html"))


def test_an_old_video_that_appears_late_renders_the_pages_that_count_it(
    api: FakeApi, place: Place
) -> None:
    for number in range(100, 130):
        publish(api, number, unit="polres-pidie")
    place.build(api)
    publish(
        api, 50, unit="polres-pidie", categories=[], tags=[], publishedAt="2024-03-01T00:00:00Z"
    )

    rendered = pages(place.build(api))

    assert {f"unit/{code}/index.html" for code in ("mabes", "polda-aceh", "polres-pidie")} <= set(
        rendered
    )
    assert "unit/polda-bali/index.html" not in rendered


def test_every_keyword_is_on_one_list_that_only_keywords_change(api: FakeApi, place: Place) -> None:
    place.build(api)
    text = place.text("tag/index.html")
    assert [f"/tag/{slug}/" in text for slug in ("helm", "mudik", "razia")] == [True] * 3
    publish(api, 60, tags=["helm"])
    assert "tag/index.html" not in pages(place.build(api))
    api.put_tag("ronda", name="ronda malam")

    assert "tag/index.html" in pages(place.build(api))

    assert "ronda malam" in place.text("tag/index.html")
    api.remove_tag("ronda")
    place.build(api)
    assert "ronda malam" not in place.text("tag/index.html")
