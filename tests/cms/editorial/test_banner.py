"""Headquarters announces emergencies; nobody else sees or finds the form."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cms.editorial import roles
from cms.editorial.roles import Role
from cms.publishing import banner
from cms.publishing.models import PublicState
from content_models.models import EmergencyBanner
from tests.cms.editorial.conftest import client_of, make_user

MENU = "Info darurat"


@pytest.fixture
def headquarters(desk: SimpleNamespace) -> Client:
    """A releaser of Mabes, as `ensure_roles` makes one."""
    call_command("ensure_roles", desk.mabes.code)
    return client_of(make_user("humas_mabes", Role.RELEASER, desk.mabes))


def form_address() -> str:
    return reverse(
        "wagtailsettings:edit",
        args=["content_models", "emergencybanner", EmergencyBanner.load().pk],
    )


def form(**fields: str) -> dict[str, str]:
    end = timezone.localtime() + timedelta(hours=2)
    known = {
        "text": "Gempa di Bali. Jauhi pantai.",
        "text_english": "",
        "urgency": "CRITICAL",
        "link_page": "",
        "link_url": "",
        "starts_at": "",
        "ends_at": end.strftime("%Y-%m-%d %H:%M"),
    }
    return known | fields


def test_headquarters_announces_and_ends_it(desk: SimpleNamespace, headquarters: Client) -> None:
    page = headquarters.get(form_address())
    assert page.status_code == 200
    assert "Bahaya: tidak dapat ditutup siapa pun" in page.content.decode()

    answer = headquarters.post(form_address(), form())
    assert answer.status_code == 302
    assert PublicState.objects.get(pk=banner.NODE).record["text"] == "Gempa di Bali. Jauhi pantai."
    headquarters.post(form_address(), form(text=""))
    assert not PublicState.objects.filter(pk=banner.NODE).exists()


def test_what_is_wrong_is_said_beside_its_field(
    desk: SimpleNamespace, headquarters: Client
) -> None:
    answer = headquarters.post(form_address(), form(ends_at=""))

    assert answer.status_code == 200
    words = BeautifulSoup(answer.content, "html.parser").get_text(" ")
    assert "Tentukan kapan berakhir" in words
    assert not PublicState.objects.filter(pk=banner.NODE).exists()


def test_it_stands_in_the_menu_of_headquarters_once(
    desk: SimpleNamespace, headquarters: Client
) -> None:
    html = headquarters.get(reverse("wagtailadmin_home")).content.decode()
    assert html.count(MENU) == 1


@pytest.mark.parametrize("who", ["bali_chief", "bali_editor", "jabar_editor"])
def test_no_other_unit_reads_or_writes_an_announcement(desk: SimpleNamespace, who: str) -> None:
    client = desk.clients[who]
    EmergencyBanner.objects.create(
        text="Rencana rahasia.",
        starts_at=timezone.now() + timedelta(days=1),
        ends_at=timezone.now() + timedelta(days=2),
    )
    assert MENU not in client.get(reverse("wagtailadmin_home")).content.decode()
    url = form_address()
    bare = reverse("wagtailsettings:edit", args=["content_models", "emergencybanner"])
    for answer in (client.get(url), client.get(bare), client.post(url, form())):
        assert answer.status_code == 404
        assert "rahasia" not in answer.content.decode()
    assert EmergencyBanner.objects.get().text == "Rencana rahasia."


def test_only_releasers_of_headquarters_are_given_the_right(desk: SimpleNamespace) -> None:
    call_command("ensure_roles", desk.mabes.code, desk.bali.code)
    holders = {
        user.username
        for user in desk.people.values()
        if user.has_perm("content_models.change_emergencybanner")
    }
    assert holders == {"admin"}
    editors = roles.ensure_group(Role.EDITOR, desk.mabes)
    assert not editors.permissions.filter(codename="change_emergencybanner").exists()
    releasers = roles.ensure_group(Role.RELEASER, desk.mabes)
    assert releasers.permissions.filter(codename="change_emergencybanner").exists()
