"""The Indonesian guides call things by the words that people see on the screen."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import django
import pytest
import wagtail
from babel.messages.pofile import read_po
from django.utils import translation
from django.utils.translation import gettext

from tests.docs.pages import ROOT, labels, text_of

GUIDES = ROOT / "docs" / "guides"
PLACEHOLDER = re.compile(r"%\\?\(\w+\\?\)[sd]|%[sd]")
SITE = ROOT / "site_builder" / "locale" / "id" / "LC_MESSAGES" / "site.po"
# What the viewer's guide puts in bold as headings of its paragraphs.
HEADINGS = {"Hemat kuota.", "Mencari adegan.", "Mengunduh.", "Tanpa JavaScript.", "Takarir."}
HEADINGS |= {"Bahasa isyarat.", "Pengumuman darurat.", "Bila video tidak berputar."}


def catalogue(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        return {m.id: m.string for m in read_po(file) if isinstance(m.id, str) and m.id}


@cache
def words_of_the_admin() -> frozenset[str]:
    """Every sentence of CMS, Wagtail and Django as the admin shows it."""
    wagtails, djangos = Path(wagtail.__file__).parent, Path(django.__file__).parent
    ours = [*(ROOT / "cms").rglob("id/LC_MESSAGES/*.po"), *(ROOT / "content_models").rglob("*.po")]
    theirs = [*wagtails.rglob("id*/LC_MESSAGES/django.po"), *djangos.rglob("id/LC_MESSAGES/*.po")]
    known = {message for path in [*ours, *theirs] for message in catalogue(path)}
    with translation.override("id-id"):
        return frozenset(gettext(message) for message in known)


def stands_in(label: str, words: frozenset[str]) -> bool:
    """The label is one of the words, placeholders filled in."""
    if label in words:
        return True
    patterns = (PLACEHOLDER.sub(".+", re.escape(text)) for text in words if "%" in text)
    return any(len(p) > 12 and re.fullmatch(p, label) for p in patterns)


def test_the_editors_guide_speaks_the_language_of_the_admin() -> None:
    unknown = [
        label
        for label in labels(text_of(GUIDES / "editor.id.md"))
        if not stands_in(label, words_of_the_admin())
    ]
    assert unknown == []


def test_the_viewers_guide_speaks_the_language_of_the_site() -> None:
    words = frozenset(catalogue(SITE).values())
    found = [one for one in labels(text_of(GUIDES / "viewer.id.md")) if one not in HEADINGS]
    assert [label for label in found if label not in words] == []
    assert len(found) > 8


@pytest.mark.parametrize("stage", ["draft", "transcoding", "live", "withdrawing", "hidden"])
def test_the_editors_guide_explains_each_sentence_of_the_panel(stage: str) -> None:
    from cms.publishing.status import LABELS

    with translation.override("id-id"):
        assert f"**{LABELS[stage]}**" in text_of(GUIDES / "editor.id.md")
