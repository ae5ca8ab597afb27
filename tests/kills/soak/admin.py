"""The same through the real admin: its views, its forms, its own transactions."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import Client
from django.test.utils import setup_test_environment
from django.urls import reverse
from wagtail.admin.forms.pages import WagtailAdminPageForm
from wagtail.models import Page, PageViewRestriction

from content_models.models import Captions, Category, VideoPage
from tests.kills.soak.desk import Desk, NothingToDoError, chief
from tests.kills.soak.footage import TEXT
from tests.kills.soak.tree import BRANCH, small_branch
from tests.kills.soak.writing import rewrite

NO_COMMENTS = {
    "comments-TOTAL_FORMS": "0",
    "comments-INITIAL_FORMS": "0",
    "comments-MIN_NUM_FORMS": "0",
    "comments-MAX_NUM_FORMS": "",
}


@lru_cache(maxsize=1)
def client() -> Client:
    """A browser with the chief's session; once for each process."""
    # Without it no answer has a context, and a form keeps to itself what is wrong with it.
    setup_test_environment()
    made = Client(HTTP_HOST="127.0.0.1")
    made.force_login(chief())
    return made


class RefusedError(AssertionError):
    """The admin gave the form back, or said that the page is not there (any more)."""


def post(view: str, /, *args: object, query: str = "", **data: object) -> HttpResponse:
    """Post to a view of the admin; an answer that is an error or a form again is a failure."""
    answer = client().post(reverse(view, args=args) + query, data)
    if answer.status_code not in {200, 302} or b"error-message" in answer.content:
        raise RefusedError(f"{view}{args} {answer.status_code}: {answer.content[:2000]!r}")
    return answer


def filled_in(page: Page) -> dict[str, Any]:
    """What a browser would send of the page's form, untouched."""
    form = page.get_edit_handler().get_form_class()(instance=page, for_user=None)
    data: dict[str, Any] = dict(NO_COMMENTS)
    for field in form:
        value, widget = field.value(), field.field.widget
        if isinstance(widget, forms.CheckboxInput):
            if value:
                data[field.html_name] = "on"
            continue
        sent = widget.format_value(value)
        data[field.html_name] = "" if sent is None else sent
    return data


def save(page: Page, **more: object) -> None:
    if page.get_lock():
        # Wagtail shows its editor no form: it is scheduled as it is.
        raise NothingToDoError
    answer = client().post(
        reverse("wagtailadmin_pages:edit", args=[page.pk]), filled_in(page) | more
    )
    if answer.status_code != 302:
        errors = complaints(answer)
        if set(errors) == {"asset"} and page.asset_id is None:
            # The draft's file was deleted meanwhile: its editor reads that another is needed.
            raise ValidationError(errors["asset"])
        raise RefusedError(
            f"page {page.pk} was not saved: {answer.status_code} {errors}\n" + words(answer.content)
        )


def complaints(answer: HttpResponse) -> dict[str, Any]:
    """Errors of the page's own form and of its rows; a page of the admin holds other forms, too."""
    found: dict[str, Any] = {}
    for context in answer.context or ():
        form = context.get("form")
        if isinstance(form, WagtailAdminPageForm):
            found |= form.errors
            rows = {name: rows.errors for name, rows in form.formsets.items()}
            found |= {name: errors for name, errors in rows.items() if any(errors)}
    return found


def words(content: bytes) -> str:
    """What a page says, without its markup."""
    plain = re.sub(r"<(script|style|svg).*?</\1>|<[^>]+>", "\n", content.decode(), flags=re.S)
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    return "\n".join(lines)[:6000]


def edit_and_publish(desk: Desk) -> str:
    page = desk.video().get_latest_revision_as_object()
    rewrite(desk, page)
    page.go_live_at = page.expire_at = None
    save(page, **{"action-publish": "1"})
    return f"page {page.pk}"


