"""Units and the home page: the draft's own words among the lists that the public has."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cms.publishing import outbox
from content_models.models import UnitPage
from tests.cms import factories
from tests.cms.preview.conftest import link_of, typed

NO_COMMENTS = {"comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0"}
RICH_TEXT = (
    '{"blocks": [{"key": "a", "text": "Tentang yang baru.", "type": "unstyled", "depth": 0,'
    ' "inlineStyleRanges": [], "entityRanges": []}], "entityMap": {}}'
)


def published(page: UnitPage) -> UnitPage:
    with outbox.transaction():
        page.save_revision().publish()
    return page


@pytest.fixture
def site(desk: SimpleNamespace) -> SimpleNamespace:
    """The desk's units and home, public; a public video and a secret one in Denpasar."""
    for page in (desk.home, desk.mabes, desk.bali, desk.jabar, desk.denpasar):
        published(page)
    desk.shown = factories.make_video(desk.denpasar, title="Video yang terbit")
    desk.secret = factories.make_draft(desk.denpasar, title="Rahasia Denpasar")
    desk.secret.save_revision()
    return desk


def test_a_units_draft_stands_among_its_public_lists(site: SimpleNamespace) -> None:
    hidden = factories.make_unit(site.bali, "polres-rahasia", "polres", live=False)
    changed = UnitPage.objects.get(pk=site.denpasar.pk)
    changed.title = "Nama rahasia Denpasar"
    changed.save_revision()
    client = site.clients["admin"]

    form = {
        "title": "Polda Bali Baru",
        "slug": "polda-bali",
        "level": "polda",
        "code": "polda-bali-baru",
        "region_code": "51",
        "summary": "Ringkasan yang baru.",
        **NO_COMMENTS,
    }
    html = client.get(typed(client, site.bali, **form)).content.decode()

    assert "<h1>Polda Bali Baru</h1>" in html
    assert "Ringkasan yang baru." in html
    assert "polda-bali-baru" in html
    assert "Mabes Polri" in html
    assert ">Polresta Denpasar</a>" in html
    assert "Video yang terbit" in html
    assert "/unit/polda-bali/" in html.split("months-title")[-1]
    assert "ahasia" not in html
    assert hidden.code not in html


def test_a_unit_that_was_never_saved_is_previewed_with_empty_lists(site: SimpleNamespace) -> None:
    client = site.clients["admin"]
    url = reverse(
        "wagtailadmin_pages:preview_on_add", args=["content_models", "unitpage", site.bali.pk]
    )
    form = {"title": "Polres Baru", "level": "polres", "code": "polres-baru", **NO_COMMENTS}
    assert client.post(url, form).json()["is_valid"]
    html = client.get(client.get(url)["Location"]).content.decode()
    assert "<h1>Polres Baru</h1>" in html
    assert "Polda Bali" in html
    assert "Video yang terbit" not in html
    assert "Belum ada yang diterbitkan" in html


def test_a_unit_half_written_is_previewed(site: SimpleNamespace) -> None:
    client = site.clients["admin"]
    url = reverse(
        "wagtailadmin_pages:preview_on_add", args=["content_models", "unitpage", site.bali.pk]
    )
    assert client.post(url, {"title": "", "level": "", "code": "", **NO_COMMENTS}).json() == {
        "is_valid": True,
        "is_available": True,
    }
    assert client.get(client.get(url)["Location"]).status_code == 200


def test_the_home_page_is_previewed_in_both_its_views(site: SimpleNamespace) -> None:
    client = site.clients["admin"]
    form = {
        "title": "Policetube Baru",
        "slug": "policetube",
        "description": "Keterangan yang baru.",
        "about": RICH_TEXT,
        **NO_COMMENTS,
    }

    home = client.get(typed(client, site.home, "home", **form)).content.decode()
    assert "Policetube Baru" in home
    assert "Keterangan yang baru." in home
    assert "Video yang terbit" in home
    assert "Polda Jabar" in home
    assert "Tentang yang baru." not in home
    assert "ahasia" not in home

    about = client.get(typed(client, site.home, "about", **form)).content.decode()
    assert "Tentang yang baru." in about
    assert "Keterangan yang baru." in about
    assert "Video yang terbit" not in about


def test_an_unknown_view_of_the_home_page_is_its_first(site: SimpleNamespace) -> None:
    client = site.clients["admin"]
    form = {"title": "Policetube", "slug": "policetube", "description": "x", "about": RICH_TEXT}
    answer = client.get(typed(client, site.home, "x:y", **form, **NO_COMMENTS))
    assert answer.status_code == 200
    assert "latest-title" in answer.content.decode()


def test_nothing_of_the_site_is_taken_from_another_draft(site: SimpleNamespace) -> None:
    site.home.title = "Nama rahasia situs"
    site.home.save_revision()
    site.bali.title = "Nama rahasia Bali"
    site.bali.save_revision()
    client = site.clients["denpasar_editor"]
    html = client.get(link_of(client, site.secret)).content.decode()
    assert "<h1>Rahasia Denpasar</h1>" in html
    assert "Nama rahasia" not in html
    assert "Policetube" in html
    assert "Polda Bali" in html


def test_units_above_that_are_not_public_are_not_named(site: SimpleNamespace) -> None:
    with outbox.transaction():
        site.bali.unpublish()
    client = site.clients["denpasar_editor"]
    html = client.get(link_of(client, site.secret)).content.decode()
    assert "Polda Bali" not in html
    assert "Mabes Polri" in html


def test_a_site_that_was_never_public_lends_its_name_only(desk: SimpleNamespace) -> None:
    desk.home.title = "Nama rahasia situs"
    desk.home.live = False
    desk.home.save()
    page = factories.make_draft(desk.bali, title="Sebelum semuanya")
    page.save_revision()
    client = desk.clients["bali_editor"]
    html = client.get(link_of(client, page)).content.decode()
    assert "<h1>Sebelum semuanya</h1>" in html
    assert "Policetube" in html
    assert "Nama rahasia situs" not in html


def test_editors_preview_only_units_they_may_edit(site: SimpleNamespace) -> None:
    url = reverse("wagtailadmin_pages:view_draft", args=[site.bali.pk])
    answer = site.clients["jabar_editor"].get(url)
    assert answer.status_code in {302, 403, 404}
    assert "/preview/" not in answer.get("Location", "")


def test_the_query_count_does_not_grow_with_the_lists(site: SimpleNamespace) -> None:
    client = site.clients["admin"]

    def queries() -> int:
        link = link_of(client, site.home)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(link).status_code == 200
        return len(captured)

    factories.make_video(site.denpasar)
    queries()
    few = queries()
    for _ in range(6):
        factories.make_video(site.denpasar)
    assert queries() == few < 60
