"""The search index: what is in it, which of its files a change touches, what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.build import BuildReport
from site_builder.records import Image, Link, Passage
from site_builder.search import cuts, volume
from site_builder.search.documents import Document, blocks, excerpt, plain
from site_builder.search.volume import NAME, SAID, TEXT, TITLE
from site_builder.search.words import Stems
from site_builder.serve import serving
from site_builder.store import Store
from tests.site_builder.fake_api import FakeApi
from tests.site_builder.index_reader import Index, found_by, indexes
from tests.site_builder.newsroom import Place, identifier, newsroom, publish
from tests.site_builder_theme.hosting import looping

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)
TERMS = st.text("abc", min_size=1, max_size=3)


@pytest.fixture
def small_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """One video in four begins a part, one in sixteen a volume."""
    monkeypatch.setattr(cuts, "PART", 2)
    monkeypatch.setattr(cuts, "VOLUME", 4)


def document(number: int = 0, said: Sequence[str] = (), **fields: object) -> Document:
    values: dict[str, object] = {
        "kind": "VIDEO",
        "public_id": f"7k3m{number:04}",
        "path": f"/video/7k3m{number:04}/x/",
        "title": "",
        "synopsis": "",
        "body": "",
        "place": "",
        "published_at": NOON - timedelta(hours=number),
        "language": "id",
        "poster": Image(url="http://m.test/p.jpg", width=16, height=9, size=1, sha256=""),
        "duration": 61.4,
        "has_captions": bool(said),
        "unit": Link(name="Polda Bali", path="/unit/polda-bali/"),
        "names": (),
        "filters": ("unit:polda-bali",),
        "passages": tuple(Passage(start=4.5 * at, text=text) for at, text in enumerate(said)),
    }
    return Document(**(values | fields))  # type: ignore[arg-type]


def index_of(*documents: Document, slots: int = 16) -> Index:
    return Index(volume.written(documents, slots=slots, stems=Stems()))


def search_paths(report: BuildReport) -> list[str]:
    return [path for path, _ in report.rendered if path.startswith("search/")]


def test_a_term_says_where_it_stands_and_the_title_counts_most() -> None:
    index = index_of(
        document(
            0,
            title="Razia helm",
            synopsis="Razia pagi",
            names=("Polda Bali",),
            said=("Helm dan rompi",),
        )
    )
    where = {term: [one.where for one in index.find(term)] for term in ("razia", "pagi", "bali")}
    assert where == {"razia": [TITLE], "pagi": [TEXT], "bali": [NAME]}
    assert [one.where for one in index.find("rompi")] == [SAID]
    assert [one.where for one in index.find("^hel")] == [TITLE]
    assert index.find("dan") == []


def test_what_is_said_leads_to_the_passages_around_it() -> None:
    said = [f"kata{number} " + "isi " * 60 for number in range(12)]
    index = index_of(document(0, said=said))
    (card,) = index.cards()

    (found,) = index.find("kata9")
    assert found.block is not None
    passages = index.passages(card, found.block)

    assert [start for start, text in passages if text.startswith("kata9 ")] == [9 * 4.5]
    assert sum(len(index.passages(card, block)) for block in range(len(card["said"]) - 1)) == 12


@given(st.lists(st.lists(TERMS, max_size=30), max_size=40), st.sampled_from([1, 4, 16]))
def test_every_list_is_whole_whatever_overflows(titles: list[list[str]], slots: int) -> None:
    documents = [document(number, title=" ".join(words)) for number, words in enumerate(titles)]
    index = index_of(*documents, slots=slots)
    for term in {word for words in titles for word in words} - {"a"}:
        expected = [number for number, words in enumerate(titles) if term in words]
        assert [one.number for one in index.find(term)] == expected
    assert [card["path"] for card in index.cards()] == [one.path for one in documents]


def test_days_are_those_of_jakarta_newest_first() -> None:
    moments = [datetime(2026, 11, 21, 16, 59, tzinfo=UTC) + timedelta(minutes=m) for m in (1, 0)]
    old = datetime(2026, 10, 1, tzinfo=UTC)
    index = index_of(*(document(n, published_at=at) for n, at in enumerate([*moments, old])))

    days = [date(2026, 11, 22), date(2026, 11, 21), date(2026, 10, 1)]
    assert index.days() == [(day.toordinal(), number) for number, day in enumerate(days)]


def test_markup_is_no_word_and_blocks_and_excerpts_end_between_words() -> None:
    assert plain('<h2>Kronologi</h2><p>A &amp; B<a href="x?y">c</a></p>') == "Kronologi A & B c"
    assert excerpt("satu dua tiga", 9) == "satu dua"
    assert [len(block) for block in blocks([Passage(start=0, text="x" * 500)] * 5)] == [2, 2, 1]


def test_a_built_site_finds_titles_names_ids_and_what_is_said(api: FakeApi, place: Place) -> None:
    api.put_video(identifier(2), title="Penangkapan di Kuta", unit="polres-badung", tags=["helm"])
    place.build(api)
    path = f"/video/{identifier(2)}/kejadian-{identifier(2)}/"

    for term in ("tangkap", "kuta", "^penang", identifier(2)):
        assert found_by(place.out, term) == [path]
    for term in ("badung", "bali", "mabes", "helm", "selamat", "unit:polda-bali", "tag:helm"):
        assert path in found_by(place.out, term)


@pytest.mark.usefixtures("small_stretches")
def test_every_video_is_in_one_stretch_and_they_follow_each_other(tmp_path: Path) -> None:
    place, api = Place(tmp_path), newsroom(90)
    place.build(api)

    found = indexes(place.out)

    dates = [card["date"] for index in found.values() for card in index.cards()]
    assert len(dates) == 90
    assert dates == sorted(dates, reverse=True)
    kinds = [name[0] for name in found]
    assert kinds == sorted(kinds)
    assert set(kinds) == {"p", "v"}


@pytest.mark.usefixtures("small_stretches")
def test_a_publication_renders_one_stretch_at_any_size(tmp_path: Path) -> None:
    number = next(n for n in range(1000, 2000) if cuts.cut_of(f"video:{identifier(n)}") < cuts.PART)
    for size in (40, 200):
        place, api = Place(tmp_path / str(size)), newsroom(size)
        place.build(api)
        newest = next(iter(indexes(place.out)))
        publish(api, number)

        assert search_paths(place.build(api)) == [f"search/{newest}.bin"]


@pytest.mark.usefixtures("small_stretches")
def test_a_video_that_begins_a_part_adds_it_and_one_that_goes_takes_it_along(
    tmp_path: Path,
) -> None:
    place, api = Place(tmp_path), newsroom(60)
    place.build(api)
    before = list(indexes(place.out))
    number = next(
        n for n in range(1000, 2000) if cuts.PART <= cuts.cut_of(f"video:{identifier(n)}") < 4
    )
    publish(api, number)
    rendered = search_paths(place.build(api))

    assert list(indexes(place.out)) == [f"p-{identifier(number)}", *before]
    assert set(rendered) == {
        "search/root.json",
        f"search/{before[0]}.bin",
        f"search/p-{identifier(number)}.bin",
    }

    api.remove_video(identifier(number))
    place.build(api)
    plain = next(n for n in range(1000, 2000) if cuts.cut_of(f"video:{identifier(n)}") == 0)
    publish(api, plain)
    place.build(api)

    assert list(indexes(place.out)) == before
    assert len(found_by(place.out, identifier(plain))) == 1, "the part below reaches up to it"


@pytest.mark.usefixtures("small_stretches")
def test_a_video_that_begins_a_volume_closes_the_one_before(tmp_path: Path) -> None:
    place, api = Place(tmp_path), newsroom(60)
    place.build(api)
    before = list(indexes(place.out))
    parts = [name for name in before if name.startswith("p")]
    number = next(n for n in range(1000, 2000) if cuts.cut_of(f"video:{identifier(n)}") >= 4)
    publish(api, number)
    report = place.build(api)

    closed = parts[-1].replace("p", "v", 1)
    kept = [name for name in before if name.startswith("v")]
    assert list(indexes(place.out)) == [f"p-{identifier(number)}", closed, *kept]
    assert {path for path, _ in report.removed} == {f"search/{name}.bin" for name in parts}
    api.remove_video(identifier(number))
    place.build(api)
    assert list(indexes(place.out)) == before


@pytest.mark.usefixtures("small_stretches")
def test_a_volume_that_grows_too_long_is_divided_and_joined_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, api = Place(tmp_path / "site"), newsroom(120)
    place.build(api)
    before = indexes(place.out)
    name = max((one for one in before if one[0] == "v"), key=lambda one: before[one].count)
    monkeypatch.setattr(cuts, "MOST", before[name].count)
    inside = before[name].cards()[before[name].count // 2]["date"]
    number = next(n for n in range(1000, 2000) if cuts.cut_of(f"video:{identifier(n)}") == 0)
    publish(api, number, publishedAt=inside)
    place.build(api)

    divided = indexes(place.out)
    assert len(divided) > len(before)
    fresh = Place(tmp_path / "fresh")
    fresh.build(api)
    assert place.files() == fresh.files()
    api.remove_video(identifier(number))
    place.build(api)
    assert list(indexes(place.out)) == list(before)


@pytest.mark.usefixtures("small_stretches")
def test_an_old_edit_and_a_withdrawal_touch_their_own_volume_only(tmp_path: Path) -> None:
    place, api = Place(tmp_path), newsroom(90)
    place.build(api)
    volumes = {name: index for name, index in indexes(place.out).items() if name.startswith("v")}
    name = max(volumes, key=lambda name: volumes[name].count)
    ids = [card["path"].split("/")[2] for card in volumes[name].cards()]
    public_id = next(one for one in ids if cuts.cut_of(f"video:{one}") < cuts.PART)
    api.put_video(public_id, title="Selundupan rahasia")
    assert search_paths(place.build(api)) == [f"search/{name}.bin"]
    assert len(found_by(place.out, "rahasia")) == 1
    api.remove_video(public_id)

    assert search_paths(place.build(api)) == [f"search/{name}.bin"]

    files = {path: content for path, content in place.files().items() if "search/" in path}
    assert not any(b"rahasia" in content for content in files.values())
    for term in ("rahasia", "^sel", public_id):
        assert found_by(place.out, term) == []


def test_a_renamed_tag_and_a_moved_unit_are_found_by_their_new_names(
    api: FakeApi, place: Place
) -> None:
    place.build(api)
    helmeted = found_by(place.out, "helm")
    badung = found_by(place.out, "unit:polres-badung")
    api.put_tag("helm", name="topi baja")
    api.move_unit("polres-badung", "polda-aceh")
    place.build(api)

    assert found_by(place.out, "helm") == []
    assert found_by(place.out, "baja") == helmeted
    assert set(badung) <= set(found_by(place.out, "aceh"))
    assert not set(badung) & set(found_by(place.out, "unit:polda-bali"))


def test_a_store_from_before_there_was_a_search_is_taken_over(api: FakeApi, place: Place) -> None:
    place.build(api)
    before = place.files()
    store = Store(place.state / "store.sqlite3")
    store.db.execute("DROP TABLE document")
    store.close()

    place.build(api, full=False)
    api.put_video(identifier(0), slug="lain")
    place.build(api)
    api.put_video(identifier(0), slug=f"kejadian-{identifier(0)}")
    place.build(api)

    assert place.files()["search/p.bin"] == before["search/p.bin"]


@pytest.mark.usefixtures("quiet_server")
def test_the_preview_serves_a_range_of_a_file_and_names_its_release(
    api: FakeApi, place: Place
) -> None:
    place.build(api)
    content = place.files()["search/p.bin"]
    asked = ("bytes=4-11", f"bytes={len(content) - 3}-", "bytes=9999999-", "lines=1-2")
    with serving(place.out) as server, looping(server) as origin:
        answers = {
            wanted: httpx.get(f"{origin}/search/p.bin", headers={"Range": wanted})
            for wanted in asked
        }

    statuses = [answer.status_code for answer in answers.values()]
    assert statuses == [206, 206, 200, 200]
    assert [answer.content for answer in answers.values()][:2] == [content[4:12], content[-3:]]
    assert answers["bytes=4-11"].headers["Content-Range"] == f"bytes 4-11/{len(content)}"
    assert len({answer.headers["ETag"] for answer in answers.values()}) == 1


@pytest.fixture
def quiet_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """No access log in the tests' output."""
    monkeypatch.setattr(BaseHTTPRequestHandler, "log_message", lambda *_args: None)
