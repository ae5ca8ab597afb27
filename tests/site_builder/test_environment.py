"""Templates are compiled once in a process, and each site gets its own words."""

from __future__ import annotations

import jinja2
import pytest

from site_builder import environment
from site_builder.assets import Assets
from site_builder.settings import Settings


def robots(site_url: str, language: str = "id") -> str:
    settings = Settings(site_url=site_url, media_origin="http://media.test", language=language)
    made = environment.make(settings, Assets(files={}))
    return made.get_template("robots.txt").render()


def test_what_one_site_compiled_says_nothing_of_another() -> None:
    for site_url in ("https://one.test", "https://two.test", "https://one.test"):
        assert f"Sitemap: {site_url}/sitemap.xml" in robots(site_url)


def test_the_same_site_compiles_a_template_once(monkeypatch: pytest.MonkeyPatch) -> None:
    robots("https://once.test")
    monkeypatch.setattr(jinja2.Environment, "compile", lambda *given, **options: 1 / 0)
    assert "https://once.test" in robots("https://once.test")
