"""A state that an earlier release left is taken over; nothing that it remembers is lost."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from site_builder import decode
from site_builder.store import FORMAT, Store
from tests.site_builder.fake_api import FakeApi, media
from tests.site_builder.newsroom import Place, identifier, moment, pages

# What format 2 had other than today, and format 1 other than that.
FORMAT_2 = """
DROP INDEX video_day;
ALTER TABLE video RENAME COLUMN day TO month;
UPDATE video SET month = substr(month, 1, 7);
CREATE INDEX video_month ON video (month, updated_at);
UPDATE artifact SET owner = replace(owner, 'period:', 'month:');
UPDATE meta SET value = '2' WHERE key = 'format';
"""
FORMAT_1 = f"""
{FORMAT_2}
DROP TABLE key; DROP TABLE dependency; DROP TABLE window; DROP TABLE pull; DROP TABLE pulled;
DROP INDEX artifact_shard;
CREATE INDEX artifact_route ON artifact (route);
CREATE INDEX artifact_shard ON artifact (shard, path);
CREATE TABLE dependency (
  key TEXT NOT NULL, artifact INTEGER NOT NULL, PRIMARY KEY (key, artifact)) WITHOUT ROWID;
CREATE INDEX dependency_artifact ON dependency (artifact);
CREATE TABLE window (
  facet TEXT NOT NULL, listing TEXT NOT NULL, high TEXT NOT NULL, low TEXT NOT NULL,
  artifact INTEGER NOT NULL, PRIMARY KEY (facet, listing, high, low, artifact)) WITHOUT ROWID;
CREATE INDEX window_artifact ON window (artifact);
INSERT INTO dependency VALUES ('page:video:x', 1);
UPDATE artifact SET shard = 'unit' WHERE path LIKE 'unit/%';
UPDATE shard SET name = 'unit' WHERE name LIKE 'unit-%' AND name = (
  SELECT min(name) FROM shard WHERE name LIKE 'unit-%');
UPDATE meta SET value = '1' WHERE key = 'format';
"""

PLAYED = media("signed", captioned=False)
NAMES = ("duration", "width", "height", "originalSha256", "hlsUrl", "poster", "renditions")
SIGNED = {name: PLAYED[name] for name in NAMES}
STORYBOARD = {
    "vttUrl": "https://media.test/1.vtt",
    "sprites": [PLAYED["poster"]],
    "columns": 5,
    "rows": 2,
    "tileWidth": 160,
    "tileHeight": 90,
    "interval": 2,
}


@pytest.mark.parametrize("older", [FORMAT_1, FORMAT_2], ids=["1", "2"])
def test_a_state_of_an_older_format_is_built_upon_and_its_former_paths_stay_known(
    api: FakeApi, place: Place, older: str
) -> None:
    place.build(api)
    gone = f"/video/{identifier(3)}/kejadian-{identifier(3)}/"
    api.remove_video(identifier(3))
    place.build(api)
    whole, before = place.files(), place.gone()
    with sqlite3.connect(place.state / "store.sqlite3") as old:
        old.executescript(older)
    old.close()

    report = place.build(api)

    assert len(pages(report)) > 30, "everything is rendered, for nothing is known of what it needs"
    assert report.written == ()
    assert place.files() == whole
    assert place.gone() == before == [gone]
    store = Store(place.state / "store.sqlite3")
    assert store.meta("format") == FORMAT
    assert store.updated_on("2026-06-01") == moment(1)
    store.close()
    assert place.build(api).rendered == ()


def test_a_stored_video_is_read_as_it_was_decoded(api: FakeApi, tmp_path: Path) -> None:
    odd = {"title": "\x00Judul\x0b\ufffe \b\f\x1f\\u0000 \\b\u2028", "bodyHtml": "<p>1\n\t2\r</p>"}
    api.put_video(identifier(1), incidentDate=None, **odd)
    store = Store(tmp_path / "store.sqlite3")
    for public_id in api.videos:
        node = api.node(f"video:{public_id}")
        assert node
        node["media"]["signLanguage"] = SIGNED
        node["media"]["storyboard"] = STORYBOARD
        node["media"]["frameRate"] = 25
        store.put_node(node["id"], node)
        assert store.video(public_id) == decode.video(node)
        assert store.node(node["id"]) == decode.video(node)
    for left_out in (("kind", "signLanguage"), ("storyboard",)):
        old = {**node, "media": {**node["media"], "storyboard": None}}
        for name in left_out:
            if name != "storyboard":
                del old["media"][name]
        store.put_node(old["id"], old)
        assert store.video(public_id) == decode.video(old)
    store.close()
