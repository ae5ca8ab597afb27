"""The site's own templates: everything that holds for builds holds with them."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from site_builder.environment import TEMPLATES
from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import Place, identifier, newsroom, publish
from tests.site_builder.test_crashes import without_history
from tests.site_builder.test_rendering import NASTY, Opened

ASSET = re.compile(r"asset\(\s*['\"]([^'\"]+)['\"]\s*\)")


def real_place(root: Path) -> Place:
    """A place that builds with the built-in templates; front-end files are stand-ins."""
    place = Place(root, templates=TEMPLATES)
    assert place.assets is not None
    for template in TEMPLATES.iterdir():
        for name in ASSET.findall(template.read_text(encoding="utf-8")):
            (place.assets / name).parent.mkdir(parents=True, exist_ok=True)
            (place.assets / name).write_bytes(b"")
    return place


@pytest.fixture
def real(tmp_path: Path) -> Place:
    return real_place(tmp_path)


def test_every_page_kind_renders(api: FakeApi, real: Place) -> None:
    report = real.build(api)

    assert report.failed == ()
    assert len(report.rendered) > 60


def test_nasty_text_opens_no_tag_in_the_theme(api: FakeApi, real: Place) -> None:
    real.build(api)
    plain = {path: Opened(real.text(path)).tags for path in real.files() if path.endswith("html")}
    api.put_video(identifier(3), title=NASTY, synopsis=NASTY, incidentPlace=NASTY, credit=NASTY)
    api.rename_unit("polres-pidie", NASTY)
    api.put_tag("helm", name=NASTY)
    api.put_category("narkoba", name=NASTY)
    api.edit_site(name=NASTY, description=NASTY)

    assert real.build(api).failed == ()

    for path, tags in plain.items():
        assert Opened(real.text(path)).tags == tags, path
    for path in real.files():
        if path.endswith(".xml"):
            ET.fromstring(real.text(path))


def test_incremental_equals_full_with_the_theme(tmp_path: Path) -> None:
    api, place = newsroom(12), real_place(tmp_path / "site")
    place.build(api)
    steps = (
        lambda: api.put_video(identifier(3), title="Judul baru", tags=["helm"]),
        lambda: api.remove_video(identifier(5)),
        lambda: api.move_unit("polres-pidie", "polda-bali"),
        lambda: api.rename_unit("polda-bali", "Polda Bali Nusra"),
        lambda: publish(api, 40, publishedAt="2026-08-31T18:00:00+00:00"),
        lambda: api.remove_category("narkoba"),
        lambda: api.edit_site(aboutHtml="<p>Baru</p>"),
    )
    for number, step in enumerate(steps):
        step()
        place.build(api)
        fresh = real_place(tmp_path / f"fresh-{number}")
        fresh.build(api)
        assert without_history(place) == without_history(fresh), number


def test_a_title_edit_writes_what_shows_the_title(api: FakeApi, real: Place) -> None:
    real.build(api)
    shown = {
        path
        for path, content in real.files().items()
        if b"Kejadian 3v00003" in content and not path.startswith("manifest")
    }
    api.put_video(identifier(3), title="Judul baru")

    report = real.build(api)

    assert set(report.written) == shown
    assert len(report.rendered) <= len(shown) + 1


def test_no_page_asks_a_third_party(api: FakeApi, real: Place) -> None:
    """Addresses of scripts, styles, stills and media are ours or the media origin's."""
    real.build(api)
    loaded = re.compile(r"<(?:script|img|video|source|track|link)\b[^>]*?(?:src|href)=\"([^\"]+)\"")
    own = ("/", "http://media.test/", "https://tube.test/")

    for path in real.files():
        if path.endswith(".html"):
            for address in loaded.findall(real.text(path)):
                assert address.startswith(own), f"{path}: {address}"
                assert not address.startswith("//"), f"{path}: {address}"
