"""A draft is rendered as the site would show it, and marked as a preview."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from site_builder import BuilderError, ErrorCode, Previewer, decode
from site_builder.assets import Asset, Assets
from site_builder.preview import card
from site_builder.records import Link, Month, Site, Surroundings, Unit, Video
from tests.site_builder.newsroom import identifier, newsroom

NAMES = ("site.css", "watch.js", "icon.svg", "icon-32.png", "touch-icon.png", "share.png")
SITE_URL = "https://tube.test"


def previewer(**options: Any) -> Previewer:
    """One with the site's own templates and stand-ins for its front-end files."""
    files = {name: Asset(path=f"assets/{name}", type="text/plain", content=b"x") for name in NAMES}
    return Previewer(
        site_url=SITE_URL,
        media_origin="http://media.test",
        **{"assets": Assets(files=files), "asset_base": "/preview"} | options,
    )


def records() -> tuple[Video, Site, Unit]:
    api = newsroom(3)
    video, site, unit = (
        decode.record(api.node(node_id) or {})
        for node_id in (f"video:{identifier(1)}", "site:site", "unit:polda-bali")
    )
    assert isinstance(video, Video)
    assert isinstance(site, Site)
    assert isinstance(unit, Unit)
    return video, site, unit


def of_video(made: Previewer, **options: Any) -> str:
    video, site, unit = records()
    ancestors = [Link(name="Mabes Polri", path="/unit/mabes/")]
    around = Surroundings(site=site, unit=unit, ancestors=ancestors)
    return made.video(video, around=around, **options)


def links_of(text: str) -> list[str]:
    return re.findall(r'<a\b[^>]*\shref="([^"]*)"', text)


def test_a_draft_is_shown_with_a_banner_and_nothing_related() -> None:
    text = of_video(previewer())

    assert "Pratinjau" in text
    assert f"<h1>Kejadian {identifier(1)}</h1>" in text
    assert "related-title" not in text
    assert '<meta name="robots" content="noindex">' in text


def test_links_of_a_draft_lead_to_the_site_in_a_tab_of_their_own() -> None:
    text = of_video(previewer())

    assert f'<a href="{SITE_URL}/unit/mabes/" target="_blank">Mabes Polri</a>' in text
    outward = [link for link in links_of(text) if not link.startswith("#")]
    assert not [link for link in outward if link.startswith("/")]
    assert text.count('target="_blank"') == len(outward)
    assert 'href="#content"' in text
    assert 'href="/preview/assets/site.css"' in text


def test_a_draft_without_a_film_says_why_in_the_players_place() -> None:
    assert "data-player" in of_video(previewer())

    text = of_video(previewer(), note="Berkas masih diproses.")

    assert '<p role="status">Berkas masih diproses.</p>' in text
    assert "data-player" not in text
    assert "<video" not in text


def test_a_unit_and_a_home_page_are_drafted_with_lists_in_the_sites_order() -> None:
    video, site, unit = records()
    latest = [card(video, Link(name="Polda Bali", path="/unit/polda-bali/", level="POLDA"))]
    units = [
        Link(name="Polres Z", path="/unit/z/", level="POLRES"),
        Link(name="Polres A", path="/unit/a/", level="POLRES"),
        Link(name="Polda M", path="/unit/m/", level="POLDA"),
    ]
    month = Month(year=2026, month=6, path="/unit/polda-bali/2026/06/")

    text = previewer().unit(unit, site=site, children=units, latest=latest, months=[month])
    assert f"<h1>{unit.name}</h1>" in text
    assert video.title in text
    assert f"{SITE_URL}/unit/polda-bali/2026/06/" in text
    assert text.index("Polda M") < text.index("Polres A") < text.index("Polres Z")
    assert "Pratinjau" in text

    text = previewer().home(site, latest=latest, units=units)
    assert site.description in text
    assert video.title in text
    assert text.index("Polda M") < text.index("Polres A") < text.index("Polres Z")
    assert f"<title>Beranda – {site.name}</title>" in text


def test_what_the_site_says_of_itself_is_drafted_too() -> None:
    _video, site, _unit = records()

    text = previewer().about(site)

    assert site.about_html in text
    assert "Pratinjau" in text


def test_a_failing_preview_names_template_and_line(tmp_path: Path) -> None:
    (tmp_path / "watch.html").write_text("\n{{ video.nothing }}")

    with pytest.raises(BuilderError, match=r"watch\.html, line 2") as caught:
        of_video(previewer(templates=tmp_path))

    assert caught.value.code == ErrorCode.TEMPLATE_FAILED
