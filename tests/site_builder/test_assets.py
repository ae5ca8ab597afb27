"""Front-end files get names that change with their bytes, and know each other by those names."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from site_builder import BuilderError, ErrorCode
from site_builder.assets import load
from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import THEME, Place


def write(folder: Path, **files: str) -> Path:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def test_what_a_file_manager_leaves_behind_is_no_front_end_file(tmp_path: Path) -> None:
    folder = write(tmp_path, site_css="a{}")
    (folder / ".DS_Store").write_bytes(b"\0")

    assert list(load(folder).files) == ["site.css"]


def test_a_name_carries_the_hash_of_the_bytes(tmp_path: Path) -> None:
    assets = load(write(tmp_path, site_css="a{}"))

    mark = hashlib.sha256(b"a{}").hexdigest()[:10]
    assert assets.url("site.css") == f"/assets/site.{mark}.css"


def test_css_points_at_hashed_names(tmp_path: Path) -> None:
    css = "@font-face{src:url(fonts/inter.woff2)}a{background:url('data:,x') url(\"../x.png\")}"
    assets = load(write(tmp_path, css__site_css=css, css__fonts__inter_woff2="w", x_png="p"))

    text = assets.files["css/site.css"].content.decode()
    assert f'url("{assets.url("css/fonts/inter.woff2")}")' in text
    assert f'url("{assets.url("x.png")}")' in text
    assert "url('data:,x')" in text


def test_a_name_changes_with_what_it_points_at(tmp_path: Path) -> None:
    css = "a{background:url(x.png)}"
    before = load(write(tmp_path, site_css=css, x_png="1")).url("site.css")

    assert load(write(tmp_path, x_png="2")).url("site.css") != before


def test_scripts_import_hashed_names(tmp_path: Path) -> None:
    assets = load(write(tmp_path, player_js='import("./hls.js");"x.js"', hls_js="1"))

    text = assets.files["player.js"].content.decode()
    assert text == f'import("{assets.url("hls.js")}");"x.js"'


def test_a_circle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuilderError, match="circle"):
        load(write(tmp_path, a_js='import "./b.js"', b_js='import "./a.js"'))


def test_an_unknown_name_says_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(BuilderError, match=r"there are site\.css"):
        load(write(tmp_path, site_css="")).url("sites.css")


def test_missing_front_end_files_say_how_to_build_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("site_builder.assets.BUILT", tmp_path / "none")

    with pytest.raises(BuilderError, match="make frontend") as caught:
        load()

    assert caught.value.code == ErrorCode.ASSETS_MISSING


def test_a_changed_asset_replaces_the_old_file_and_every_page(api: FakeApi, place: Place) -> None:
    theme = place.root / "theme"
    theme.mkdir()
    for path in THEME.iterdir():
        text = path.read_text(encoding="utf-8")
        link = '<link rel="stylesheet" href="{{ asset("site.css") }}">\n</head>'
        (theme / path.name).write_text(text.replace("</head>", link), encoding="utf-8")
    place.templates = theme
    assert place.assets is not None
    write(place.assets, site_css="a{}")
    first = place.build(api)
    old = re.search(r"/(assets/site\.\w+\.css)", place.text("index.html"))
    assert old is not None
    write(place.assets, site_css="b{}")

    report = place.build(api)

    assert len(report.rendered) == len(first.rendered)
    assert [path for path, _ in report.removed] == [old[1]]
    names = [path for path in place.files() if path.startswith("assets/")]
    assert len(names) == 1
    assert f'href="/{names[0]}"' in place.text("index.html")
