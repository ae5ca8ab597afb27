"""The store equals the API, or nothing was stored at all."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from site_builder.client import PAGE_SIZES, Client
from site_builder.documents import versions_document
from site_builder.errors import BuilderError, ErrorCode
from site_builder.pull import KINDS
from site_builder.store import Store
from site_builder.sync import sync
from site_builder.verify import Verdict, verify
from tests.site_builder.fake_api import FakeApi, parsed
from tests.site_builder.newsroom import Place, identifier, newsroom, publish


@pytest.fixture
def store(tmp_path: Path) -> Any:
    made = Store(tmp_path / "store.sqlite3")
    yield made
    made.close()


def contents(store: Store) -> dict[str, list[Any]]:
    """Every row of every table, but for pages that lie beside the content."""
    names = [
        name
        for (name,) in store.db.execute("SELECT name FROM sqlite_master WHERE type='table'")
        if name not in ("pull", "pulled")
    ]
    return {name: list(store.db.execute(f"SELECT * FROM {name}")) for name in names}


def dying(api: FakeApi) -> Callable[[str], None]:
    """An API that ends before it answers for the second page of videos."""

    def die(_name: str) -> None:
        if api.requests.count("Videos") == 2:
            raise ConnectionError

    return die


def refusal(store: Store, api: Any, **options: Any) -> ErrorCode:
    """The code of a refused sync, which must leave the store as it was."""
    before = contents(store)
    with pytest.raises(BuilderError) as caught:
        sync(store, Client(api), **options)
    assert contents(store) == before
    return caught.value.code


def test_a_first_sync_reads_the_log_first_and_then_every_page(store: Store) -> None:
    api = newsroom(230)

    synced = sync(store, Client(api))

    assert api.requests == [
        "Changes",
        "Site",
        "Units",
        "Categories",
        "Tags",
        "Redirects",
        *["Videos"] * ceil(230 / PAGE_SIZES["videos"]),
        "Stories",
        "Ledger",
    ]
    assert (synced.sequence, synced.epoch) == (len(api.log), "epoch-1")
    assert len(list(store.ids("Video"))) == 230


def test_what_changes_while_the_first_sync_reads_is_caught_by_the_next(store: Store) -> None:
    api = newsroom(230)

    def interfere(name: str) -> None:
        if name == "Videos" and api.requests.count("Videos") == 1:
            api.put_video(identifier(0), publishedAt="2027-01-01T00:00:00+00:00")
            api.remove_video(identifier(100))

    api.before_answer = interfere
    sync(store, Client(api))
    api.before_answer = lambda _name: None
    sync(store, Client(api))

    fresh = Store(store.path.with_name("fresh.sqlite3"))
    sync(fresh, Client(api))
    for table in ("node", "video", "entry", "month", "unit"):
        query = f"SELECT * FROM {table} ORDER BY 1, 2"
        assert list(store.db.execute(query)) == list(fresh.db.execute(query))
    fresh.close()


def test_an_incremental_sync_asks_for_the_changed_nodes_in_batches(store: Store) -> None:
    api = newsroom(230)
    sync(store, Client(api))
    api.requests.clear()
    for number in range(150):
        api.put_video(identifier(number), title=f"Judul {number}")
        api.put_video(identifier(number), synopsis="Baru")

    synced = sync(store, Client(api))

    assert api.requests == [*["Changes"] * 3, *["Nodes"] * 3]
    assert synced.changed == 150


def test_a_null_node_is_removed(store: Store) -> None:
    api = newsroom(5)
    sync(store, Client(api))
    api.remove_video(identifier(2))

    sync(store, Client(api))

    assert not store.has(f"video:{identifier(2)}")
    entries = "SELECT count(*) FROM entry WHERE video = ?"
    assert store.db.execute(entries, (f"video:{identifier(2)}",)).fetchone() == (0,)


def test_a_change_that_changes_nothing_makes_nothing_dirty(store: Store) -> None:
    api = newsroom(5)
    sync(store, Client(api))
    store.db.execute("DELETE FROM dirty")
    api.changed(f"video:{identifier(2)}", "unit:mabes", "tag:helm", "site:site")

    assert sync(store, Client(api)).changed == 0
    assert store.dirty() == []
    assert store.cursor == len(api.log)


def test_another_database_is_refused_and_full_accepts_it(store: Store) -> None:
    sync(store, Client(newsroom(5)))
    other = newsroom(3)
    other.epoch = "epoch-2"

    assert refusal(store, other) == ErrorCode.EPOCH_CHANGED
    assert sync(store, Client(other), full=True).epoch == "epoch-2"
    assert len(list(store.ids("Video"))) == 3


def test_a_log_that_was_set_back_is_refused(store: Store) -> None:
    api = newsroom(5)
    sync(store, Client(api))
    del api.log[-2:]

    assert refusal(store, api) == ErrorCode.CURSOR_AHEAD


def test_a_log_with_a_gap_is_refused(store: Store) -> None:
    api = newsroom(5)
    sync(store, Client(api))
    api.put_video(identifier(1), title="A")
    api.put_video(identifier(2), title="B")
    del api.log[-2]

    assert refusal(store, api) == ErrorCode.HALF_ANSWER


def test_errors_beside_data_are_half_an_answer(store: Store) -> None:
    api = newsroom(5)
    sync(store, Client(api))
    api.put_video(identifier(1), title="A")
    api.spoil = lambda answer: answer | {"errors": [{"message": "timeout"}]}

    assert refusal(store, api) == ErrorCode.API_REFUSED


@pytest.mark.parametrize("path", ["title", "media.poster.url", "unit", "publishedAt", "path"])
def test_a_record_without_a_field_is_half_an_answer(store: Store, path: str) -> None:
    api = newsroom(5)
    sync(store, Client(api))
    api.put_video(identifier(1), title="A")
    publish(api, 70)

    def spoil(answer: dict[str, Any]) -> dict[str, Any]:
        for node in answer["data"].get("nodes", []):
            *parents, name = path.split(".")
            target = node
            for parent in parents:
                target = target[parent]
            del target[name]
        return answer

    api.spoil = spoil
    assert refusal(store, api) == ErrorCode.HALF_ANSWER


def test_a_missing_list_is_half_an_answer_even_in_the_middle_of_a_first_sync(
    store: Store,
) -> None:
    api = newsroom(230)

    def spoil(answer: dict[str, Any]) -> dict[str, Any]:
        if api.requests.count("Videos") == 2:
            del answer["data"]["page"]["nodes"]
        return answer

    api.spoil = spoil
    assert refusal(store, api) == ErrorCode.HALF_ANSWER


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("path", "/video/../../etc/"),
        ("slug", "../x"),
        ("publishedAt", "2026-11-21T09:30:00"),
    ],
)
def test_an_unsafe_record_is_refused(store: Store, field: str, value: str) -> None:
    api = newsroom(5)
    sync(store, Client(api))
    publish(api, 70)

    def spoil(answer: dict[str, Any]) -> dict[str, Any]:
        for node in answer["data"].get("nodes", []):
            node[field] = value
        return answer

    api.spoil = spoil
    assert refusal(store, api) == ErrorCode.HALF_ANSWER


def test_a_link_that_runs_script_is_refused(store: Store) -> None:
    api = newsroom(1)
    rights = {"code": "x", "label": "x", "url": "javascript:alert(1)"}
    publish(api, 70, rights=rights)

    assert refusal(store, api) == ErrorCode.HALF_ANSWER


def test_a_unit_that_appears_while_its_video_is_pulled_is_asked_for(store: Store) -> None:
    api = newsroom(5)
    sync(store, Client(api))
    api.put_video(identifier(1), title="A")

    def interfere(name: str) -> None:
        if name == "Nodes" and "polda-papua" not in api.units:
            api.put_unit("polda-papua", parent="mabes")
            api.put_video(identifier(1), unit="polda-papua")

    api.before_answer = interfere
    sync(store, Client(api))

    assert store.has("unit:polda-papua")
    assert [video_id[6:] for _, video_id in store.newest("unit/polda-papua", count=9)] == [
        identifier(1)
    ]


def test_a_build_after_a_refused_sync_is_right(api: FakeApi, place: Place) -> None:
    place.build(api)
    before = place.files()
    api.put_video(identifier(1), title="Judul baru")
    api.spoil = lambda answer: answer | {"data": None}
    with pytest.raises(BuilderError):
        place.build(api)
    assert place.files() == before

    api.spoil = lambda answer: answer
    place.build(api)

    assert "Judul baru" in place.text("archive/2026/06/index.html")


def test_a_first_sync_that_dies_anywhere_goes_on_from_where_it_was(store: Store) -> None:
    api = newsroom(230)
    sync(Store(store.path.with_name("whole.sqlite3")), Client(api))
    asked = api.requests[1:]  # after the log
    for died in range(len(asked)):
        fresh = Store(store.path.with_name(f"died-{died}.sqlite3"))

        def die(_name: str, died: int = died) -> None:
            if len(api.requests) == died + 1:
                raise ConnectionError

        api.requests.clear()
        api.before_answer = die
        with pytest.raises(ConnectionError):
            sync(fresh, Client(api))
        assert fresh.epoch is None, "content of half a sync"
        assert not list(fresh.ids("Video"))
        api.requests.clear()
        api.before_answer = lambda _name: None
        sync(fresh, Client(api))
        assert api.requests == ["Changes", *asked[died:]]
        assert len(list(fresh.ids("Video"))) == 230
        assert fresh.db.execute("SELECT count(*) FROM pulled").fetchone() == (0,)
        fresh.close()


def test_what_changed_while_a_first_sync_lay_dead_is_pulled_with_its_end(store: Store) -> None:
    api = newsroom(230)
    api.before_answer = dying(api)
    with pytest.raises(ConnectionError):
        sync(store, Client(api))
    api.before_answer = lambda _name: None
    api.put_video(identifier(229), title="Judul lain")
    api.remove_video(identifier(228))

    synced = sync(store, Client(api))

    assert synced.sequence == len(api.log)
    changed = store.video(identifier(229))
    assert changed
    assert changed.title == "Judul lain"
    assert not store.has(f"video:{identifier(228)}")


def test_a_dead_sync_of_another_database_is_not_gone_on_with(store: Store) -> None:
    api = newsroom(230)
    api.before_answer = dying(api)
    with pytest.raises(ConnectionError):
        sync(store, Client(api))
    other = newsroom(3)
    other.epoch = "epoch-2"

    sync(store, Client(other))

    assert store.epoch == "epoch-2"
    assert len(list(store.ids("Video"))) == 3


def test_a_full_sync_that_dies_leaves_the_store_and_the_next_sync_ends_it(store: Store) -> None:
    api = newsroom(230)
    sync(store, Client(api))
    before = contents(store)
    api.requests.clear()
    api.before_answer = dying(api)
    with pytest.raises(ConnectionError):
        sync(store, Client(api), full=True)
    assert contents(store) == before
    api.requests.clear()
    api.before_answer = lambda _name: None
    assert sync(store, Client(api)).whole
    assert api.requests == ["Changes", "Videos", "Videos", "Stories", "Ledger"]


def test_a_full_sync_that_died_does_not_let_another_database_in(store: Store) -> None:
    api = newsroom(230)
    sync(store, Client(api))
    api.before_answer = dying(api)
    api.requests.clear()
    with pytest.raises(ConnectionError):
        sync(store, Client(api), full=True)
    other = newsroom(3)
    other.epoch = "epoch-2"

    assert refusal(store, other) == ErrorCode.EPOCH_CHANGED


def test_verify_refuses_another_database(store: Store) -> None:
    api = newsroom(3)
    sync(store, Client(api))
    api.epoch = "epoch-2"

    with pytest.raises(BuilderError) as caught:
        verify(store, Client(api))

    assert caught.value.code == ErrorCode.EPOCH_CHANGED


def test_verify_finds_what_differs_and_leaves_out_what_has_only_just_changed(store: Store) -> None:
    api = newsroom(230)
    sync(store, Client(api))
    assert verify(store, Client(api)) == Verdict(nodes=242, different=(), waiting=0)

    api.put_video(identifier(5), title="Judul lain")
    store.db.execute("UPDATE node SET version = 'x' WHERE id = ?", (f"video:{identifier(6)}",))
    store.db.execute("DELETE FROM node WHERE id = 'unit:polda-bali'")
    store.db.execute("INSERT INTO node VALUES ('tag:gone', 'Tag', '1', '{}')")

    found = verify(store, Client(api))

    assert found.waiting == 1
    assert [difference.node_id for difference in found.different] == [
        "tag:gone",
        "unit:polda-bali",
        f"video:{identifier(6)}",
    ]
    assert [str(difference).partition(": ")[2] for difference in found.different] == [
        "in the store, and not public",
        "public, and not in the store",
        "of another version than the API's",
    ]


def test_verify_finds_lines_of_the_ledger_that_differ(store: Store) -> None:
    api = newsroom(3)
    api.keeps_ledger = True
    for number in range(3):
        api.put_video(identifier(number), title=f"Judul yang benar {number}")
    sync(store, Client(api))
    assert verify(store, Client(api)).different == ()
    first, second, third = store.line_numbers()
    for change in (
        f"UPDATE line SET record = replace(record, 'TITLE', 'TEXT') WHERE sequence = {first}",
        f"DELETE FROM line WHERE sequence = {second}",
        f"INSERT INTO line SELECT 9999, month, record FROM line WHERE sequence = {third}",
    ):
        store.db.execute(change)
    api.put_video(identifier(1), title="Judul yang terbaru")

    assert [str(difference) for difference in verify(store, Client(api)).different] == [
        f"ledger:{first}: of another version than the API's",
        f"ledger:{second}: public, and not in the store",
        "ledger:9999: in the store, and not public",
    ]


def test_the_queries_of_verify_fit_the_contract() -> None:
    for kind in KINDS:
        parsed(versions_document(kind))
