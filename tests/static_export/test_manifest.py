"""A manifest is read with distrust."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from static_export import ExportError, push
from static_export.build import Build
from static_export.manifest import parse_root, parse_shard
from static_export.paths import check_location, object_key, url_path
from tests.static_export.sites import Site, dumps, small_site

SHA = "0" * 64


def shard(**changes: Any) -> dict[str, Any]:
    artifact = {
        "path": "a.html",
        "sha256": SHA,
        "size": 1,
        "type": "text/html",
        "cache": "page",
        "group": "page",
    }
    artifact |= changes
    return {"version": 1, "name": "root", "artifacts": [artifact], "redirects": [], "gone": []}


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../outside.html",
        "video/../../outside.html",
        "video/./x.html",
        "video//x.html",
        "video/",
        ".policetube/state.json",
        "video/.hidden/index.html",
        "a\\b.html",
        "a\x00b.html",
        "a\nb.html",
        'a"b.html',
        "a{env.HOME}.html",
        "a*.html",
        "é" * 600,
    ],
)
def test_a_path_that_escapes_or_hides_is_refused(path: str) -> None:
    with pytest.raises(ExportError):
        parse_shard(shard(path=path), "here")


@pytest.mark.parametrize(
    "url", ["", "x/", "//host/x/", "/../x/", "/%2e%2e/x/", "/x/%00/", "/.policetube/", "/a/%2Fb/"]
)
def test_a_url_path_that_escapes_is_refused_as_tombstone_and_as_redirect(url: str) -> None:
    base = {"version": 1, "name": "root", "artifacts": []}
    with pytest.raises(ExportError):
        parse_shard({**base, "redirects": [], "gone": [url]}, "here")
    redirect = {"from": url, "to": "/ok/", "status": 301}
    with pytest.raises(ExportError):
        parse_shard({**base, "redirects": [redirect], "gone": []}, "here")


@pytest.mark.parametrize(
    "changes",
    [
        {"sha256": "abc"},
        {"sha256": SHA.upper().replace("0", "A")},
        {"size": -1},
        {"size": True},
        {"size": "1"},
        {"type": "text/html\r\nX: y"},
        {"cache": "forever"},
        {"group": "video"},
        {"path": 7},
    ],
)
def test_a_wrong_value_is_refused_and_named(changes: dict[str, Any]) -> None:
    with pytest.raises(ExportError, match="here") as caught:
        parse_shard(shard(**changes), "here")
    assert caught.value.code == "bad-manifest"


def test_another_version_is_refused(site: Site) -> None:
    root = json.loads((site.write() / "manifest.json").read_bytes())
    (site.folder / "manifest.json").write_bytes(dumps({**root, "version": 2}))
    with pytest.raises(ExportError, match="version 2"):
        Build.open(site.folder)


def test_two_answers_for_one_url_are_refused() -> None:
    both = shard(path="video/x/y/index.html") | {"gone": ["/video/x/y/"]}
    with pytest.raises(ExportError, match=r"two things about video/x/y/index\.html"):
        parse_shard(both, "here")


def test_a_redirect_to_itself_is_refused() -> None:
    redirect = {"from": "/a/", "to": "/a/?x=1", "status": 301}
    with pytest.raises(ExportError, match="to itself"):
        parse_shard({**shard(), "redirects": [redirect]}, "here")


def test_a_shard_that_leads_out_of_the_build_is_refused() -> None:
    ref = {"name": "root", "path": "../root.json", "sha256": SHA, "count": 1}
    root = {"version": 1, "epoch": "e", "sequence": 1, "built_with": "b", "shards": [ref]}
    with pytest.raises(ExportError) as caught:
        parse_root(root, "here")
    assert caught.value.code == "bad-path"


def test_a_link_out_of_the_build_is_not_followed(site: Site, tmp_path: Path) -> None:
    secret = tmp_path / "secret.html"
    secret.write_bytes(site.files["about/index.html"])
    site.write()
    (site.folder / "about/index.html").unlink()
    (site.folder / "about/index.html").symlink_to(secret)
    with pytest.raises(ExportError, match="leads out of the build") as caught:
        push(dist=site.folder, target=f"file:{tmp_path / 'edge'}")
    assert caught.value.code == "bad-path"
    assert not (tmp_path / "edge").exists()


def test_a_shard_that_is_not_the_one_named_is_refused(site: Site, tmp_path: Path) -> None:
    file = site.write() / "manifest/root.json"
    file.write_bytes(file.read_bytes().replace(b"30", b"31"))
    with pytest.raises(ExportError) as caught:
        push(dist=site.folder, target=f"file:{tmp_path / 'edge'}")
    assert caught.value.code == "damaged-build"


def test_a_folder_without_a_build_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"manifest\.json cannot be read.*build the site again"):
        push(dist=tmp_path, target=f"file:{tmp_path / 'edge'}")


def test_two_shards_that_speak_of_one_path_are_refused(tmp_path: Path) -> None:
    site = small_site(tmp_path / "dist")
    root = json.loads((site.write() / "manifest.json").read_bytes())
    twin = next(ref for ref in root["shards"] if ref["name"] == "unit")
    root["shards"].append({**twin, "name": "zzz"})
    (site.folder / "manifest.json").write_bytes(dumps(root))
    with pytest.raises(ExportError, match=r"Two shards speak of unit/polda-bali/index\.html"):
        push(dist=site.folder, target=f"file:{tmp_path / 'edge'}")


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("/", "index.html"),
        ("/video/x/y/", "video/x/y/index.html"),
        ("/feed.xml", "feed.xml"),
        ("/tag/bali%20utara/", "tag/bali utara/index.html"),
    ],
)
def test_url_paths_and_object_keys_map_to_each_other(url: str, key: str) -> None:
    assert object_key(url) == key
    assert url_path(key) == url


def test_a_location_beyond_ascii_is_encoded() -> None:
    assert check_location("/tag/é/?q=1#x") == "/tag/%C3%A9/?q=1#x"
    assert check_location("/tag/%C3%A9/") == "/tag/%C3%A9/"


def test_a_build_that_the_schema_allows_is_read(site: Site) -> None:
    import jsonschema

    schema = json.loads(Path("docs/manifest.schema.json").read_bytes())
    site.redirects["/video/old/x/"] = ("/video/new/x/", 308)
    site.gone.add("/video/away/x/")
    site.write()
    for file in (site.folder / "manifest.json", *(site.folder / "manifest").iterdir()):
        jsonschema.validate(json.loads(file.read_bytes()), schema)
    assert len(Build.open(site.folder).items()) == len(site.files) + 2
