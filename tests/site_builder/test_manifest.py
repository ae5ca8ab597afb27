"""The manifest tells the output exactly, in the committed format."""

from __future__ import annotations

import hashlib
import json

import pytest
from jsonschema import Draft202012Validator

from site_builder.manifest import shard_of
from tests.site_builder.fake_api import ROOT, FakeApi
from tests.site_builder.newsroom import Place, identifier, publish


def build_with_history(api: FakeApi, place: Place) -> None:
    """A build whose manifest has redirects and gone paths, too."""
    assert place.assets is not None
    (place.assets / "site.css").write_text("body{color:#111}")
    place.build(api)
    api.put_video(identifier(3), slug="baru")
    api.remove_video(identifier(4))
    place.build(api)


def test_every_manifest_file_fits_the_schema(api: FakeApi, place: Place) -> None:
    schema = json.loads((ROOT / "docs" / "manifest.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    build_with_history(api, place)

    validator.validate(json.loads(place.text("manifest.json")))
    for shard in place.shards().values():
        validator.validate(shard)
    assert place.redirects()
    assert place.gone()


def test_the_manifest_lists_every_file_with_its_bytes(api: FakeApi, place: Place) -> None:
    build_with_history(api, place)
    files = place.files()
    root = json.loads(files["manifest.json"])

    listed = {}
    for item in root["shards"]:
        assert item["sha256"] == hashlib.sha256(files[item["path"]]).hexdigest()
        shard = json.loads(files[item["path"]])
        assert item["count"] == len(shard["artifacts"])
        assert shard["artifacts"] == sorted(shard["artifacts"], key=lambda entry: entry["path"])
        for artifact in shard["artifacts"]:
            assert shard_of(artifact["path"]) == item["name"]
            listed[artifact["path"]] = (artifact["sha256"], artifact["size"])

    assert listed == {
        path: (hashlib.sha256(content).hexdigest(), len(content))
        for path, content in files.items()
        if not path.startswith("manifest")
    }


def test_the_root_says_what_was_built_from_what(api: FakeApi, place: Place) -> None:
    report = place.build(api)
    root = json.loads(place.text("manifest.json"))

    assert (root["epoch"], root["sequence"]) == ("epoch-1", len(api.log))
    assert (report.epoch, report.sequence) == ("epoch-1", len(api.log))


def test_policies_follow_the_kind_of_file(api: FakeApi, place: Place) -> None:
    build_with_history(api, place)

    policies = {
        artifact["path"]: (artifact["cache"], artifact["group"], artifact["type"])
        for shard in place.shards().values()
        for artifact in shard["artifacts"]
    }

    html = "text/html; charset=utf-8"
    assert policies["index.html"] == ("listing", "listing", html)
    assert policies["404.html"] == ("page", "page", html)
    assert policies["feed.xml"] == ("listing", "listing", "application/atom+xml; charset=utf-8")
    assert policies["sitemap.xml"] == ("listing", "listing", "application/xml; charset=utf-8")
    (asset,) = [path for path in policies if path.startswith("assets/")]
    assert policies[asset] == ("immutable", "asset", "text/css; charset=utf-8")


def test_a_publication_rewrites_only_the_shards_it_touches(api: FakeApi, place: Place) -> None:
    place.build(api)
    before = place.files()
    publish(api, 37, publishedAt="2026-12-01T00:00:00+00:00")

    place.build(api)

    changed = {
        path
        for path, content in place.files().items()
        if path.startswith("manifest/video-") and before.get(path) != content
    }
    assert changed == {f"manifest/video-{identifier(37)[:2]}.json"}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("index.html", "root"),
        ("video/7k3m/judul/index.html", "video-7k"),
        ("/video/7k3m/judul/", "video-7k"),
        ("story/7k3m/judul/index.html", "story-7k"),
        ("video/_~/judul/index.html", "video-__"),
        ("unit/polda-bali/2026/11/index.html", "unit-b0"),
        ("/unit/polda-bali/", "unit-b0"),
        ("assets/site.0123456789.css", "assets"),
        ("about/index.html", "root"),
    ],
)
def test_a_path_has_one_shard(path: str, name: str) -> None:
    assert shard_of(path) == name
