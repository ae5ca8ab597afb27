"""Months that are too long for a page are divided into days, those into hours; and sitemaps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from site_builder import keys, periods
from site_builder.routes import all_specs, specs_of
from site_builder.store import Store
from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import Place, identifier, newsroom, pages, publish

# 27 November in Jakarta, where it is seven hours later than in UTC.
NINE = datetime(2026, 11, 27, 2, 10, tzinfo=UTC)
MONTH, DAY, HOUR = "archive/2026/11", "archive/2026/11/27", "archive/2026/11/27/09"
STEPS = st.tuples(
    st.sampled_from(["all", "unit/mabes"]),
    st.integers(0, 9),
    st.sampled_from([timedelta(hours=hours) for hours in (0, 1, 24, 25, 700, 9000)]),
)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four publications are too many for a page, six for a sitemap."""
    monkeypatch.setattr(periods, "MOST", 3)
    monkeypatch.setattr(periods, "MOST_IN_SITEMAP", 5)


@pytest.fixture
def busy() -> FakeApi:
    """Two on the 26th; on the 27th three after nine o'clock and one at midnight."""
    api = newsroom(0)
    day_before, midnight = NINE - timedelta(days=1), NINE - timedelta(hours=9)
    for number, moment in enumerate((day_before, day_before, NINE, NINE, NINE, midnight)):
        publish(api, number, publishedAt=moment.isoformat(), unit="polda-bali")
    return api


def test_a_busy_month_leads_to_its_days_and_a_busy_day_to_its_hours(
    busy: FakeApi, place: Place
) -> None:
    place.build(busy)
    month, day, hour = (place.text(f"{page}/index.html") for page in (MONTH, DAY, HOUR))
    assert "Arsip: November 2026 November 2026 6" in month
    assert f'<a href="/{DAY}/">Jumat, 27 November 4</a>' in month
    assert '<a href="/archive/2026/11/26/">Kamis, 26 November 2</a>' in month
    assert "/video/" not in month
    assert f'<a href="/{HOUR}/">09.00–10.00 WIB 3</a>' in day
    assert '<a href="/archive/2026/11/27/00/">' in day
    assert "/video/" not in day
    assert {identifier(number) in hour for number in (2, 3, 4)} == {True}
    assert {identifier(number) in hour for number in (0, 1, 5)} == {False}
    assert identifier(0) in place.text("archive/2026/11/26/index.html")


def test_each_listing_is_divided_by_what_it_holds_itself(busy: FakeApi, place: Place) -> None:
    publish(busy, 6, publishedAt=NINE.isoformat(), unit="polda-aceh")
    place.build(busy)
    assert (place.out / "unit/polda-bali/2026/11/27/09/index.html").exists()
    assert identifier(6) in place.text("unit/polda-aceh/2026/11/index.html")
    assert not (place.out / "unit/polda-aceh/2026/11/27").exists()


def test_one_more_publication_touches_one_page_of_each_length(busy: FakeApi, place: Place) -> None:
    place.build(busy)
    publish(busy, 6, publishedAt=NINE.isoformat(), unit="polda-bali", categories=[], tags=[])
    of_archive = {path for path in pages(place.build(busy)) if path.startswith("archive/")}
    assert of_archive == {f"{page}/index.html" for page in (MONTH, DAY, HOUR)}


def test_a_month_that_is_no_longer_busy_lists_all_itself_again(busy: FakeApi, place: Place) -> None:
    place.build(busy)
    for number in (0, 2, 5):
        busy.remove_video(identifier(number))
    place.build(busy)
    month = place.text(f"{MONTH}/index.html")
    assert {identifier(number) in month for number in (1, 3, 4)} == {True}
    assert [path for path in place.files() if path.startswith(f"{MONTH}/2")] == []


def test_what_moves_to_another_hour_of_a_busy_day_leaves_no_empty_page(
    busy: FakeApi, place: Place
) -> None:
    place.build(busy)
    later = (NINE + timedelta(hours=1)).isoformat()
    publish(busy, 5, publishedAt=later, unit="polda-bali")
    place.build(busy)
    assert identifier(5) in place.text(f"{DAY}/10/index.html")
    assert not (place.out / DAY / "00").exists()


def test_a_month_too_long_for_a_sitemap_has_one_for_each_day(busy: FakeApi, place: Place) -> None:
    place.build(busy)
    assert {path for path in place.files() if path.startswith("sitemap/2026")} == {
        "sitemap/2026-11-26.xml",
        "sitemap/2026-11-27.xml",
    }
    assert "sitemap/2026-11-27.xml" in place.text("sitemap.xml")
    busy.remove_video(identifier(0))
    place.build(busy)
    assert [path for path in place.files() if path.startswith("sitemap/2026")] == [
        "sitemap/2026-11.xml"
    ]
    assert "sitemap/2026-11.xml" in place.text("sitemap.xml")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("periods") / "store.sqlite3")
    store.db.execute("BEGIN")  # nothing of it needs the disk
    store.put_node("unit:mabes", {"__typename": "Unit", "version": "1"})
    yield store
    store.close()


@settings(deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_whatever_page_comes_or_goes_its_owner_is_made_dirty(
    store: Store, steps: list[tuple[str, int, timedelta]]
) -> None:
    store.db.execute("DELETE FROM entry")
    store.db.execute("DELETE FROM month")
    there: set[tuple[str, str]] = set()
    for listing, number, later in steps:
        moment = NINE + later
        place = (listing, keys.sort_key(moment, identifier(number)))
        before, month = pages_of(store), keys.month_of(moment)
        count = store.in_month(listing, month)
        if place in there:
            store.take_entries([place])
        else:
            store.put_entries(f"video:{identifier(number)}", [place])
        there ^= {place}
        store.put_month(listing, month, count + (1 if place in there else -1))
        day = {keys.day_of(moment)}
        dirty = set(periods.moved(store, listing, month, count, day))
        after = pages_of(store)
        assert {owner for _, owner in before ^ after} <= dirty
        for path, owner in after:
            assert path in {spec.path for spec in specs_of(store, owner)}


def pages_of(store: Store) -> set[tuple[str, str]]:
    """Path and owner of every page and sitemap of a period."""
    return {
        (spec.path, spec.owner) for spec in all_specs(store) if spec.owner.startswith("period:")
    }