def edit_draft(desk: Desk) -> str:
    page = desk.video().get_latest_revision_as_object()
    rewrite(desk, page)
    page.go_live_at = page.expire_at = None
    save(page)
    return f"page {page.pk}"


def unpublish(desk: Desk) -> str:
    page = desk.video(live=True) if desk.happens(0.7) else desk.unit(live=True)
    small = page.get_descendant_count() <= BRANCH
    more = {"include_descendants": "on"} if small and desk.happens(0.5) else {}
    post("wagtailadmin_pages:unpublish", page.pk, reason="MISTAKE", **more)
    return f"page {page.pk} {' '.join(more)}"


def delete(desk: Desk) -> str:
    page = small_branch(desk) if desk.happens(0.2) else desk.one(VideoPage.objects.all())
    post("wagtailadmin_pages:delete", page.pk)
    return f"page {page.pk}"


def move(desk: Desk) -> str:
    page, target = desk.one(VideoPage.objects.all()), desk.unit()
    post("wagtailadmin_pages:move_confirm", page.pk, target.pk)
    return f"page {page.pk} below {target.pk}"


def copy(desk: Desk) -> str:
    page, target = desk.video(), desk.unit()
    how = desk.rng.choice(({}, {"publish_copies": "on"}, {"alias": "on"}))
    post(
        "wagtailadmin_pages:copy",
        page.pk,
        new_title=f"Salinan {desk.number}",
        new_slug=f"salinan-{desk.number}",
        new_parent_page=target.pk,
        **how,
    )
    return f"page {page.pk} below {target.pk} {' '.join(how)}"


def act_in_bulk(desk: Desk) -> str:
    """Several pages at once."""
    action = desk.rng.choice(("publish", "unpublish", "move", "delete"))
    first, second = desk.video(), desk.video()
    ids = f"?id={first.pk}&id={second.pk}&next=/admin/"
    more: dict[str, object] = {}
    if action == "move":
        more = {"chooser": desk.unit().pk, "move_applicable": "on"}
    elif action == "unpublish":
        more = {"reason": "MISTAKE"}
    post("wagtail_bulk_action", "wagtailcore", "page", action, query=ids, **more)
    return f"{action} {first.pk}, {second.pk}"


def set_privacy(desk: Desk) -> str:
    page = desk.page()
    hidden = PageViewRestriction.objects.filter(page=page).exists()
    kind = "none" if hidden else desk.rng.choice(("login", "password"))
    more = {"password": "rahasia"} if kind == "password" else {}
    post("wagtailadmin_pages:set_privacy", page.pk, restriction_type=kind, **more)
    return f"page {page.pk}: {kind}"


def edit_category(desk: Desk) -> str:
    category = desk.one(Category.objects.all())
    prefix = "wagtailsnippets_content_models_category"
    if desk.happens(0.2):
        post(f"{prefix}:delete", category.pk)
        return f"category {category.pk} deleted"
    post(
        f"{prefix}:edit",
        category.pk,
        name=f"Bidang {desk.number}",
        slug=f"bidang-{desk.number}",
        description="",
    )
    return f"category {category.pk}"


def edit_captions(desk: Desk) -> str:
    captions = desk.one(Captions.objects.all())
    where = (captions.asset_id, captions.pk)
    if desk.happens(0.3):
        post("video_files:captions_delete", *where)
        return f"captions {captions.pk} deleted"
    post(
        "video_files:captions_edit",
        *where,
        language=captions.language,
        kind=captions.kind,
        text=TEXT.format(desk.number),
    )
    return f"captions {captions.pk}"


def read_preview(desk: Desk) -> str:
    """The draft as its editor sees it; nothing may change by that."""
    page = desk.video()
    if not page.get_latest_revision():
        page.save_revision()
    link = client().get(reverse("wagtailadmin_pages:view_draft", args=[page.pk]))
    seen = client().get(link["Location"])
    if seen.status_code != 200:
        raise AssertionError(f"preview of {page.pk}: {seen.status_code}")
    return f"page {page.pk}"
