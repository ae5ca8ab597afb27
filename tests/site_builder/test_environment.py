"""Templates are compiled once in a process, and each site gets its own words."""

from __future__ import annotations

import os
from pathlib import Path

import jinja2
import pytest

from site_builder import environment, i18n
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


def test_an_edited_catalogue_gives_new_words_in_the_same_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = tmp_path / "site.po"
    monkeypatch.setattr(i18n, "catalogue", lambda _language: catalogue)
    (tmp_path / "word.txt").write_text('{{ _("Search") }}')
    settings = Settings(site_url="https://one.test", media_origin="http://m.test", language="id")
    said = []
    for moment, word in enumerate(("Cari", "Telusuri"), start=1):
        catalogue.write_text(
            'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
            f'msgid "Search"\nmsgstr "{word}"\n'
        )
        os.utime(catalogue, (moment, moment))
        made = environment.make(settings, Assets(files={}), templates=tmp_path)
        said.append(made.get_template("word.txt").render())

    assert said == ["Cari", "Telusuri"]
