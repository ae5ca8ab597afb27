"""The CMS by every address it has, for somebody of another unit and for nobody at all."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import product
from urllib.parse import unquote

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import (
    Collection,
    PageViewRestriction,
    Site,
    Task,
    TaskState,
    Workflow,
    WorkflowState,
)

from content_models.models import Asset, Category, EmergencyBanner, UnitPage, VideoPage
from tests.leaks.findings import Answer
from tests.leaks.marks import FIRST_HIDDEN, PREFIX, TOKEN
from tests.leaks.newsroom import Newsroom

PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
LINK = re.compile(r'(?:href|src|poster|content)="([^"]+)"')
QUERIES = ("", f"?q={PREFIX}", f"?term={PREFIX}")
# What ends the session, is the same for everybody, or fails on purpose.
NOT_ASKED = (
    "admin/logout/", "admin/jsi18n/", "admin/sprite/", "preview/assets/", "admin/failwhale/",
    "admin/test404/", "admin/dismissibles/", "graphql/", "admin/choose-external-link/",
    "admin/choose-email-link/", "admin/choose-phone-link/", "admin/choose-anchor-link/",
)  # fmt: skip


def addresses(room: Newsroom) -> Iterator[str]:
    """Every address of the CMS, its places filled with the numbers of hidden things."""
    numbers = _numbers(room)
    for route in sorted(set(_routes())):
        if route.startswith(NOT_ASKED):
            continue
        names = PARAMETER.findall(route)
        choices = [_choices(route, name, numbers) for _kind, name in names]
        for values in product(*choices):
            path = route
            for (kind, name), value in zip(names, values, strict=True):
                path = path.replace(f"<{kind}:{name}>" if kind else f"<{name}>", value, 1)
            yield f"/{path}"
    document = get_document_model().objects.order_by("pk").last()
    if document is not None:
        yield f"/documents/{document.pk}/{document.filename}"
    draft = room.draft
    revision = draft.latest_revision_id
    yield f"/admin/pages/{draft.pk}/revisions/compare/{revision}...live/"
    yield f"/admin/pages/{draft.pk}/revisions/compare/live...{revision}/"
    yield "/admin/choose-page/chosen-multiple/?id=" + str(draft.pk)
    for redirect in Redirect.objects.all():
        yield redirect.old_path
    for place in ("wagtailcore/page", "content_models/category", "content_models/asset"):
        for session in ("0", "1"):
            yield f"/admin/editing-sessions/ping/{place}/{draft.pk}/{session}/"


def texts_that_point_at_hidden_pages(room: Newsroom) -> Iterator[Answer]:
    """Another unit's own page, into whose text its editor wrote the number of a hidden one."""
    client = Client()
    client.force_login(room.stranger)
    page = VideoPage.objects.filter(pk=room.public[0].pk).get()
    for number in (room.draft.pk, room.withdrawn[0].pk):
        page.body = f'<p><a linktype="page" id="{number}">lihat</a></p>'
        page.save_revision()
        for name in ("edit", "view_draft"):
            answer = client.get(reverse(f"wagtailadmin_pages:{name}", args=[page.pk]), follow=True)
            assert answer.status_code == 200
            yield Answer(
                place=f"CMS: {name} of a page that points at {number}",
                body=_content(answer),
                allowed=frozenset({str(number)}),
            )


