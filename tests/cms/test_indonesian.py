"""Indonesian first: every word of ours, and Wagtail's own admin."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from wagtail.users.models import UserProfile

from cms import i18n

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|<[a-z/][^>]*>")
LINES = {
    # Wagtail's own catalogue (id_ID), Django's (id), and what we add to Wagtail's.
    "Save draft": "Simpan konsep",
    "Publish": "Publikasi",
    "Yes": "Ya",
    "Enter a number.": "Masukkan sebuah bilangan.",
    "Search…": "Cari…",
    "Preview in new tab": "Pratinjau di tab baru",
}


@pytest.mark.parametrize("package", i18n.PACKAGES, ids=lambda package: package.name)
def test_every_string_of_ours_has_an_indonesian_translation(package: i18n.Package) -> None:
    catalogue = i18n.load(package.po_file)
    wanted = [message for message in i18n.extracted(package) if message.id]
    assert len(wanted) > 50
    missing = [
        message.id
        for message in wanted
        if not (found := catalogue.get(message.id, message.context)) or not found.string
    ]
    assert missing == [], "run `python -m cms.i18n update` and translate"


@pytest.mark.parametrize("path", list(i18n.catalogues()), ids=str)
def test_translations_keep_every_placeholder(path: Path) -> None:
    for message in i18n.load(path):
        if not message.id or not message.string:
            continue
        sources = message.id if isinstance(message.id, tuple) else (message.id,)
        targets = message.string if isinstance(message.string, tuple) else (message.string,)
        allowed = {frozenset(PLACEHOLDER.findall(source)) for source in sources}
        for target in targets:
            assert frozenset(PLACEHOLDER.findall(target)) in allowed, message.id


@pytest.mark.parametrize(("english", "indonesian"), LINES.items())
def test_wagtails_own_admin_speaks_indonesian(english: str, indonesian: str) -> None:
    with translation.override("id-id"):
        assert gettext(english) == indonesian
    with translation.override("en"):
        assert gettext(english) == english


def test_the_public_sites_language_code_finds_our_words_too() -> None:
    with translation.override("id"):
        assert gettext("© Polri. Free to use with the source named").startswith("© Polri. Bebas")


def test_an_editor_may_switch_the_admin_to_english(db: None) -> None:
    user = get_user_model().objects.create_superuser("admin", password="rahasia")
    client = Client()
    client.force_login(user)
    url = reverse("wagtailadmin_home")
    first = client.get(url).content.decode()
    assert 'lang="id-id"' in first
    assert "Berkas media" in first
    UserProfile.objects.update_or_create(user=user, defaults={"preferred_language": "en"})
    second = client.get(url).content.decode()
    assert 'lang="en"' in second
    assert "Media files" in second
    account = client.get(reverse("wagtailadmin_account")).content.decode()
    assert "Bahasa Indonesia" in account


def test_the_log_in_page_is_ours_and_indonesian(client: Client, db: None) -> None:
    html = client.get(reverse("wagtailadmin_login")).content.decode()
    words = re.sub(r"<[^>]*>", " ", html.partition("<main")[2].partition("</main")[0])
    assert "Masuk ke Policetube" in words
    assert "Lupa kata sandi?" in words
    assert "Wagtail" not in words


def test_catalogues_are_compiled_by_one_command_without_gettexts_tools(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cms.i18n", "compile"],
        cwd=i18n.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert all(path.with_suffix(".mo").exists() for path in i18n.catalogues())
