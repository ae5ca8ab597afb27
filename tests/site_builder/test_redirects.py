"""Redirects made by hand: in the manifest beside former paths, and out of the way of pages."""

from __future__ import annotations

import pytest

from site_builder import BuilderError, redirects
from site_builder.redirects import Trouble
from static_export.manifest import Redirect, parse_shard
from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import Place, identifier

LONG = "/" + "é" * 101 + "/"


def changed(place: Place, before: dict[str, bytes]) -> set[str]:
    after = place.files()
    return {path for path in before | after if before.get(path) != after.get(path)}


def test_a_redirect_costs_its_own_shard_and_no_page(api: FakeApi, place: Place) -> None:
    place.build(api)
    before = place.files()
    api.put_redirect("/mudik/", "/unit/mabes/")

    report = place.build(api)

    assert place.redirects() == {"/mudik/": "/unit/mabes/"}
    assert (report.rendered, report.written, report.removed) == ((), (), ())
    assert changed(place, before) == {"manifest.json", "manifest/root.json"}


def test_a_redirect_that_is_taken_away_leaves_nothing(api: FakeApi, place: Place) -> None:
    place.build(api)
    before = place.files()
    api.put_redirect("/lain/mudik/", "/unit/mabes/")
    api.put_redirect("/embun/", "https://example.org/")
    place.build(api)
    api.remove_redirect("/lain/mudik/")
    api.remove_redirect("/embun/")

    place.build(api)

    assert place.redirects() == {}
    assert changed(place, before) == {"manifest.json"}


def test_a_redirect_leads_elsewhere_after_a_change(api: FakeApi, place: Place) -> None:
    api.put_redirect("/mudik/", "/unit/mabes/")
    place.build(api)
    api.put_redirect("/mudik/", "https://example.org/mudik?tahun=2026")

    place.build(api)

    assert place.redirects() == {"/mudik/": "https://example.org/mudik?tahun=2026"}


def test_a_page_wins_over_a_redirect_from_its_address_while_it_is_there(
    api: FakeApi, place: Place
) -> None:
    source = "/category/narkoba/"
    place.build(api)
    api.put_redirect(source, "/unit/mabes/")
    place.build(api)
    assert place.redirects() == {}

    api.remove_category("narkoba")
    place.build(api)
    assert place.redirects() == {source: "/unit/mabes/"}

    api.put_category("narkoba")
    place.build(api)
    assert place.redirects() == {}
    assert (place.out / "category/narkoba/index.html").exists()


def test_a_redirect_stands_beside_former_paths(api: FakeApi, place: Place) -> None:
    place.build(api)
    api.put_video(identifier(3), slug="baru")
    api.put_redirect("/baru.html", f"/video/{identifier(3)}/baru/")
    place.build(api)

    assert set(place.redirects().values()) == {f"/video/{identifier(3)}/baru/"}
    assert len(place.redirects()) == 2


def test_a_redirect_to_itself_is_none(api: FakeApi, place: Place) -> None:
    api.put_redirect("/unit/lama/", "/unit/lama/")
    place.build(api)
    assert place.redirects() == {}


@pytest.mark.parametrize(
    "path", ["/lama", "/lama/", "/berita/index.php", "/a/b/c/", "/bali~1/é,2.html", "/v1.0/x"]
)
def test_what_fits_is_taken_by_the_exporter(api: FakeApi, place: Place, path: str) -> None:
    assert redirects.trouble(path) is None
    source = redirects.source(path)
    api.put_redirect(source, "https://example.org:8443/é?a=b#c")

    place.build(api)

    items = [
        item
        for name, shard in place.shards().items()
        for item in parse_shard(shard, name).items.values()
        if isinstance(item, Redirect)
    ]
    assert [(item.source, item.to) for item in items] == [
        (source, "https://example.org:8443/%C3%A9?a=b#c")
    ]


@pytest.mark.parametrize("path", ["/assets/x", "/manifest.json", "/manifest/x/", "/video/x/y/"])
def test_the_site_s_own_addresses_are_refused(path: str) -> None:
    assert redirects.trouble(path) is Trouble.RESERVED


@pytest.mark.parametrize(
    "path",
    [
        *("/", "", "//", "//x", "lama", "/a//b", "/a b", "/a%20b", "/a?x=1", "/a#x", "/a;b", "/a*"),
        *(
            "/.policetube/x",
            "/a/../b",
            "/a/.git",
            "/a/index.html",
            "/a/redirect-301/",
            LONG,
            "/𠀀" * 200,
        ),
    ],
)
def test_an_address_that_no_target_could_carry_is_refused(path: str) -> None:
    assert redirects.trouble(path) is Trouble.SPELLING


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("/video/x/y/", "/unit/mabes/"),
        ("/lama", "/unit/mabes/"),
        ("/lama/", "javascript:alert(1)"),
        ("/lama/", "//example.org/"),
        ("/lama/", "https://user@example.org/"),
        ("/lama/", "https://example.org/\r\nX: y"),
    ],
)
def test_a_build_refuses_what_the_cms_would_never_say(
    api: FakeApi, place: Place, source: str, target: str
) -> None:
    api.put_redirect(source, target)
    with pytest.raises(BuilderError, match="no redirect can"):
        place.build(api)
