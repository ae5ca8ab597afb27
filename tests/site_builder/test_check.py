"""`check` finds whatever leads nowhere in a built folder, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from site_builder import addresses
from site_builder.check import check
from site_builder.cli import main
from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import Place, identifier, newsroom, publish
from tests.site_builder.test_theme_pages import real_place

ID = identifier(3)
PAGE = f"video/{ID}/kejadian-{ID}/index.html"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A site of our own templates; tests copy it before they break it."""
    place = real_place(tmp_path_factory.mktemp("whole"))
    api = newsroom(12)
    place.build(api)
    api.put_video(ID, slug="baru")
    api.remove_video(identifier(5))
    api.put_redirect("/mudik/", "/unit/mabes/")
    place.build(api)
    api.put_video(ID, slug=f"kejadian-{ID}")
    place.build(api)
    return place


def faults(folder: Path) -> list[tuple[str, str, str]]:
    return [(one.path, one.what, one.reason) for one in check(folder).faults]


def broken(place: Place, root: Path, edit: Callable[[Path], object]) -> list[tuple[str, str, str]]:
    """What a check says of a copy of the site that somebody edited, but for changed bytes."""
    copy = root / "copy"
    for path, content in place.files().items():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_bytes(content)
    edit(copy)
    return [found for found in faults(copy) if found[1] != "other bytes"]


def appended(text: str, path: str = PAGE) -> Callable[[Path], object]:
    def edit(folder: Path) -> None:
        with (folder / path).open("a", encoding="utf-8") as file:
            file.write(text)

    return edit


def test_every_address_of_a_built_site_leads_somewhere(whole: Place) -> None:
    checked = check(whole.out)

    assert checked.faults == ()
    assert checked.files == sum(len(shard["artifacts"]) for shard in whole.shards().values())
    assert checked.links > 10 * checked.files / 2


def test_no_link_breaks_whatever_editors_move_rename_and_withdraw(tmp_path: Path) -> None:
    api, place = newsroom(12), real_place(tmp_path)
    api.put_tag("kosong")
    steps = (
        lambda: api.put_video(ID, slug="baru", title="Judul baru"),
        lambda: api.move_unit("polres-pidie", "polda-bali"),
        lambda: api.rename_unit("polda-bali", "Polda Bali Nusra"),
        lambda: api.put_video(identifier(4), unit="polres-gianyar", categories=["narkoba"]),
        lambda: api.remove_video(identifier(9)),
        lambda: api.remove_category("narkoba"),
        lambda: api.remove_tag("mudik"),
        lambda: publish(api, 40, publishedAt="2026-08-31T18:00:00+00:00"),
        lambda: api.remove_video(identifier(40)),
        lambda: api.remove_unit("polres-gianyar"),
        lambda: api.remove_unit("polda-aceh"),
        lambda: api.put_redirect("/tag/mudik/", "/archive/"),
    )
    place.build(api)
    assert check(place.out).faults == ()
    for number, step in enumerate(steps):
        step()
        place.build(api)

        assert check(place.out).faults == (), number