def forms_that_name_hidden_things(room: Newsroom) -> Iterator[Answer]:
    """Forms of another unit's own page, sent with the number of a hidden file or page in them."""
    client = Client(raise_request_exception=False)
    client.force_login(room.stranger)
    page, asset, story = room.public[0], room.draft.asset, room.story
    assert asset is not None
    photograph = room.story_draft.photographs.all()[0].asset
    above = UnitPage.objects.filter(pk__gte=FIRST_HIDDEN).order_by("pk")[0].pk
    words = {
        "title": "Milik sendiri",
        "slug": page.slug,
        "synopsis": "Isi.",
        "body": '{"blocks": [], "entityMap": {}}',
        "rights": "polri-press",
        "language": "id",
        "tags": "",
        "comments-TOTAL_FORMS": "0",
        "comments-INITIAL_FORMS": "0",
        "asset": str(asset.pk),
    }
    news = words | {"slug": story.slug, **rows("photographs", asset=photograph.pk)}
    news |= rows("related_videos", video=room.draft.pk)
    parent = {"new_title": "x", "new_slug": "x", "new_parent_page": str(above)}
    for name, own, form in (
        ("edit", page, words),
        ("edit", story, news),
        ("preview_on_edit", page, words),
        ("preview_on_edit", story, news),
        ("copy", page, parent),
        ("move", page, parent),
    ):
        address = reverse(f"wagtailadmin_pages:{name}", args=[own.pk])
        with transaction.atomic():
            sent = client.post(address, form)
            seen = client.get(address, parent)
            transaction.set_rollback(True)
        for answer in (sent, seen):
            yield Answer(
                place=f"CMS: {name} with hidden numbers",
                body=f"{answer.headers}\n{_content(answer)}",
                allowed=frozenset(
                    {str(asset.pk), str(above), str(photograph.pk), str(room.draft.pk)}
                ),
            )


def rows(name: str, **fields: object) -> dict[str, str]:
    """One new row of a form's inline panel, as a browser would send it."""
    return {
        f"{name}-TOTAL_FORMS": "1",
        f"{name}-INITIAL_FORMS": "0",
        f"{name}-0-id": "",
        f"{name}-0-ORDER": "1",
        f"{name}-0-DELETE": "",
        f"{name}-0-alternative_text": "Petugas.",
        **{f"{name}-0-{field}": str(value) for field, value in fields.items()},
    }


def previews_of_others(room: Newsroom, link: str) -> Iterator[Answer]:
    """A preview's link and whatever it leads to on our host, opened by those it is not for."""
    owner, stranger, nobody = Client(), Client(), Client()
    owner.force_login(room.editor)
    stranger.force_login(room.stranger)
    page = owner.get(link)
    assert room.draft.title in _content(page)
    inside = {parts for parts in LINK.findall(_content(page)) if parts.startswith("/")}
    for address in sorted({link, *inside}):
        for client in (stranger, nobody):
            answer = client.get(html.unescape(address))
            yield Answer(
                place=f"preview {address[:60]}",
                body=f"{answer.headers}\n{_content(answer)}",
                allowed=frozenset(TOKEN.findall(unquote(address).lower())),
            )


def link_of(room: Newsroom) -> str:
    """The link that shows the draft to its editor."""
    owner = Client()
    owner.force_login(room.editor)
    answer = owner.get(reverse("wagtailadmin_pages:view_draft", args=[room.draft.pk]))
    return str(answer["Location"])


def answers(room: Newsroom, *, person: object | None, only: str = "") -> Iterator[Answer]:
    """What a person (None: nobody) gets at every address by GET and by POST."""
    client = Client(raise_request_exception=False)
    if person is not None:
        client.force_login(person)  # type: ignore[arg-type]
    # The names of hosts belong to no unit.
    hosts = {word for site in Site.objects.all() for word in _words(site)}
    who = "nobody" if person is None else "another unit"
    for address in addresses(room):
        if only and only not in address:
            continue
        known = frozenset(TOKEN.findall(address.lower())) | (hosts if person else set())
        listing = person is not None and "?" not in address and not re.search(r"\d{6}", address)
        queries = QUERIES if listing else ("",)
        for query in queries:
            answer = client.get(address + query)
            yield Answer(
                place=f"CMS for {who}: {address}{query}",
                body=f"{answer.headers}\n{_content(answer)}",
                status=answer.status_code,
                allowed=known,
            )
        if "/documents/" in address or "login" in address or "password" in address:
            continue
        with transaction.atomic():
            posted = client.post(address, {})
            transaction.set_rollback(True)
        yield Answer(
            place=f"CMS for {who}: POST {address}",
            body=f"{posted.headers}\n{_content(posted)}",
            status=posted.status_code,
            allowed=known,
        )


