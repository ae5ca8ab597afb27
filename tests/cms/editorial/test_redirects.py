"""Redirects in the admin: what an administrator can make, and what is refused with its reason."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from wagtail.contrib.redirects.models import Redirect

from cms.editorial.redirects import RedirectForm
from cms.publishing.models import OutboxRow, PublicState
from site_builder.redirects import node_id
from tests.cms.factories import make_video

pytestmark = pytest.mark.django_db
LINK = "https://example.org/mudik"
OWN = settings.SITE_BASE_URL
ADD = "wagtailredirects:add"


def refusals(**values: Any) -> dict[str, list[str]]:
    form = RedirectForm({"old_path": "/mudik", "redirect_link": LINK} | values)
    return {field: [str(text) for text in texts] for field, texts in form.errors.items()}


def test_an_administrator_adds_changes_and_deletes_a_redirect(desk: SimpleNamespace) -> None:
    client, page = desk.clients["admin"], make_video(desk.bali)
    data = {"old_path": "/mudik/", "redirect_page": page.pk, "redirect_link": ""}
    assert client.post(reverse(ADD), data).status_code == 302
    redirect = Redirect.objects.get()
    state = PublicState.objects.get(pk=node_id("/mudik"))
    assert state.record == {"from": "/mudik/", "to": page.public_path}

    edit = reverse("wagtailredirects:edit", args=[redirect.pk])
    data = {"old_path": "/mudik", "redirect_page": "", "redirect_link": LINK}
    assert client.post(edit, data).status_code == 302
    state.refresh_from_db()
    assert state.record == {"from": "/mudik/", "to": LINK}

    client.post(reverse("wagtailredirects:delete", args=[redirect.pk]))
    assert not PublicState.objects.filter(pk=state.pk).exists()
    told = OutboxRow.objects.filter(node_id=state.pk).order_by("pk")
    assert list(told.values_list("operation", flat=True)) == ["UPSERT", "UPSERT", "REMOVE"]


def test_what_has_no_meaning_here_is_not_asked_for(desk: SimpleNamespace) -> None:
    Redirect.add_redirect("/mudik", redirect_to=LINK)
    client = desk.clients["admin"]
    form = BeautifulSoup(client.get(reverse(ADD)).content, "html.parser")
    assert not form.select("[name=site], [name=is_permanent]")
    shown = [form.select_one(f"label[for=id_{name}]") for name in RedirectForm.Meta.fields]
    words = [label.get_text(" ", strip=True).rstrip("* ") for label in shown if label]
    assert words == ["Dari alamat ini", "Ke halaman", "Ke alamat lain"]
    listing = BeautifulSoup(
        client.get(reverse("wagtailredirects:index")).content, "html.parser"
    ).select_one("table.listing")
    assert listing is not None
    assert [cell.get_text(strip=True) for cell in listing.select("thead th")] == ["Dari", "Ke"]


@pytest.mark.parametrize("name", ["bali_editor", "bali_chief"])
def test_only_administrators_manage_redirects(desk: SimpleNamespace, name: str) -> None:
    redirect = Redirect.add_redirect("/mudik", redirect_to=LINK)
    client = desk.clients[name]
    assert reverse("wagtailredirects:index") not in client.get("/admin/").content.decode()
    for url in (
        reverse("wagtailredirects:index"),
        reverse(ADD),
        reverse("wagtailredirects:edit", args=[redirect.pk]),
        reverse("wagtailredirects:delete", args=[redirect.pk]),
        reverse("wagtailredirects:start_import"),
    ):
        assert client.get(url).status_code == 302
        data = {"old_path": "/lain", "redirect_link": LINK}
        assert client.post(url, data).url == reverse("wagtailadmin_home")
    assert [row.old_path for row in Redirect.objects.all()] == ["/mudik"]


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        ({"old_path": "/video/7k3m/x"}, "old_path", "/video/ milik situs"),
        ({"old_path": "/assets/site.css"}, "old_path", "/assets/ milik situs"),
        ({"old_path": "/manifest.json"}, "old_path", "/manifest.json/ milik situs"),
        ({"old_path": "/.policetube/rules"}, "old_path", "Tuliskan alamat"),
        ({"old_path": "/berita?id=7"}, "old_path", "tanpa tanda tanya"),
        ({"old_path": "/"}, "old_path", "Tuliskan alamat"),
        ({"redirect_link": ""}, "__all__", "salah satu"),
        ({"redirect_link": "ftp://example.org/"}, "redirect_link", "https://"),
        ({"redirect_link": "https://a:b@example.org/"}, "redirect_link", "https://"),
        ({"redirect_link": f"{OWN}/mudik/"}, "redirect_link", "kembali ke asalnya"),
    ],
)
def test_what_the_site_cannot_carry_is_refused_with_its_reason(
    desk: SimpleNamespace, values: dict[str, str], field: str, reason: str
) -> None:
    found = refusals(**values)
    assert found.keys() == {field}
    assert any(reason in text for text in found[field]), found


def test_a_page_and_an_address_at_once_are_refused(desk: SimpleNamespace) -> None:
    assert refusals(redirect_page=desk.bali.pk).keys() == {"__all__"}


def test_a_circle_of_redirects_is_refused(desk: SimpleNamespace) -> None:
    first = Redirect.add_redirect("/satu", redirect_to=f"{OWN}/dua/?dari=satu")
    Redirect.add_redirect("/dua", redirect_to=f"{OWN}/tiga")
    assert refusals(old_path="/tiga", redirect_link=f"{OWN}/empat") == {}
    assert refusals(old_path="/tiga/", redirect_link=f"{OWN}/satu").keys() == {"redirect_link"}
    # With another address, the first is no longer part of it.
    data = {"old_path": "/tiga", "redirect_link": f"{OWN}/dua"}
    assert RedirectForm(data, instance=first).errors.keys() == {"redirect_link"}
    data = {"old_path": "/lain", "redirect_link": f"{OWN}/satu"}
    assert not RedirectForm(data, instance=first).errors


def test_an_import_takes_what_fits_and_says_what_does_not(desk: SimpleNamespace) -> None:
    client = desk.clients["admin"]
    rows = f"dari,ke\n/mudik,{LINK}\n/video/x,{LINK}\n/lama.html,{LINK}\n"
    file = SimpleUploadedFile("alamat.csv", rows.encode(), content_type="text/csv")
    page = client.post(reverse("wagtailredirects:start_import"), {"import_file": file})
    form = BeautifulSoup(page.content, "html.parser")
    data = {
        str(field["name"]): str(field.get("value", ""))
        for field in form.select("input[type=hidden][name]")
    }
    answer = client.post(
        reverse("wagtailredirects:process_import"),
        data | {"from_index": "0", "to_index": "1", "permanent": "on"},
    )
    assert "/video/ milik situs" in answer.content.decode()
    told = PublicState.objects.filter(pk__startswith="redirect:")
    assert sorted(state.record["from"] for state in told) == ["/lama.html", "/mudik/"]