@pytest.mark.parametrize(
    ("text", "address", "reason"),
    [
        ('<a href="/unit/polda-sirna/">x</a>', "/unit/polda-sirna/", "no such page"),
        ('<a href="../lain/">x</a>', "../lain/", "no such page"),
        ('<img srcset="/assets/x.png 2x">', "/assets/x.png", "no such page"),
        ('<video poster="/assets/x.png"></video>', "/assets/x.png", "no such page"),
        ('<form action="/cari/"></form>', "/cari/", "no such page"),
        ('<i data-more="/newest.json"></i>', "/newest.json", "no such page"),
        ('<meta property="og:image" content="https://tube.test/x.png">', None, "no such page"),
        ('<script type="application/ld+json">{"item": "https://tube.test/x/"}</script>', None, ""),
        ('<a href="https://tube.test/about">x</a>', None, "lacks its last slash"),
        (f'<a href="/video/{identifier(5)}/kejadian-{identifier(5)}/">x</a>', None, "withdrawn"),
        ('<a href="/about/#sirna">x</a>', "/about/#sirna", "no such id"),
        ('<a href="#sirna">x</a>', f"/{PAGE.removesuffix('index.html')}#sirna", "no such id"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_with_its_page_and_reason(
    whole: Place, tmp_path: Path, text: str, address: str | None, reason: str
) -> None:
    ((path, what, why),) = broken(whole, tmp_path, appended(text))

    assert path == PAGE
    assert address is None or what == address
    assert reason in why


@pytest.mark.parametrize(
    "text",
    [
        '<a href="https://example.org/x">x</a>',
        '<a href="tel:110">x</a>',
        '<a href="mailto:humas@example.go.id">x</a>',
        '<a href="/mudik/">x</a>',
        f'<a href="/video/{ID}/baru/">x</a>',
        '<a href="/#units">x</a>',
        '<a href="#t=12">x</a>',
        '<a href="/about/?q=1">x</a>',
    ],
)
def test_addresses_that_lead_somewhere_or_elsewhere_are_no_faults(
    whole: Place, tmp_path: Path, text: str
) -> None:
    assert broken(whole, tmp_path, appended(text)) == []


def test_feeds_sitemaps_robots_and_json_are_read_too(whole: Place, tmp_path: Path) -> None:
    def edit(folder: Path) -> None:
        appended("\nSitemap: https://tube.test/alt.xml\n", "robots.txt")(folder)
        for path in ("feed.xml", "sitemap/pages.xml", "sitemap.xml"):
            text = (folder / path).read_text(encoding="utf-8")
            (folder / path).write_text(text.replace("/unit/mabes/", "/unit/sirna/"))

    found = {path for path, _, reason in broken(whole, tmp_path, edit) if "no such" in reason}

    assert found == {"robots.txt", "feed.xml", "sitemap/pages.xml"}
    assert addresses.of("x.json", b'{"url": "/a/", "title": "/b/", "html": "<a href=/c/>"}') == (
        addresses.Found(links={"/a/", "/c/"})
    )
    assert addresses.of("x.css", b"a{background:url(/assets/a.png)}").links == {"/assets/a.png"}
    assert addresses.of("x.js", b'import("/assets/h.js")').links == {"/assets/h.js"}


def test_a_file_that_is_lost_changed_or_a_stranger_is_told(whole: Place, tmp_path: Path) -> None:
    def edit(folder: Path) -> None:
        (folder / "about/index.html").unlink()
        (folder / "thesis.odt").write_text("x")
        (folder / "sitemap.xml").write_text("<sitemapindex>")

    found = {(path, what) for path, what, _ in broken(whole, tmp_path, edit)}

    assert found == {
        ("about/index.html", "missing"),
        ("thesis.odt", "stray"),
        ("sitemap.xml", "unreadable"),
    }
    assert ("sitemap.xml", "other bytes", "than the manifest says") in faults(tmp_path / "copy")


def test_a_redirect_that_leads_nowhere_or_in_a_circle_is_told(whole: Place, tmp_path: Path) -> None:
    def edit(folder: Path) -> None:
        path = folder / "manifest" / "root.json"
        shard = json.loads(path.read_bytes())
        shard["redirects"] += [
            {"from": source, "to": to, "status": 301}
            for source, to in (("/a/", "/sirna/"), ("/b/", "/c/"), ("/c/", "/b/"))
        ]
        path.write_text(json.dumps(shard))

    found = {(what, reason) for _, what, reason in broken(whole, tmp_path, edit)}

    assert found == {
        ("/sirna/", "there is no such page"),
        ("/b/", "its redirects lead in a circle"),
        ("/c/", "its redirects lead in a circle"),
    }


def test_the_command_lists_what_is_broken_and_its_status_says_so(
    api: FakeApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = real_place(tmp_path / "site")
    place.build(api)

    assert main(["check", str(place.out), "--quiet"]) == 0
    assert capsys.readouterr().out.endswith(" links: 0 broken\n")

    appended('<a href="/sirna/">x</a>', "index.html")(place.out)
    assert main(["check", str(place.out)]) == 1
    captured = capsys.readouterr()
    assert "broken   index.html: /sirna/ (there is no such page)\n" in captured.out
    assert "check " in captured.err

    assert main(["check", str(tmp_path)]) == 1
    assert "nothing-built" in capsys.readouterr().err
