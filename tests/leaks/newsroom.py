"""A newsroom with every kind of thing that is not public, beside what is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Collection, Comment, PageViewRestriction, Site, Workflow

from cms.editorial import roles
from cms.editorial.roles import Role
from cms.media import posters, storage
from cms.media.storage import Bucket
from cms.publishing import outbox
from cms.publishing.media import MediaReport, Patience, promote_media
from cms.publishing.pipeline import cycle
from cms.publishing.withdrawals import Reason, withdraw
from content_models.models import (
    Asset,
    AssetState,
    Captions,
    Category,
    EmergencyBanner,
    FileRole,
    HomePage,
    LadderFile,
    Placement,
    Poster,
    Publication,
    RelatedVideo,
    StoryPage,
    StoryPhotograph,
    UnitPage,
    VideoPage,
    WithdrawalReason,
)
from tests.cms import factories
from tests.cms.factories import make_draft, make_story_draft, make_unit, publish
from tests.leaks.marks import raise_numbers, secret

# Days on which only hidden things happened.
HIDDEN_DAYS = (date(1998, 5, 12), date(1999, 6, 13))
PUBLIC_BODY = "<p>Petugas berpatroli.</p>"


@dataclass(slots=True, kw_only=True)
class Newsroom:
    """What the hunt needs to know of it: where it was public once, and who asks."""

    home: HomePage
    bali: UnitPage
    public: list[VideoPage]
    story: StoryPage
    news: StoryPage
    withdrawn: list[Publication]
    withdrawn_tags: set[str]
    # What was said of withdrawals, for everybody to read on the ledger.
    explanations: set[str]
    draft: VideoPage
    story_draft: StoryPage
    stranger: User
    editor: User
    chief: User


def furnish() -> Newsroom:
    """Publish what is public, then hide everything else in every way there is."""
    with outbox.transaction():
        room = _public_part()
    settle()
    raise_numbers()
    with outbox.transaction():
        room.editor = _person(Role.EDITOR, room.bali)
        room.chief = _person(Role.RELEASER, room.bali)
        _hidden_pages(room, room.chief)
        _hidden_stories(room)
        _hidden_units(room)
        _hidden_media(room)
        _hidden_library(room)
        _planned_announcement(room)
        _published_for_now(room)
    settle()
    with outbox.transaction():
        _withdraw(room)
    settle()
    return room


def settle() -> None:
    """What the publish worker does until nothing is left to do; all files at once, to save time."""
    promote_media(MediaReport(patience=Patience()), most=100)
    while cycle(sweep=True).did_something:
        pass


def stored_asset(make: Callable[..., Asset] = factories.make_asset, **fields: Any) -> Asset:
    """A finished asset, private, with an original and real bytes behind each file."""
    asset = make(**{"placement": Placement.PRIVATE, **fields})
    asset.original_key = f"{asset.uuid}/original"
    asset.save()
    storage.put_bytes(
        Bucket.ORIGINALS, asset.original_key, asset.original_key.encode(), content_type="video/mp4"
    )
    assert asset.ladder is not None
    LadderFile.objects.create(
        ladder=asset.ladder,
        name="candidate-1.jpg",
        role=FileRole.CANDIDATE,
        content_type="image/jpeg",
        size=1,
        sha256="",
        width=640,
        height=360,
    )
    fill(asset)
    still = posters.Still(data=f"{asset.uuid} poster".encode(), width=640, height=360)
    posters.store(asset, still)
    posters.record(asset, still, Poster.Origin.UPLOADED)
    return asset


def fill(asset: Asset) -> None:
    """Put bytes that name themselves behind every file of the ladder in use."""
    assert asset.ladder is not None
    for file in asset.ladder.files.select_related("ladder"):
        data = file.key.encode()
        storage.put_bytes(Bucket.STAGING, file.key, data, content_type=file.content_type)
        file.size, file.sha256 = len(data), factories.digest(file.key)
        file.save()


def _public_part() -> Newsroom:
    home = factories.make_home()
    mabes = make_unit(home, "mabes-polri", "mabes")
    bali = make_unit(mabes, "polda-bali")
    jabar = make_unit(mabes, "polda-jabar")
    top = Collection.get_first_root_node()
    for unit in (bali, jabar):
        top.refresh_from_db()
        unit.collection = top.add_child(instance=Collection(name=unit.title))
        unit.save()
    traffic = Category.objects.create(name="Lalu lintas", slug="lalu-lintas")
    public = []
    for number in range(4):
        asset = stored_asset(collection=bali.collection)
        factories.make_captions(asset, is_public=False)
        signer = None if number else stored_asset(collection=bali.collection)
        page = make_draft(bali if number % 2 else jabar, asset, signer=signer)
        page.categories = [traffic]
        page.tags.add("patroli", f"wilayah {number % 2}")
        public.append(publish(page))
    photographs = [stored_asset(factories.make_photo, collection=jabar.collection) for _ in "ab"]
    story = make_story_draft(jabar, *photographs)
    story.related_videos.add(RelatedVideo(video=public[0]))
    story.tags.add("patroli")
    story = publish(story)
    told = [stored_asset(factories.make_photo, collection=bali.collection)]
    news = publish(make_story_draft(bali, *told))
    for number, page in enumerate(public):
        Redirect.add_redirect(f"/patroli-{number}", redirect_to=page)
    user = get_user_model().objects.create_user("penyunting-jabar", password="sandi")
    user.groups.add(roles.ensure_group(Role.EDITOR, jabar))
    return Newsroom(
        home=home,
        bali=bali,
        public=public,
        story=story,
        news=news,
        withdrawn=[],
        withdrawn_tags=set(),
        explanations=set(),
        draft=public[0],
        story_draft=story,
        stranger=user,
        editor=user,
        chief=user,
    )


def _person(role: Role, unit: UnitPage) -> User:
    user = get_user_model().objects.create_user(
        secret(),
        email=f"{secret()}@{secret()}.example",
        password="sandi",
        first_name=secret(),
        last_name=secret(),
    )
    user.groups.add(roles.ensure_group(role, unit))
    return user


def hidden_asset(
    room: Newsroom,
    *,
    stored: bool = False,
    make: Callable[..., Asset] = factories.make_asset,
    **fields: Any,
) -> Asset:
    """An asset of Bali with captions, under names that are secrets."""
    asset = (partial(stored_asset, make) if stored else make)(
        **{
            "placement": Placement.PRIVATE,
            "title": secret(),
            "original_name": f"{secret()}.mp4",
            "collection": room.bali.collection,
            "uploaded_by": room.editor,
            "error_detail": secret(),
            "worker": secret(),
            "probe": {"format": {"tags": {"location": secret(), "title": secret()}}},
            **fields,
        }
    )
    Captions.objects.create(
        asset=asset, language="id", text=f"WEBVTT\n\n00:00.000 --> 00:02.000\n{secret()}\n"
    )
    return asset


def hidden_words() -> dict[str, Any]:
    """Fields of a video page, each of them a secret."""
    return {
        "title": f"Konsep {secret()}",
        "slug": f"konsep-{secret()}",
        "synopsis": f"Isi {secret()}.",
        "body": f"<p>{secret()}</p>",
        "incident_place": secret(),
        "incident_date": HIDDEN_DAYS[0],
        "credit": secret(),
        "seo_title": secret(),
        "search_description": secret(),
    }


def hidden_draft(
    room: Newsroom, unit: UnitPage | None = None, *, stored: bool = False, **fields: Any
) -> VideoPage:
    """A page that was never public, with a tag and an asset of its own."""
    asset = hidden_asset(room, stored=stored)
    if stored:
        fields = {"signer": hidden_asset(room, stored=True), **fields}
    page = make_draft(unit or room.bali, asset, **(hidden_words() | fields))
    page.tags.add(secret())
    page.save()
    page.save_revision(user=room.editor)
    return page


def hidden_story(room: Newsroom, *, stored: bool = False, **fields: Any) -> StoryPage:
    """A story that was never public, with a tag and two photographs of its own."""
    photographs = [hidden_asset(room, stored=stored, make=factories.make_photo) for _ in "ab"]
    page = make_story_draft(room.bali, *photographs, **(hidden_words() | fields))
    for row in page.photographs.all():
        row.alternative_text, row.caption, row.credit = secret(), secret(), secret()
        row.save()
    page = StoryPage.objects.get(pk=page.pk)
    page.tags.add(secret())
    page.save()
    page.save_revision(user=room.editor)
    return page


def _hidden_stories(room: Newsroom) -> None:
    room.story_draft = hidden_story(room, stored=True)
    # And what no revision knows.
    StoryPage.objects.filter(pk=room.story_draft.pk).update(credit=secret())
    restricted = hidden_story(room, stored=True)
    with outbox.transaction():
        PageViewRestriction.objects.create(
            page=restricted, restriction_type=PageViewRestriction.LOGIN
        )
        restricted.save_revision().publish()
    # A public story may point to a hidden video, and wait for other words and photographs.
    with outbox.transaction():
        RelatedVideo.objects.create(page=room.news, video=room.draft)
    edited = room.news.get_latest_revision_as_object()
    for name, value in hidden_words().items():
        setattr(edited, name, value)
    photograph = hidden_asset(room, stored=True, make=factories.make_photo)
    edited.photographs.add(StoryPhotograph(asset=photograph, alternative_text=secret()))
    edited.save_revision(user=room.editor)


def _hidden_pages(room: Newsroom, chief: User) -> None:
    room.draft = hidden_draft(room, stored=True)
    workflow = roles.ensure_workflow(room.bali, chief.groups.get())
    submitted = hidden_draft(room)
    state = Workflow.objects.get(pk=workflow.pk).start(submitted, room.editor)
    state.current_task_state.comment = secret()
    state.current_task_state.save()
    Comment.objects.create(
        page=submitted, user=room.editor, text=secret(), contentpath="title", position=secret()
    )
    _edited_but_not_published(room, room.public[1])
    soon = hidden_draft(room, go_live_at=timezone.now() + timedelta(days=3))
    soon.save_revision(user=chief, approved_go_live_at=soon.go_live_at)
    publish(soon)
    gone_by = hidden_draft(room, expire_at=timezone.now() - timedelta(days=1))
    gone_by.live = True
    gone_by.save()
    for kind, extra in (
        (PageViewRestriction.LOGIN, {}),
        (PageViewRestriction.PASSWORD, {"password": secret()}),
        (PageViewRestriction.GROUPS, {}),
    ):
        page = hidden_draft(room, stored=True)
        with outbox.transaction():
            PageViewRestriction.objects.create(page=page, restriction_type=kind, **extra)
            page.save_revision().publish()
    source = hidden_draft(room)
    source.create_alias(update_slug=f"alias-{secret()}", parent=room.bali)
    deleted = hidden_draft(room)
    deleted.delete()
    for page in (room.draft, submitted):
        Redirect.objects.create(old_path=f"/{secret()}", redirect_page=page, site=None)
        Redirect.add_redirect(f"/lama-{page.public_id}", redirect_to=page)
    # A public body may point to hidden pages; it must not say where they lead.
    links = "".join(
        f'<a linktype="page" id="{p.pk}">lihat</a> ' for p in (room.draft, soon, source)
    )
    told = room.public[2]
    told.body = PUBLIC_BODY + f"<p>{links}</p>"
    with outbox.transaction():
        VideoPage.objects.filter(pk=told.pk).update(body=told.body)
        outbox.touch(publications=[told.pk])


def _edited_but_not_published(room: Newsroom, page: VideoPage) -> None:
    """A live page with another text, file, date, tag and category in its draft."""
    draft = page.get_latest_revision_as_object()
    for name, value in hidden_words().items():
        setattr(draft, name, value)
    draft.incident_date = HIDDEN_DAYS[1]
    draft.asset, draft.signer = hidden_asset(room), hidden_asset(room)
    draft.tags.add(secret())
    draft.save_revision(user=room.editor)


def _hidden_units(room: Newsroom) -> None:
    words = {"title": f"Satuan {secret()}", "summary": secret()}
    never = make_unit(room.bali, f"satuan-{secret()}", "satker", live=False, **words)
    never.save_revision()
    make_video_below(room, never)
    words = {"title": f"Satuan {secret()}", "summary": secret()}
    with outbox.transaction():
        shut = make_unit(room.bali, f"satuan-{secret()}", "satker", **words)
        PageViewRestriction.objects.create(page=shut, restriction_type=PageViewRestriction.LOGIN)
        publish(hidden_draft(room, shut))
    collection = Collection.get_first_root_node().add_child(instance=Collection(name=secret()))
    never.collection = collection
    never.save()


def make_video_below(room: Newsroom, unit: UnitPage) -> None:
    """Drafts below a hidden unit: one seen in no list, one whose parent has no public name."""
    hidden_draft(room, unit)
    below = make_unit(unit, f"bawah-{secret()}", "satker", live=False, title=secret())
    hidden_draft(room, below)


def _hidden_media(room: Newsroom) -> None:
    hidden_asset(room, stored=True)  # used by no page
    hidden_asset(room, state=AssetState.PROCESSING, stage="encode", message_code="probe_failed",
                 message_params={"detail": secret()})  # fmt: skip
    replaced = room.public[3].asset
    assert replaced is not None
    old = factories.make_ladder(replaced, placement=Placement.PRIVATE, attempt=7)
    for file in old.files.select_related("ladder"):
        storage.put_bytes(
            Bucket.STAGING, file.key, file.key.encode(), content_type=file.content_type
        )


def _hidden_library(room: Newsroom) -> None:
    collection = Collection.get_first_root_node().add_child(instance=Collection(name=secret()))
    get_document_model().objects.create(
        title=secret(),
        collection=collection,
        uploaded_by_user=room.editor,
        file=ContentFile(f"isi {secret()}".encode(), name=f"{secret()}.txt"),
    )
    get_image_model().objects.create(
        title=secret(),
        description=secret(),
        collection=collection,
        uploaded_by_user=room.editor,
        file=ImageFile(get_test_image_file().file, name=f"{secret()}.png"),
    )
    hidden = UnitPage.objects.filter(live=False).order_by("pk").first()
    Site.objects.create(
        hostname=f"{secret()}.example", port=81, root_page=hidden, site_name=secret()
    )


def _planned_announcement(room: Newsroom) -> None:
    """What will be announced in three days is nobody's business today."""
    soon = timezone.now() + timedelta(days=3)
    EmergencyBanner.objects.create(
        text=f"Operasi {secret()}",
        text_english=secret(),
        link_page=room.draft,
        link_url=f"https://{secret()}.example/",
        starts_at=soon,
        ends_at=soon + timedelta(hours=1),
    )


def _published_for_now(room: Newsroom) -> None:
    """Pages that are public until `_withdraw`."""
    for _ in range(3):
        page = hidden_draft(room, stored=True, incident_date=HIDDEN_DAYS[1])
        room.withdrawn.append(publish(page))
        room.withdrawn_tags |= {tag.slug for tag in page.tags.all()}
        Redirect.add_redirect(f"/ke-{page.slug}", redirect_to=page)
    story = publish(hidden_story(room, stored=True, incident_date=HIDDEN_DAYS[1]))
    room.withdrawn.append(story)
    room.withdrawn_tags |= {tag.slug for tag in story.tags.all()}


def _withdraw(room: Newsroom) -> None:
    """One is unpublished, one restricted, one deleted; a story is withdrawn with a reason."""
    unpublished, restricted, deleted, story = room.withdrawn
    unpublished.unpublish()
    said = secret()
    room.explanations.add(said)
    reason = Reason(code=WithdrawalReason.PRIVACY, explanation=said, note=f"Surat {secret()}")
    withdraw(story, reason, by=room.chief)
    PageViewRestriction.objects.create(page=restricted, restriction_type=PageViewRestriction.LOGIN)
    VideoPage.objects.get(pk=deleted.pk).delete()
