"""What was corrected and withdrawn is told on pages of its own, at the cost of what changed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from site_builder import BuilderError, ErrorCode, public_ledger
from site_builder.store import Store
from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import Place, identifier, newsroom, pages, publish
from tests.site_builder.test_theme_pages import real_place

ATOM = "{http://www.w3.org/2005/Atom}"
FILES = {"ledger/index.html", "ledger/feed.xml"}


@pytest.fixture
def api() -> FakeApi:
    api = newsroom()
    api.keeps_ledger = True
    return api


def watch_page(number: int) -> str:
    return f"video/{identifier(number)}/kejadian-{identifier(number)}/index.html"


def lines(api: FakeApi) -> list[str]:
    """Output path of each line's month, in the order of the log."""
    months = [datetime.fromisoformat(line["at"]).strftime("%Y/%m") for line in api.ledger.values()]
    return [f"ledger/{month}/index.html" for month in months]


def test_first_publications_are_on_no_ledger(api: FakeApi, place: Place) -> None:
    place.build(api)

    assert {path for path in place.files() if path.startswith("ledger/")} == FILES
    assert "v000" not in place.text("ledger/index.html")


def test_a_correction_renders_its_page_its_place_in_the_search_and_three_files_that_tell_of_it(
    api: FakeApi, place: Place
) -> None:
    place.build(api)
    api.put_video(identifier(3), bodyHtml="<p>Diperbaiki</p>")
    place.build(api)
    api.put_video(identifier(4), bodyHtml="<p>Diperbaiki</p>")

    report = place.build(api)

    month = lines(api)[-1]
    assert {path for path, _ in report.rendered} == {watch_page(4), "search/p.bin", month, *FILES}
    assert f"CORRECTION {identifier(4)} TEXT" in place.text(month)


def test_a_first_publication_costs_the_ledger_nothing(api: FakeApi, place: Place) -> None:
    place.build(api)
    publish(api, 40)

    assert not {path for path, _ in place.build(api).rendered if path.startswith("ledger/")}


def test_a_correction_costs_the_same_after_ten_and_after_three_hundred(tmp_path: Path) -> None:
    counts = []
    for size in (10, 300):
        api, place = newsroom(3), Place(tmp_path / str(size))
        api.keeps_ledger = True
        for number in range(size):
            api.put_video(identifier(0), credit=f"Humas {number}")
        place.build(api)
        api.put_video(identifier(1), bodyHtml="<p>Diperbaiki</p>")
        counts.append(len(place.build(api).rendered))

    assert counts[0] == counts[1] == 5


def test_a_withdrawn_video_leaves_its_id_and_nothing_else(api: FakeApi, place: Place) -> None:
    api.put_video(identifier(3), title="Judul rahasia", slug="judul-rahasia")
    place.build(api)
    assert "Judul rahasia" in place.text("ledger/index.html")
    api.remove_video(identifier(3))

    place.build(api)

    assert f"WITHDRAWAL {identifier(3)}" in place.text("ledger/index.html")
    for path, content in place.files().items():
        if not path.startswith("manifest/"):
            assert b"rahasia" not in content, path


REASON = {
    "code": "PRIVACY",
    "label": "Privasi",
    "explanation": "Wajah <seorang> anak & ibunya terlihat.",
}


def test_a_withdrawal_says_why_on_every_page_that_tells_of_it(api: FakeApi, tmp_path: Path) -> None:
    place = real_place(tmp_path / "real")
    place.build(api)
    api.remove_video(identifier(3), REASON)
    api.remove_video(identifier(5))

    place.build(api)

    whole = "Alasan: privasi atau keselamatan seseorang. Wajah &lt;seorang&gt; anak &amp; ibunya"
    for path in ("ledger/index.html", lines(api)[0], "ledger/feed.xml"):
        text = place.text(path)
        assert whole in text, path
        assert text.count("Alasan tidak disebutkan.") == 1, path


def test_a_reason_that_this_release_does_not_know_is_shown_as_the_api_names_it(
    api: FakeApi, tmp_path: Path
) -> None:
    place = real_place(tmp_path / "real")
    place.build(api)
    api.remove_video(identifier(3), {"code": "PRIVACY", "label": "Alasan baru", "explanation": ""})
    api.spoil = lambda answer: _with_reason(answer, "NEWER")

    place.build(api)

    assert "Alasan: Alasan baru</p>" in place.text("ledger/index.html")


def _with_reason(answer: dict, code: str) -> dict:
    for change in answer["data"].get("changes", {}).get("nodes", ()):
        if change["ledgerEntry"] and change["ledgerEntry"]["withdrawalReason"]:
            change["ledgerEntry"]["withdrawalReason"]["code"] = code
    return answer


def test_reasons_in_english_are_for_a_site_in_english(api: FakeApi, tmp_path: Path) -> None:
    place = real_place(tmp_path / "real")
    place.options["language"] = "en"
    api.remove_video(identifier(3), REASON)
    api.remove_video(identifier(5))

    place.build(api)

    assert "Reason: privacy or safety of a person. Wajah" in place.text("ledger/index.html")
    assert "No reason was given." in place.text("ledger/index.html")


