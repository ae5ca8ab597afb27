"""Nothing that is not public is found anywhere, but what is planted is (invariants 4 and 7)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from wagtail.admin.rich_text.converters.html_to_contentstate import PageLinkElementHandler

from cms.api import loaders
from cms.api.loaders import NodeLoader
from cms.editorial import doors, page_forms
from cms.editorial.links import NamelessPageLinkHandler
from cms.editorial.views import tags
from cms.media import storage as store
from cms.media.storage import Bucket, bucket_name
from cms.publishing import banner, outbox, visibility
from cms.publishing.models import Change, PublicState
from content_models.models import (
    EmergencyBanner,
    FileRole,
    LadderFile,
    UnitPage,
    VideoPage,
    Withdrawal,
)
from site_builder.redirects import node_id
from tests.leaks import api, desk, site, storage
from tests.leaks.conftest import House
from tests.leaks.findings import Leak, leaks_in
from tests.leaks.marks import FIRST_HIDDEN

pytestmark = pytest.mark.storage

Hunt = Callable[[House], Iterator[Leak]]


def api_read(house: House) -> Iterator[Leak]:
    return leaks_in(api.read_everything(house.room), house.marks)


def api_asked(house: House) -> Iterator[Leak]:
    return api.ask_for_what_is_hidden(house.marks)


def site_read(house: House) -> Iterator[Leak]:
    return leaks_in(site.read_everything(house.edge, house.root, house.room), house.marks)


def site_guessed(house: House) -> Iterator[Leak]:
    return site.knock(house.edge, house.marks, house.room)


def storage_read(house: House) -> Iterator[Leak]:
    return leaks_in(storage.read_everything(house.store), house.marks)


def storage_guessed(house: House) -> Iterator[Leak]:
    return storage.knock(house.store)


def cms_for_nobody(house: House, only: str = "") -> Iterator[Leak]:
    return leaks_in(desk.answers(house.room, person=None, only=only), house.marks)


def cms_for_another_unit(house: House, only: str = "") -> Iterator[Leak]:
    answers = desk.answers(house.room, person=house.room.stranger, only=only)
    return leaks_in(answers, house.marks)


def texts(house: House) -> Iterator[Leak]:
    return leaks_in(desk.texts_that_point_at_hidden_pages(house.room), house.marks)


def forms(house: House) -> Iterator[Leak]:
    return leaks_in(desk.forms_that_name_hidden_things(house.room), house.marks)


HUNTS: tuple[Hunt, ...] = (
    api_read, api_asked, site_read, site_guessed, storage_read, storage_guessed, cms_for_nobody,
    cms_for_another_unit, texts, forms,
)  # fmt: skip


@pytest.mark.parametrize("hunt", HUNTS, ids=lambda hunt: hunt.__name__)
def test_nothing_that_is_not_public_is_found(house: House, hunt: Hunt) -> None:
    assert [str(leak) for leak in hunt(house)] == []


def test_a_preview_gives_nothing_to_others(house: House) -> None:
    link = desk.link_of(house.room)
    answers = desk.previews_of_others(house.room, link)
    assert [str(leak) for leak in leaks_in(answers, house.marks)] == []


def test_the_hunt_knows_what_it_looks_for(house: House) -> None:
    kinds = {label.split(" ")[0] for label in house.marks.tokens.values()}
    assert kinds >= {
        "content_models.Asset", "content_models.Captions", "content_models.Ladder",
        "content_models.LadderFile", "content_models.Poster",
        "content_models.UnitPage", "content_models.VideoPage",
        "content_models.StoryPage", "content_models.StoryPhotograph",
        "content_models.Withdrawal", "content_models.EmergencyBanner",
        "auth.User", "taggit.Tag", "wagtailcore.Revision", "wagtailcore.Comment",
        "wagtailcore.Collection", "wagtailcore.TaskState", "wagtailcore.PageViewRestriction",
        "wagtaildocs.Document", "wagtailimages.Image", "wagtailredirects.Redirect",
    }  # fmt: skip
    hidden = VideoPage.objects.filter(pk__gte=FIRST_HIDDEN)
    assert {page.public_id for page in hidden} <= set(house.marks.ids)
    assert {page.slug for page in hidden} <= set(house.marks.names)
    public = {page.public_id for page in house.room.public}
    assert not public & set(house.marks.ids)


@contextmanager
def tell_a_hidden_page(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """A record of a draft, and no second look at the database."""
    draft, public = house.room.draft, house.room.public[0]
    record = PublicState.objects.get(pk=f"video:{public.public_id}")
    record.pk = f"video:{draft.public_id}"
    record.record |= {"title": draft.title, "slug": draft.slug, "publicId": draft.public_id}
    record.save(force_insert=True)
    patch.setattr(NodeLoader, "_hidden", staticmethod(lambda node_ids: set()))
    yield


@contextmanager
def put_a_title_into_the_record_of_another(
    house: House, patch: pytest.MonkeyPatch
) -> Iterator[None]:
    state = PublicState.objects.get(pk=f"video:{house.room.public[0].public_id}")
    state.record["synopsis"] += house.room.draft.title
    state.save()
    yield


@contextmanager
def tell_where_a_redirect_leads(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """A record of one to a draft, and no second look at the database."""
    record = {
        "from": "/lama/",
        "to": f"/video/{house.room.draft.public_id}/{house.room.draft.slug}/",
    }
    PublicState.objects.create(pk=node_id(record["from"]), version="1", record=record)
    patch.setattr(loaders, "shown_redirects", lambda told: {node_id(item["from"]) for item in told})
    yield


@contextmanager
def announce_too_early(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    patch.setattr(banner, "current", EmergencyBanner.objects.first)
    outbox.touch(banner=True)
    yield


@contextmanager
def put_a_note_into_a_reason(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    change = Change.objects.get(withdrawal__isnull=False)
    change.withdrawal["explanation"] += Withdrawal.objects.get().note
    change.save()
    yield


@contextmanager
def take_hidden_units_for_public(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    patch.setattr(visibility, "public_units", UnitPage.objects.all)
    UnitPage.objects.filter(pk=house.room.bali.pk).update(
        code=UnitPage.objects.filter(pk__gte=FIRST_HIDDEN)[0].code + "-dua"
    )
    hidden = UnitPage.objects.filter(pk__gte=FIRST_HIDDEN)[0]
    outbox.touch(units=[hidden.pk])
    below = house.room.public[1]
    below.refresh_from_db()
    below.move(hidden, pos="last-child")
    yield


@contextmanager
def _file_at_the_edge(house: House, path: str, data: str) -> Iterator[None]:
    file = house.root / path
    before = file.read_bytes() if file.exists() else None
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(data)
    try:
        yield
    finally:
        if before is None:
            file.unlink()
        else:
            file.write_bytes(before)


def put_a_title_into_the_feed(house: House, patch: pytest.MonkeyPatch) -> object:
    feed = (house.root / "feed.xml").read_text()
    title = house.room.draft.title
    return _file_at_the_edge(house, "feed.xml", feed.replace("</feed>", f"{title}</feed>"))


def put_a_file_name_into_the_sitemap(house: House, patch: pytest.MonkeyPatch) -> object:
    assert house.room.draft.asset is not None
    pages = (house.root / "sitemap/pages.xml").read_text()
    return _file_at_the_edge(
        house, "sitemap/pages.xml", pages + f"<!-- {house.room.draft.asset.original_name} -->"
    )


def leave_a_page_behind(house: House, patch: pytest.MonkeyPatch) -> object:
    return _file_at_the_edge(house, f"video/{house.room.draft.public_id}/index.html", "x")


def serve_the_state(house: House, patch: pytest.MonkeyPatch) -> object:
    state = (house.root / ".policetube/state.json").read_text()
    return _file_at_the_edge(house, "manifest.json", state)


@contextmanager
def make_a_private_file_public(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    asset = house.room.draft.asset
    assert asset is not None
    assert asset.ladder is not None
    key = asset.ladder.files.select_related("ladder")[0].key
    store.put_bytes(Bucket.MEDIA, key, b"x", content_type="video/mp4")
    yield
    store.delete(Bucket.MEDIA, [key])


def make_a_candidate_public(house: House, patch: pytest.MonkeyPatch) -> object:
    shown = house.room.public[0].asset
    assert shown is not None
    candidate = LadderFile.objects.get(ladder=shown.ladder, role=FileRole.CANDIDATE)
    return _object(candidate.key)


def make_a_hidden_poster_public(house: House, patch: pytest.MonkeyPatch) -> object:
    assert house.room.draft.asset is not None
    return _object(house.room.draft.asset.poster.key)


@contextmanager
def _object(key: str) -> Iterator[None]:
    store.put_bytes(Bucket.MEDIA, key, b"x", content_type="image/jpeg")
    yield
    store.delete(Bucket.MEDIA, [key])


@contextmanager
def _policy(bucket: Bucket, action: str, resource: str) -> Iterator[None]:
    name = bucket_name(bucket)
    client = store.client()
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": [action],
        "Resource": [f"arn:aws:s3:::{name}{resource}"],
    }
    client.put_bucket_policy(
        Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    try:
        yield
    finally:
        client.delete_bucket_policy(Bucket=name)
        store.setup_storage()


def open_the_originals(house: House, patch: pytest.MonkeyPatch) -> object:
    return _policy(Bucket.ORIGINALS, "s3:GetObject", "/*")


def let_strangers_list(house: House, patch: pytest.MonkeyPatch) -> object:
    return _policy(Bucket.STAGING, "s3:ListBucket", "")


@contextmanager
def open_the_exporters_memory(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    key = "site/.policetube/state.json"
    store.put_bytes(Bucket.SITE, key, b"{}", content_type="application/json")
    assert list(storage_guessed(house)) == []
    with _policy(Bucket.SITE, "s3:GetObject", "/*"):
        yield
    store.delete(Bucket.SITE, [key])


@contextmanager
def follow_redirects(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    redirects = "wagtail.contrib.redirects.middleware.RedirectMiddleware"
    patch.setattr(settings, "MIDDLEWARE", [*settings.MIDDLEWARE, redirects])
    yield


def _opened(module: object, name: str, value: object) -> Callable[..., object]:
    @contextmanager
    def plant(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
        patch.setattr(module, name, value)
        yield

    return plant


def narrowed(hunt: Callable[..., Iterator[Leak]], only: str) -> Hunt:
    return lambda house: hunt(house, only)


PLANTS: dict[str, tuple[Callable[..., object], Hunt]] = {
    "a draft told as public, read": (tell_a_hidden_page, api_asked),
    "a redirect to a draft": (tell_where_a_redirect_leads, api_read),
    "a hidden title in a public record": (put_a_title_into_the_record_of_another, api_read),
    "an announcement before its time": (announce_too_early, api_read),
    "an internal note in a reason": (put_a_note_into_a_reason, api_read),
    "hidden units taken for public": (take_hidden_units_for_public, api_asked),
    "a hidden title in the feed": (put_a_title_into_the_feed, site_read),
    "a file name in the sitemap": (put_a_file_name_into_the_sitemap, site_read),
    "a page left behind": (leave_a_page_behind, site_guessed),
    "the exporter's state served": (serve_the_state, site_guessed),
    "a private file in the public bucket, listed": (make_a_private_file_public, storage_read),
    "a private file in the public bucket, guessed": (make_a_private_file_public, storage_guessed),
    "a candidate in the public bucket": (make_a_candidate_public, storage_guessed),
    "a hidden poster in the public bucket": (make_a_hidden_poster_public, storage_guessed),
    "originals open": (open_the_originals, storage_guessed),
    "a bucket that lists": (let_strangers_list, storage_read),
    "the exporter's memory open": (open_the_exporters_memory, storage_guessed),
    "redirects to hidden pages": (follow_redirects, narrowed(cms_for_nobody, "/lama-")),
    "documents for everybody": (
        _opened(doors, "SERVED_DOCUMENTS", frozenset()),
        narrowed(cms_for_nobody, "/documents/"),
    ),
    "documents of every unit": (
        _opened(doors, "FOR_ADMINISTRATORS", frozenset()),
        narrowed(cms_for_another_unit, "/api/main/documents/"),
    ),
    "titles in refused moves": (
        _opened(doors, "NAMED_PAGES", ()),
        narrowed(cms_for_another_unit, "/move/"),
    ),
    "a unit's name in a form": (_opened(doors, "NAMED_IN_FORMS", "none"), forms),
    "a file's name in a form": (_opened(page_forms, "forget", lambda form, field: None), forms),
    "tags of drafts": (
        _opened(tags, "explorable_pages", lambda request, pages: pages),
        narrowed(cms_for_another_unit, "tag-autocomplete"),
    ),
    "addresses of hidden pages in texts": (
        _opened(
            NamelessPageLinkHandler,
            "get_attribute_data",
            PageLinkElementHandler.get_attribute_data,
        ),
        texts,
    ),
}


@pytest.mark.any_database
@pytest.mark.parametrize("name", PLANTS)
def test_what_is_planted_is_found(house: House, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, hunt = PLANTS[name]
    with plant(house, monkeypatch):  # type: ignore[attr-defined]
        assert next(iter(hunt(house)), None) is not None, f"nobody noticed {name}"
