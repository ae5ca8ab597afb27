"""Links never break: former paths lead on while the video is public, and answer 410 after."""

from __future__ import annotations

from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import Place, identifier

ID = identifier(3)


def path(slug: str) -> str:
    return f"/video/{ID}/{slug}/"


def build_with_slugs(api: FakeApi, place: Place, *slugs: str) -> None:
    for slug in slugs:
        api.put_video(ID, slug=slug)
        place.build(api)


def test_a_slug_change_leaves_a_redirect(api: FakeApi, place: Place) -> None:
    build_with_slugs(api, place, "lama", "baru")

    assert place.redirects() == {path("lama"): path("baru")}
    assert not (place.out / path("lama").strip("/")).exists()


def test_redirects_lead_straight_to_the_newest_path(api: FakeApi, place: Place) -> None:
    build_with_slugs(api, place, "satu", "dua", "tiga")

    assert place.redirects() == {path("satu"): path("tiga"), path("dua"): path("tiga")}


def test_a_slug_that_comes_back_redirects_to_nothing(api: FakeApi, place: Place) -> None:
    build_with_slugs(api, place, "satu", "dua", "satu")

    assert place.redirects() == {path("dua"): path("satu")}


def test_all_paths_of_a_withdrawn_video_are_gone(api: FakeApi, place: Place) -> None:
    build_with_slugs(api, place, "satu", "dua")
    api.remove_video(ID)
    place.build(api)

    assert place.redirects() == {}
    assert place.gone() == [path("dua"), path("satu")]


def test_a_video_that_returns_is_gone_no_more(api: FakeApi, place: Place) -> None:
    build_with_slugs(api, place, "satu", "dua")
    video = api.remove_video(ID)
    place.build(api)
    api.put_video(ID, **video)
    place.build(api)

    assert place.redirects() == {path("satu"): path("dua")}
    assert place.gone() == []


def test_a_full_build_keeps_former_paths(api: FakeApi, place: Place) -> None:
    build_with_slugs(api, place, "satu", "dua")
    before = place.files()

    report = place.build(api, full=True)

    assert report.written == ()
    assert place.files() == before


def test_a_full_build_notices_what_went_unseen(api: FakeApi, place: Place) -> None:
    build_with_slugs(api, place, "satu")
    del api.videos[ID]

    place.build(api, full=True)

    assert place.gone() == [path("satu")]
    assert not (place.out / "video" / ID).exists()
