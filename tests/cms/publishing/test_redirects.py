"""Redirects of Wagtail are public while they lead somewhere public, and follow it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import PageViewRestriction, Site

from cms.api.interface import execute
from cms.publishing import outbox
from cms.publishing.models import OutboxRow, PublicState
from cms.publishing.relay import relay
from cms.publishing.sweep import glance, sweep
from content_models.models import HomePage, VideoPage
from site_builder.redirects import node_id
from tests.cms.factories import make_draft, make_video, publish

pytestmark = pytest.mark.django_db
LINK = "https://example.org/mudik"
MUDIK = node_id("/mudik")


def told() -> list[tuple[str, str]]:
    rows = list(OutboxRow.objects.order_by("pk").values_list("operation", "node_id"))
    relay()
    return rows


def told_of_redirects() -> list[tuple[str, str]]:
    return [row for row in told() if row[1].startswith("redirect:")]


def goals() -> dict[str, str]:
    """What the public API says: from → to."""
    answer = execute("{ redirects { nodes { id version from to } } }", {})
    assert "errors" not in answer, answer
    return {node["from"]: node["to"] for node in answer["data"]["redirects"]["nodes"]}


def test_a_redirect_comes_changes_and_goes_with_its_row(newsroom: SimpleNamespace) -> None:
    redirect = Redirect.add_redirect("/mudik/", redirect_to=LINK)
    assert told() == [("UPSERT", MUDIK)]
    assert goals() == {"/mudik/": LINK}

    redirect.redirect_link = "https://example.org/lain"
    redirect.save()
    assert told() == [("UPSERT", MUDIK)]
    assert goals() == {"/mudik/": "https://example.org/lain"}

    redirect.old_path = "/mudik-2026.html"
    redirect.save()
    assert sorted(told()) == [("REMOVE", MUDIK), ("UPSERT", node_id("/mudik-2026.html"))]
    assert goals() == {"/mudik-2026.html": "https://example.org/lain"}

    redirect.delete()
    assert told() == [("REMOVE", node_id("/mudik-2026.html"))]
    assert goals() == {}


def test_a_redirect_to_a_page_follows_its_fate_and_its_address(newsroom: SimpleNamespace) -> None:
    page = make_draft(newsroom.denpasar)
    Redirect.add_redirect("/mudik", redirect_to=page)
    assert told_of_redirects() == []

    publish(page)
    assert told()[-1] == ("UPSERT", MUDIK)
    assert goals() == {"/mudik/": page.public_path}

    page.slug = "alamat-baru"
    publish(page)
    assert told_of_redirects() == [("UPSERT", MUDIK)]
    assert goals() == {"/mudik/": f"/video/{page.public_id}/alamat-baru/"}

    restriction = PageViewRestriction.objects.create(
        page=newsroom.bali, restriction_type=PageViewRestriction.LOGIN
    )
    assert told_of_redirects() == [("REMOVE", MUDIK)]
    restriction.delete()
    assert told_of_redirects() == [("UPSERT", MUDIK)]

    page.unpublish()
    assert told_of_redirects() == [("REMOVE", MUDIK)]
    publish(page)
    assert told_of_redirects() == [("UPSERT", MUDIK)]

    page.delete()
    assert told_of_redirects() == [("REMOVE", MUDIK)]
    assert sweep() == 0


def test_a_page_that_comes_with_a_redirect_to_it_is_told_once(newsroom: SimpleNamespace) -> None:
    with outbox.transaction():
        page = make_video(newsroom.bali)
        Redirect.add_redirect("/mudik", redirect_to=page)
    assert told() == [("UPSERT", f"video:{page.public_id}"), ("UPSERT", MUDIK)]


def test_units_and_the_home_page_are_goals_too(newsroom: SimpleNamespace) -> None:
    Redirect.add_redirect("/bali", redirect_to=newsroom.bali)
    Redirect.add_redirect("/beranda", redirect_to=newsroom.home)
    assert goals() == {"/bali/": "/unit/polda-bali/", "/beranda/": "/"}

    newsroom.home.unpublish()
    assert goals() == {"/bali/": "/unit/polda-bali/"}
    HomePage.objects.get(pk=newsroom.home.pk).save_revision().publish()
    assert goals() == {"/bali/": "/unit/polda-bali/", "/beranda/": "/"}
    assert sweep() == 0


def test_nothing_of_a_page_hidden_past_all_signals_is_said(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    Redirect.add_redirect("/mudik", redirect_to=page)
    told()
    VideoPage.objects.filter(pk=page.pk).update(live=False)
    assert goals() == {}

    glance()
    assert told_of_redirects() == [("REMOVE", MUDIK)]
    assert glance() == 0


def test_a_glance_sees_redirects_made_changed_and_deleted_in_the_shell(
    newsroom: SimpleNamespace,
) -> None:
    rows = Redirect.objects.filter(old_path="/mudik")
    Redirect.objects.bulk_create([Redirect(old_path="/mudik", redirect_link=LINK)])
    glance()
    assert told() == [("UPSERT", MUDIK)]

    rows.update(redirect_link="https://example.org/lain")
    glance()
    assert told() == [("UPSERT", MUDIK)]

    for path in ("/video/x", "/mudik/", "/mudik?tahun=2026"):
        rows.update(old_path=path)
        glance()
        assert told() == [("REMOVE", MUDIK)]
        assert glance() == 0
        Redirect.objects.update(old_path="/mudik")
        glance()
        assert told() == [("UPSERT", MUDIK)]

    rows._raw_delete(rows.db)
    glance()
    assert told() == [("REMOVE", MUDIK)]


@pytest.mark.parametrize(
    "values",
    [
        {"redirect_link": ""},
        {"redirect_link": "ftp://example.org/"},
        {"redirect_link": "javascript:alert(1)"},
        {"redirect_link": f"{settings.SITE_BASE_URL}/mudik/"},
        {"redirect_link": LINK, "old_path": "/manifest.json"},
        {"redirect_link": LINK, "old_path": "/video/x/y"},
        {"redirect_link": LINK, "old_path": "/mudik?tahun=2026"},
    ],
)
def test_what_the_site_could_not_carry_is_not_public(
    newsroom: SimpleNamespace, values: dict[str, Any]
) -> None:
    Redirect.objects.create(**{"old_path": "/mudik", **values})
    assert told() == []
    assert sweep() == 0


def test_a_redirect_of_this_site_alone_goes_before_one_of_all(newsroom: SimpleNamespace) -> None:
    here = Site.objects.get(is_default_site=True)
    other = Site.objects.create(hostname="lain.test", root_page=newsroom.home)
    own = Redirect.add_redirect("/mudik", redirect_to=f"{LINK}/sini", site=here)
    Redirect.add_redirect("/mudik", redirect_to=LINK)
    Redirect.add_redirect("/mudik", redirect_to=f"{LINK}/lain", site=other)
    assert goals() == {"/mudik/": f"{LINK}/sini"}
    own.delete()
    assert goals() == {"/mudik/": LINK}


def test_a_list_of_redirects_costs_the_same_queries_however_long(newsroom: SimpleNamespace) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            goals()
        return len(captured)

    pages = [make_video(newsroom.bali) for _ in range(6)]
    Redirect.add_redirect("/ke-0", redirect_to=pages[0])
    few = queries()
    for number, page in enumerate(pages[1:], start=1):
        Redirect.add_redirect(f"/ke-{number}", redirect_to=page)
    assert len(goals()) == 6
    assert queries() == few


def test_a_slug_change_or_move_makes_no_redirect_of_its_own(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    page.slug = "lain"
    publish(page)
    page.move(newsroom.jabar, pos="last-child")
    assert not Redirect.objects.exists()


def test_a_redirect_is_public_with_all_that_was_told_of_it(newsroom: SimpleNamespace) -> None:
    Redirect.add_redirect("/mudik", redirect_to=LINK)
    state = PublicState.objects.get(pk=MUDIK)
    assert state.keys == {"from": "/mudik/", "to": LINK}
