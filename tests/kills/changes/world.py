"""The world before a change: units, a published video, an administrator at the browser."""

from __future__ import annotations

import secrets
from typing import Any

from bs4 import BeautifulSoup, Tag
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from content_models.models import Category, UnitPage, VideoPage
from tests.cms.factories import make_asset, make_draft, make_unit, make_video, publish
from tests.kills.changes.scenario import Facts


class RefusedError(AssertionError):
    """The admin did not do what was asked."""


def make() -> Facts:
    """Two Poldas of this world alone; a Polres with a video, its category and tag, in the upper."""
    token = secrets.token_hex(4)
    mabes = UnitPage.objects.get(code="mabes-polri")
    upper = make_unit(mabes, f"polda-{token}")
    other = make_unit(mabes, f"polda-{token}-lain")
    lower = make_unit(upper, f"polres-{token}", "polres")
    category = Category.objects.create(name=f"Kategori {token}", slug=f"kategori-{token}")
    page = make_draft(lower, slug=f"patroli-{token}", title=f"Patroli {token}")
    page.categories = [category]
    page.tags.add(f"lilin {token}")
    publish(page)
    return {
        "token": token,
        "mabes_pk": mabes.pk,
        "upper": upper.code,
        "upper_pk": upper.pk,
        "other": other.code,
        "other_pk": other.pk,
        "lower": lower.code,
        "lower_pk": lower.pk,
        "video": page.public_id,
        "video_pk": page.pk,
        "asset_pk": page.asset_id,
        "category": category.slug,
        "category_pk": category.pk,
        "tag": f"lilin-{token}",
    }


def with_draft(facts: Facts) -> VideoPage:
    draft = make_draft(UnitPage.objects.get(pk=facts["lower_pk"]))
    draft.save_revision()
    facts |= {"draft": draft.public_id, "draft_pk": draft.pk}
    return draft


def with_second(facts: Facts) -> VideoPage:
    """Another published video in the upper unit, without category and tag."""
    second = make_video(UnitPage.objects.get(pk=facts["upper_pk"]))
    facts |= {"second": second.public_id, "second_pk": second.pk}
    return second


def with_alias(facts: Facts) -> VideoPage:
    """The video again in the other unit, kept in step with its source."""
    alias = video(facts).create_alias(parent=UnitPage.objects.get(pk=facts["other_pk"]))
    facts |= {"alias": alias.public_id, "alias_pk": alias.pk}
    return alias


def with_second_asset(facts: Facts) -> None:
    facts["second_asset_pk"] = make_asset().pk


def video(facts: Facts, name: str = "video") -> VideoPage:
    return VideoPage.objects.get(pk=facts[f"{name}_pk"])


def unit(facts: Facts, name: str) -> UnitPage:
    return UnitPage.objects.get(pk=facts[f"{name}_pk"])


def admin() -> Client:
    """A browser in which an administrator is logged in."""
    user, _created = get_user_model().objects.get_or_create(
        username="kepala", defaults={"is_superuser": True, "is_staff": True}
    )
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    return client


# Why something is withdrawn: the form asks for it.
REASON = {"reason": "MISTAKE"}


def post(name: str, *args: object, data: Facts | None = None, query: str = "") -> None:
    """Send a form to a view of the admin; raises `RefusedError` unless it was accepted."""
    url = reverse(name, args=args) + query
    response = admin().post(url, data or {})
    is_page = "html" in response.headers.get("Content-Type", "") and response.content
    if response.status_code == 302 or (response.status_code == 200 and not is_page):
        return
    errors = BeautifulSoup(response.content, "html.parser").select(".error-message, .messages li")
    said = "; ".join(error.get_text(" ", strip=True) for error in errors)
    raise RefusedError(f"{url} answered {response.status_code}: {said}")


def form(name: str, *args: object) -> Facts:
    """What the browser would send back of a page's form, if nothing in it was changed."""
    response = admin().get(reverse(name, args=args))
    if response.status_code != 200:
        raise RefusedError(f"{name} answered {response.status_code}")
    found = BeautifulSoup(response.content, "html.parser").select_one("form[data-edit-form]")
    if found is None:
        raise RefusedError(f"{name} shows no form")
    data: Facts = {}
    for control in found.select("input[name], textarea[name], select[name]"):
        for value in _values(control):
            data.setdefault(str(control["name"]), []).append(value)
    return data


def _values(control: Tag) -> list[str]:
    """What a browser sends for one control."""
    if control.has_attr("disabled"):
        return []
    if control.name == "textarea":
        return [control.get_text().removeprefix("\n")]
    if control.name == "select":
        chosen = control.select("option[selected]") or (
            [] if control.has_attr("multiple") else control.select("option")[:1]
        )
        return [str(option.get("value", "")) for option in chosen]
    kind = control.get("type", "text")
    if kind in {"submit", "button", "file", "image"}:
        return []
    if kind in {"checkbox", "radio"} and not control.has_attr("checked"):
        return []
    return [str(control.get("value", "on" if kind == "checkbox" else ""))]


def edit_form(facts: Facts, name: str = "video") -> None:
    """Keep the edit form of a page, as it is now, among the facts."""
    facts["form"] = form("wagtailadmin_pages:edit", facts[f"{name}_pk"])


def published(facts: Facts, name: str = "video", **changes: Any) -> None:
    """Send the kept form with changes and press "Publish"."""
    data = facts["form"] | changes | {"action-publish": "action-publish"}
    post("wagtailadmin_pages:edit", facts[f"{name}_pk"], data=data)