def test_a_line_that_an_earlier_release_stored_gives_no_reason(api: FakeApi, place: Place) -> None:
    place.build(api)
    api.remove_video(identifier(3))
    place.build(api)
    store = Store(place.state / "store.sqlite3")
    store.db.execute("UPDATE line SET record = json_remove(record, '$.withdrawalReason')")
    store.close()
    api.remove_video(identifier(4), REASON)

    place.build(api)

    text = place.text("ledger/index.html")
    assert f"WITHDRAWAL {identifier(3)}" in text
    assert "PRIVACY" in text


@pytest.mark.parametrize("reason", [{"code": "PRIVACY"}, {**REASON, "label": None}])
def test_half_a_reason_is_refused(reason: dict) -> None:
    line = {
        "sequence": 1, "kind": "WITHDRAWAL", "nodeId": "video:a", "publicId": "a",
        "at": "2026-11-21T00:00:00+00:00", "changedFields": [], "publishedAt": None,
        "unitCode": "mabes", "withdrawalReason": reason,
    }  # fmt: skip
    with pytest.raises(BuilderError) as caught:
        public_ledger.entry(line)

    assert caught.value.code == ErrorCode.HALF_ANSWER


def test_a_title_that_changes_is_the_new_one_in_every_line(api: FakeApi, place: Place) -> None:
    api.put_video(identifier(3), credit="Humas Bali")
    place.build(api)
    api.put_video(identifier(3), title="Judul yang benar")

    place.build(api)

    text = "".join(place.text(path) for path in {*lines(api), "ledger/index.html"})
    assert "Judul yang benar" in text
    assert f"Kejadian {identifier(3)}" not in text


def test_lines_come_with_the_changes_and_ask_for_nothing_more(api: FakeApi, place: Place) -> None:
    place.build(api)
    api.put_video(identifier(3), title="Judul baru")
    api.requests.clear()

    place.build(api)

    assert api.requests == ["Changes", "Nodes"]


def test_a_store_that_knew_no_ledger_reads_it_whole_once(api: FakeApi, place: Place) -> None:
    api.put_video(identifier(3), title="Judul baru")
    place.build(api)
    wanted = place.files()
    store = Store(place.state / "store.sqlite3")
    store.db.execute("DELETE FROM line")
    store.db.execute("DELETE FROM month WHERE listing = 'ledger'")
    store.db.execute("DELETE FROM meta WHERE key = 'ledger'")
    store.close()
    api.requests.clear()

    place.build(api)
    place.build(api)

    assert api.requests.count("Ledger") == 1
    assert place.files() == wanted


def test_incremental_and_full_tell_the_same(api: FakeApi, place: Place) -> None:
    place.build(api)
    api.put_video(identifier(3), title="Judul baru")
    place.build(api)
    unit = api.remove_video(identifier(4))["unit"]
    publish(api, 4)
    place.build(api)
    api.rename_unit(unit, "Nama lain")
    place.build(api)

    fresh = Place(place.root / "fresh")
    fresh.build(api)

    told = {path: text for path, text in place.files().items() if path.startswith("ledger/")}
    assert told == {p: text for p, text in fresh.files().items() if p.startswith("ledger/")}
    assert f"RETURN {identifier(4)}" in place.text("ledger/index.html")


def test_a_line_of_an_unknown_kind_is_refused(api: FakeApi, place: Place) -> None:
    api.put_video(identifier(3), title="Judul baru")
    place.build(api)
    api.put_video(identifier(3), title="Judul lain")
    api.spoil = lambda answer: _with_kind(answer, "RUMOUR")

    with pytest.raises(BuilderError) as caught:
        place.build(api)

    assert caught.value.code == ErrorCode.HALF_ANSWER


def _with_kind(answer: dict, kind: str) -> dict:
    for change in answer["data"].get("changes", {}).get("nodes", ()):
        if change["ledgerEntry"]:
            change["ledgerEntry"]["kind"] = kind
    return answer


def test_the_feed_of_the_ledger_is_an_atom_feed(api: FakeApi, tmp_path: Path) -> None:
    place = real_place(tmp_path / "real")
    api.put_video(identifier(3), title="Judul <baru> & lain")
    api.put_video(identifier(4), captioned=False)
    api.remove_video(identifier(5), REASON)
    place.build(api)

    feed = ET.fromstring(place.text("ledger/feed.xml"))
    entries = feed.findall(f"{ATOM}entry")

    assert feed.tag == f"{ATOM}feed"
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    ids = [entry.findtext(f"{ATOM}id") or "" for entry in entries]
    assert len(ids) == len(set(ids)) == 3
    assert feed.findtext(f"{ATOM}updated") == max(
        entry.findtext(f"{ATOM}updated") or "" for entry in entries
    )
    newest = entries[0]
    assert identifier(5) in (newest.findtext(f"{ATOM}title") or "")
    for entry in entries:
        (link,) = [item for item in entry.findall(f"{ATOM}link") if item.get("rel") == "alternate"]
        page, _, anchor = (link.get("href") or "").partition("#")
        text = place.text(page.removeprefix("https://tube.test/") + "index.html")
        assert f'id="{anchor}"' in text


def test_the_pages_of_the_ledger_name_what_changed(api: FakeApi, tmp_path: Path) -> None:
    place = real_place(tmp_path / "real")
    api.put_video(identifier(3), title="Judul baru", captioned=True)
    report = place.build(api)

    assert report.failed == ()
    text = place.text(lines(api)[-1])
    assert "judul, takarir" in text or "takarir, judul" in text
    assert f'href="/video/{identifier(3)}/' in text
    assert "ledger/index.html" in pages(report)