def _words(site: Site) -> list[str]:
    return TOKEN.findall(f"{site.pk} {site.hostname} {site.site_name}".lower())


def _content(answer: object) -> str:
    if getattr(answer, "streaming", False):
        return b"".join(answer.streaming_content).decode("utf-8", "replace")  # type: ignore[attr-defined]
    return answer.content.decode("utf-8", "replace")  # type: ignore[attr-defined]


def _routes(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        route = before + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern, route)
        elif "(" not in route and ".*" not in route:
            yield route


def _numbers(room: Newsroom) -> dict[str, list[str]]:
    """Hidden rows by what an address calls them."""
    draft = room.draft
    asset = draft.asset
    assert asset is not None

    def last(model: object) -> list[str]:
        rows = model._default_manager.order_by("-pk")  # type: ignore[attr-defined]
        return [str(pk) for pk in rows.values_list("pk", flat=True)[:1] if pk >= FIRST_HIDDEN]

    submitted = VideoPage.objects.get(pk=WorkflowState.objects.order_by("pk").last().object_id)
    unit = UnitPage.objects.filter(pk__gte=FIRST_HIDDEN).order_by("pk").first()
    return {
        "page": [str(draft.pk), str(submitted.pk), str(unit.pk), str(room.story_draft.pk)],
        "asset": [str(asset.pk), *last(Asset)],
        "captions": [str(asset.captions.get().pk)],
        "revision": [str(draft.latest_revision_id)],
        "task_state": last(TaskState),
        "workflow_state": last(WorkflowState),
        "workflow": last(Workflow),
        "task": last(Task),
        "redirect": last(Redirect),
        "document": last(get_document_model()),
        "image": last(get_image_model()),
        "collection": last(Collection),
        "restriction": last(PageViewRestriction),
        "user": last(get_user_model()),
        "group": last(Group),
        "site": last(Site),
        "category": [str(Category.objects.order_by("-pk")[0].pk)],
        "banner": last(EmergencyBanner),
    }


def _choices(route: str, name: str, numbers: dict[str, list[str]]) -> list[str]:
    words = {
        "action_name": ["approve", "copy", "unpublish"],
        "app_label": ["wagtailcore"],
        "app_name": ["content_models" if "create" in route else "taggit"],
        "model_name": (
            ["videopage", "storypage"]
            if "create" in route
            else ["page" if "bulk" in route else "tag"]
        ),
        "action": ["publish"],
        "content_type_app_name": ["content_models"],
        "content_type_model_name": ["videopage", "storypage"],
        "filter_spec": ["width-100"],
        "uidb64": ["MQ"],
        "token": ["x-y"],
        "object_id": numbers["page"],
        "session_id": ["1"],
        "restriction_id": numbers["restriction"],
    }
    if "settings/" in route:
        of_settings = {"app_name": ["content_models"], "model_name": ["emergencybanner"]}
        return of_settings.get(name, numbers["banner"])
    if name in words:
        return words[name]
    for part in ("captions", "revision", "task_state", "workflow_state", "redirect"):
        if name.startswith(part):
            return numbers[part]
    if name.startswith("doc") or "documents" in route:
        return numbers["document"]
    for part in ("image", "collection", "user", "group", "site"):
        if name.startswith(part) or f"/{part}s/" in route:
            return numbers[part]
    if name == "workflow_pk" or ("workflows/" in route and "tasks" not in route and name == "pk"):
        return numbers["workflow"]
    if "task" in name or "tasks/" in route:
        return numbers["task"]
    if "video-files" in route:
        return numbers["asset"]
    if "category" in route:
        return numbers["category"]
    return numbers["page"]
