"""What an edit costs, counted with our own templates: the same in a small archive and a large one.

100 and 1,000 videos; in a soak 10,000.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from site_builder import BuildReport
from site_builder.check import check
from site_builder.environment import TEMPLATES
from site_builder.ledger import ASSET, Ledger
from site_builder.routes import ROUTES
from site_builder.store import Store
from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import (
    Place,
    identifier,
    newest_stretch,
    newsroom,
    pages,
    publish,
)
from tests.site_builder.test_theme_pages import real_place

SIZES = (100, 10_000) if os.environ.get("SOAK") else (100, 1_000)
DATE = "2035-01-15T05:00:00+00:00"
LATER = "2035-01-20T05:00:00+00:00"
FILED = {"unit": "polsek-sigli", "categories": ["narkoba"], "tags": ["helm"]}
UNITS, CATEGORIES, TAGS = 4, 1, 1  # a sector, its district, region and headquarters
MOST = 15 + 5 * (UNITS + CATEGORIES) + 2 * TAGS
FIRST, SECOND = identifier(20_000), identifier(20_001)
REFERENCE = re.compile(r"{%-? *(?:extends|include|import|from) \"([^\"]+)\"")
Site = tuple[FakeApi, Place]


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Site]:
    """Archives of each size, whose two newest videos and whose smallest unit are the same."""
    found: dict[int, Site] = {}
    for size in SIZES:
        api, place = newsroom(size), real_place(tmp_path_factory.mktemp(f"of-{size}"))
        api.put_unit("polsek-sigli", parent="polres-pidie", level="POLSEK", name="Polsek Sigli")
        for number in (20_000, 20_001):
            publish(api, number, publishedAt=DATE, updatedAt=DATE, **FILED)
        place.build(api, processes=None)
        found[size] = (api, place)
    return found


class Cost:
    """A build, what was there before it, and where."""

    def __init__(self, report: BuildReport, before: dict[str, bytes], place: Place) -> None:
        assert report.failed == ()
        self.place = place
        self.report = report
        self.rendered = {path for path, _ in report.rendered}
        self.pages = set(pages(report))
        self.written = set(report.written)
        self.places = {newest_stretch(path) for path in self.rendered}
        self._before = before

    def showed(self, text: str) -> set[str]:
        """What held a text before."""
        needle = text.encode()
        return {
            path
            for path, content in self._before.items()
            if needle in content and not path.startswith("manifest")
        }


Each = Callable[[Callable[[FakeApi], object]], list[Cost]]


@pytest.fixture
def each(sites: dict[int, Site]) -> Iterator[Each]:
    """Makes an edit in each archive and builds; afterwards both are as they were."""

    def make(edit: Callable[[FakeApi], object]) -> list[Cost]:
        found = []
        for api, place in sites.values():
            before = place.files()
            edit(api)
            found.append(Cost(place.build(api), before, place))
        return found

    yield make
    for api, place in sites.values():
        for public_id in (FIRST, SECOND):
            publish(
                api,
                20_000 + (public_id == SECOND),
                publishedAt=DATE,
                updatedAt=DATE,
                title=f"Kejadian {public_id}",
                slug=f"kejadian-{public_id}",
                bodyHtml=f"<p>Isi {public_id}</p>",
                **FILED,
            )
        api.put_unit("polsek-sigli", parent="polres-pidie", level="POLSEK", name="Polsek Sigli")
        if identifier(30_000) in api.videos:
            api.remove_video(identifier(30_000))
        place.build(api)


def watch_page(public_id: str, slug: str = "") -> str:
    return f"video/{public_id}/{slug or f'kejadian-{public_id}'}/index.html"


def is_shard(path: str) -> bool:
    """A sitemap or feed, or a piece of JSON."""
    return not path.endswith(".html")


def equal(costs: list[Cost]) -> Cost:
    """The one cost that every size has."""
    small, large = costs
    assert small.places == large.places
    assert len(small.rendered) == len(large.rendered)
    assert {newest_stretch(path) for path in small.written} == {
        newest_stretch(path) for path in large.written
    }
    return large


def test_a_second_build_renders_nothing(each: Each) -> None:
    cost = equal(each(lambda api: None))

    assert cost.rendered == cost.written == set()


def test_a_body_edit_costs_one_page(each: Each) -> None:
    cost = equal(each(lambda api: api.put_video(FIRST, bodyHtml="<p>Baru</p>")))

    assert cost.pages == {watch_page(FIRST)}
    assert all(is_shard(path) for path in cost.rendered - cost.pages)


def test_a_dated_body_edit_costs_one_page_and_the_shards_that_carry_its_date(each: Each) -> None:
    cost = equal(each(lambda api: api.put_video(FIRST, bodyHtml="<p>x</p>", updatedAt=LATER)))

    assert cost.pages == {watch_page(FIRST)}
    assert {"sitemap.xml", "sitemap/2035-01.xml", "feed.xml"} <= cost.rendered - cost.pages
    assert len(cost.rendered) <= 1 + 3 + UNITS + CATEGORIES + TAGS + 5


def test_a_title_edit_costs_its_page_and_its_cards(each: Each) -> None:
    cost = equal(each(lambda api: api.put_video(FIRST, title="Judul yang baru")))

    shown = cost.showed(f"Kejadian {FIRST}")
    assert cost.written == shown
    assert all(is_shard(path) for path in cost.rendered - shown)
    assert watch_page(SECOND) in shown, "it is shown as related there"


def test_publishing_one_costs_what_the_formula_says(each: Each) -> None:
    def publish_one(api: FakeApi) -> None:
        publish(api, 30_000, publishedAt=LATER, updatedAt=LATER, **FILED)

    cost = equal(each(publish_one))

    assert len(cost.rendered) <= MOST
    assert cost.written == cost.rendered


def test_withdrawing_one_costs_no_more_than_publishing_it(each: Each) -> None:
    cost = equal(each(lambda api: api.remove_video(SECOND)))

    assert len(cost.rendered) <= MOST
    players = [f"embed/{SECOND}/{name}" for name in ("index.html", "oembed.json")]
    assert [path for path, _ in cost.report.removed] == [*players, watch_page(SECOND)]
    assert cost.showed(SECOND) - {watch_page(SECOND), *players} <= cost.written
    assert f"/{watch_page(SECOND).removesuffix('index.html')}" in cost.place.gone()


def test_a_tag_change_costs_the_lists_of_the_old_tag_and_of_the_new(each: Each) -> None:
    cost = equal(each(lambda api: api.put_video(FIRST, tags=["razia"])))

    lists = {f"tag/{slug}/index.html" for slug in ("helm", "razia")}
    assert cost.pages == {watch_page(FIRST), *lists}
    assert {path for path in cost.rendered - cost.pages if not path.startswith("tag/")} <= {
        path for path in cost.rendered if is_shard(path) and "feed" not in path
    }


def test_renaming_a_unit_costs_what_shows_its_name(each: Each) -> None:
    cost = equal(each(lambda api: api.rename_unit("polsek-sigli", "Polsek Kota Sigli")))

    shown = cost.showed("Polsek Sigli")
    assert shown <= cost.written
    assert all(is_shard(path) for path in cost.rendered - shown)


def test_moving_a_unit_costs_its_videos_and_the_lists_it_leaves_and_enters(each: Each) -> None:
    costs = each(lambda api: api.move_unit("polsek-sigli", "polres-badung"))

    cost = equal(costs)
    assert len(cost.pages) <= 2 + 5 * 2 * UNITS
    assert check(costs[0].place.out).faults == ()


def test_a_moved_video_leaves_a_redirect_and_no_broken_link(each: Each) -> None:
    costs = each(lambda api: api.put_video(FIRST, slug="pindah"))

    cost = equal(costs)
    old, new = (f"/video/{FIRST}/{slug}/" for slug in (f"kejadian-{FIRST}", "pindah"))
    assert cost.place.redirects()[old] == new
    assert old.encode() not in b"".join(
        content for path, content in cost.place.files().items() if not path.startswith("manifest")
    )
    assert check(costs[0].place.out).faults == ()


@pytest.mark.parametrize("name", sorted({path.name for path in TEMPLATES.iterdir()}))
def test_a_changed_template_costs_exactly_its_users(small: Site, name: str) -> None:
    api, place = small
    file = place.templates / name
    file.write_text("{# baru #}" + file.read_text(encoding="utf-8"), encoding="utf-8")

    report = place.build(api)

    routes = {
        route for route, found in ROUTES.items() if found.template and name in users(found.template)
    }
    wanted = {path for path, route in built(place) if route in routes}
    assert {path for path, _ in report.rendered} == wanted
    assert report.written == ()
    assert wanted or name == "patterns.html"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A small site whose templates may be edited."""
    api, place = newsroom(6), real_place(tmp_path_factory.mktemp("small"))
    api.keeps_ledger = True
    api.put_video(identifier(0), credit="Humas Polri")
    api.put_story("7s00001", unit="polres-badung", videos=[identifier(3)])
    place.templates = Path(shutil.copytree(TEMPLATES, place.root / "theme"))
    place.build(api)
    return api, place


def users(template: str) -> set[str]:
    """A template and all that it extends, includes or imports, as their sources say."""
    found, wanted = set(), [template]
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            wanted += REFERENCE.findall((TEMPLATES / name).read_text(encoding="utf-8"))
    return found


def built(place: Place) -> list[tuple[str, str]]:
    """Every artifact and its route."""
    store = Store(place.state / "store.sqlite3", readonly=True)
    found = [(spec.path, spec.route) for spec in Ledger(store).specs() if spec.route != ASSET]
    store.close()
    return found
