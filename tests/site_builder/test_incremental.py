"""Publishing costs what changed: counts of rendered and written files, never clocks."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from site_builder import BuilderError, ErrorCode, render
from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import Place, identifier, newsroom, pages, publish

LATER = "2026-12-24T00:00:00+00:00"


def watch_page(number: int) -> str:
    return f"video/{identifier(number)}/kejadian-{identifier(number)}/index.html"


def test_a_second_build_renders_and_writes_nothing(api: FakeApi, place: Place) -> None:
    place.build(api)
    before = place.files()

    report = place.build(api)

    assert report.rendered == report.written == report.removed == ()
    assert place.files() == before


def test_a_second_build_asks_for_changes_only(api: FakeApi, place: Place) -> None:
    place.build(api)
    api.requests.clear()

    place.build(api)

    assert api.requests == ["Changes"]


def test_a_body_edit_renders_one_page_and_what_carries_its_date(api: FakeApi, place: Place) -> None:
    place.build(api)
    api.put_video(identifier(3), bodyHtml="<p>Diperbaiki</p>", updatedAt=LATER)

    report = place.build(api)

    assert pages(report) == [watch_page(3)]
    others = {path for path, _ in report.rendered} - set(pages(report))
    assert {"sitemap.xml", "sitemap/2026-06.xml"} <= others
    carriers = ("feed.xml", "sitemap.xml", "2026-06.xml", "search/p.bin")
    assert all(path.endswith(carriers) for path in others)
    assert "Diperbaiki" in place.text(watch_page(3))


def test_a_body_edit_that_keeps_its_date_renders_its_page_and_its_stretch_of_the_index(
    api: FakeApi, place: Place
) -> None:
    place.build(api)
    api.put_video(identifier(3), bodyHtml="<p>Diperbaiki</p>")

    report = place.build(api)

    assert sorted(report.written) == ["search/p.bin", watch_page(3)]
    assert [path for path, _ in report.rendered] == ["search/p.bin", watch_page(3)]


def test_a_title_edit_renders_the_page_and_every_page_that_shows_its_card(
    api: FakeApi, place: Place
) -> None:
    place.build(api)
    shown = {
        path
        for path, content in place.files().items()
        if b"Kejadian 3v00003" in content and not path.startswith("manifest")
    }
    api.put_video(identifier(3), title="Judul baru")

    report = place.build(api)

    rendered = {path for path, _ in report.rendered}
    assert set(report.written) == shown
    assert rendered - shown == {"sitemap.xml"}


def test_an_old_title_edit_costs_the_same_at_any_size(tmp_path: Path) -> None:
    counts = []
    for size in (180, 360):
        api, place = newsroom(size), Place(tmp_path / str(size))
        place.build(api)
        api.put_video(identifier(3), title="Judul baru")
        counts.append(len(place.build(api).rendered))

    assert counts[0] == counts[1]


def test_publishing_one_costs_the_same_in_a_site_of_30_and_of_300(tmp_path: Path) -> None:
    counts = []
    for size in (30, 300):
        api, place = newsroom(size), Place(tmp_path / str(size))
        place.build(api)
        date = "2026-12-01T05:00:00+00:00"
        video = {"unit": "polres-pidie", "categories": ["narkoba"], "tags": ["helm"]}
        for number in (1000, 1001):
            publish(api, number, publishedAt=date, updatedAt=date, **video)
            report = place.build(api)
        counts.append((len(report.rendered), len(report.written)))

    assert counts[0] == counts[1]
    units, categories, tags = 3, 1, 1
    assert counts[0][0] <= 15 + 5 * (units + categories) + 2 * tags


def test_a_tag_change_rebuilds_the_old_and_the_new_tag_page(api: FakeApi, place: Place) -> None:
    api.put_video(identifier(1), tags=["mudik"])
    place.build(api)
    api.put_video(identifier(1), tags=["razia"])

    report = place.build(api)

    assert sorted(pages(report)) == [
        "tag/mudik/index.html",
        "tag/razia/index.html",
        watch_page(1),
    ]
    path = f"/video/{identifier(1)}/"
    assert path in place.text("tag/razia/index.html")
    assert path not in place.text("tag/mudik/index.html")


def test_a_unit_rename_renders_only_what_shows_the_name(api: FakeApi, place: Place) -> None:
    place.build(api)
    shown = {
        path
        for path, content in place.files().items()
        if b"Polres-Pidie" in content and not path.startswith("manifest")
    }
    api.rename_unit("polres-pidie", "Polres Pidie Raya")

    report = place.build(api)

    assert set(report.written) == shown
    unseen = {path for path, _ in report.rendered} - shown
    assert unseen <= {"sitemap/2026-06.xml", "sitemap/news.xml"}


def test_a_units_summary_renders_its_own_page_only(api: FakeApi, place: Place) -> None:
    place.build(api)
    api.put_unit("polda-bali", parent="mabes", summary="Kepolisian Daerah Bali")

    assert [path for path, _ in place.build(api).rendered] == ["unit/polda-bali/index.html"]


def test_a_moved_unit_takes_its_videos_along(api: FakeApi, place: Place) -> None:
    publish(api, 40, unit="polres-pidie")
    place.build(api)
    api.move_unit("polres-pidie", "polda-bali")

    place.build(api)

    path = f"/video/{identifier(40)}/"
    assert path in place.text("unit/polda-bali/index.html")
    assert path not in place.text("unit/polda-aceh/index.html")
    trail = place.text(watch_page(40)).partition("<nav>")[2].partition("</nav>")[0]
    assert "/unit/polda-bali/" in trail
    assert "/unit/polda-aceh/" not in trail


def test_a_move_told_for_the_unit_alone_is_enough(api: FakeApi, place: Place) -> None:
    api.put_unit("polsek-sigli", parent="polres-pidie", level="POLSEK")
    publish(api, 40, unit="polsek-sigli")
    place.build(api)
    api.units["polres-pidie"]["parent"] = "polda-bali"
    api.changed("unit:polres-pidie")

    place.build(api)

    assert "/unit/polda-bali/" in place.text(watch_page(40))
    assert f"/video/{identifier(40)}/" in place.text("unit/polda-bali/index.html")


def test_a_unit_that_returns_is_seen_by_all_below_though_only_it_is_told(
    api: FakeApi, place: Place
) -> None:
    for public_id in [key for key, video in api.videos.items() if video["unit"] == "polda-bali"]:
        api.remove_video(public_id)
    publish(api, 40, unit="polres-badung")
    place.build(api)
    unit = api.units.pop("polda-bali")
    api.changed("unit:polda-bali")
    place.build(api)
    assert "/unit/polda-bali/" not in place.text(watch_page(40))
    api.units["polda-bali"] = unit
    api.changed("unit:polda-bali")

    place.build(api)

    assert "/unit/polda-bali/" in place.text(watch_page(40))
    assert f"/video/{identifier(40)}/" in place.text("unit/polda-bali/index.html")


def test_an_unpublished_video_leaves_page_lists_feeds_and_sitemap(
    api: FakeApi, place: Place
) -> None:
    place.build(api)
    api.remove_video(identifier(29))

    report = place.build(api)

    player = f"embed/{identifier(29)}"
    assert [path for path, _ in report.removed] == [
        f"{player}/index.html",
        f"{player}/oembed.json",
        watch_page(29),
    ]
    traces = [path for path, content in place.files().items() if b"1v00029" in content]
    assert traces == ["manifest/video-1v.json"]
    assert place.gone() == [f"/video/{identifier(29)}/kejadian-{identifier(29)}/"]


def test_a_video_published_into_the_past_enters_newer_videos_related_lists(
    api: FakeApi, place: Place
) -> None:
    place.build(api)
    date = "2026-06-02T12:00:00+00:00"
    publish(api, 50, publishedAt=date, unit="polres-badung", categories=[], tags=[])

    report = place.build(api)

    related = [path for path in pages(report) if path.startswith("video/")]
    assert watch_page(50) in related
    assert 2 <= len(related) <= 8
    assert "index.html" not in pages(report)


def test_the_last_video_of_a_month_takes_the_months_pages_along(api: FakeApi, place: Place) -> None:
    publish(api, 60, publishedAt="2026-08-01T00:00:00+00:00", categories=["narkoba"])
    place.build(api)
    assert (place.out / "archive/2026/08/index.html").exists()
    assert "/archive/2026/08/" in place.text("archive/index.html")
    api.remove_video(identifier(60))

    place.build(api)

    assert not (place.out / "archive/2026/08").exists()
    assert not (place.out / "category/narkoba/2026/08").exists()
    assert not (place.out / "sitemap/2026-08.xml").exists()
    assert "/archive/2026/08/" not in place.text("archive/index.html")
    assert "2026-08" not in place.text("sitemap.xml")


def test_a_months_boundary_is_midnight_in_jakarta(api: FakeApi, place: Place) -> None:
    publish(api, 60, publishedAt="2026-07-31T16:59:59+00:00")
    publish(api, 61, publishedAt="2026-07-31T17:00:00+00:00")

    place.build(api)

    assert identifier(60) in place.text("archive/2026/07/index.html")
    assert identifier(61) in place.text("archive/2026/08/index.html")


def test_the_about_text_renders_the_about_page_only(api: FakeApi, place: Place) -> None:
    place.build(api)
    api.edit_site(aboutHtml="<p>Baru</p>")

    assert [path for path, _ in place.build(api).rendered] == ["about/index.html"]


def test_the_sites_name_renders_every_page(api: FakeApi, place: Place) -> None:
    first = place.build(api)
    api.edit_site(name="Tribrata TV")

    assert len(place.build(api).rendered) == len(first.rendered)


def test_a_lost_output_is_built_again_whole(api: FakeApi, place: Place) -> None:
    place.build(api)
    before = place.files()
    (place.out / "manifest.json").unlink()
    (place.out / "index.html").unlink()

    place.build(api)

    assert place.files() == before


def test_every_rendering_has_its_reason(api: FakeApi, place: Place) -> None:
    assert {reason for _, reason in place.build(api).rendered} == {"first build"}
    api.put_video(identifier(3), bodyHtml="<p>Diperbaiki</p>")

    assert place.build(api).rendered == (
        ("search/p.bin", "search:all@20260602T000000.000000|3v00003 changed"),
        (watch_page(3), f"page:video:{identifier(3)} changed"),
    )


def test_the_number_of_processes_changes_no_byte(
    api: FakeApi, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.build(api)
    other = Place(tmp_path / "other")
    monkeypatch.setattr(render, "POOL_FROM", 50)

    report = other.build(api, processes=2)

    assert len(report.rendered) > 50
    assert other.files() == place.files()
    assert other.build(api).rendered == ()


def test_a_dying_render_process_is_named_and_nothing_is_written(
    api: FakeApi, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "POOL_FROM", 50)
    monkeypatch.setattr(render, "_work", die)

    with pytest.raises(BuilderError) as caught:
        place.build(api, processes=2)

    assert caught.value.code == ErrorCode.RENDER_DIED
    assert place.files() == {}


def die(_specs: object) -> None:
    """What the kernel does to a process that takes too much memory."""
    os.kill(os.getpid(), signal.SIGKILL)
