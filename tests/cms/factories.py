"""A small newsroom in the database: units, finished media, published pages."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from wagtail.models import Page, Site

from cms.publishing import outbox
from content_models.models import (
    Asset,
    AssetKind,
    AssetState,
    Captions,
    FileRole,
    HomePage,
    Ladder,
    LadderFile,
    Placement,
    Rendition,
    StoryPage,
    StoryPhotograph,
    UnitPage,
    VideoPage,
)

_numbers = itertools.count(1)
Made = TypeVar("Made")
Terms = ParamSpec("Terms")


def told_at_once(make: Callable[Terms, Made]) -> Callable[Terms, Made]:
    """In one outer transaction, as an editor's request: one comparison, not one for each row."""

    @wraps(make)
    def made(*args: Terms.args, **kwargs: Terms.kwargs) -> Made:
        with outbox.transaction():
            return make(*args, **kwargs)

    return made


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@told_at_once
def make_home() -> HomePage:
    root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root")
    home = root.add_child(
        instance=HomePage(title="Policetube", slug="policetube", description="Rekaman kepolisian.")
    )
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={"hostname": "127.0.0.1", "port": 8080, "root_page": home},
    )
    return home


@told_at_once
def make_unit(parent: Page, code: str, level: str = "polda", **fields: Any) -> UnitPage:
    fields = {"title": code.replace("-", " ").title(), **fields}
    return parent.add_child(instance=UnitPage(code=code, slug=code, level=level, **fields))


@told_at_once
def make_asset(placement: str = Placement.PUBLIC, **fields: Any) -> Asset:
    """An asset that went through the pipeline, row by row; its files are not in any storage."""
    number = next(_numbers)
    sha256 = digest(f"original {number}")
    asset = Asset.objects.create(
        **{
            "title": f"Rekaman {number}",
            "original_name": f"VID_{number}.mp4",
            "original_key": f"{number}/original",
            "size": 1000 + number,
            "sha256": sha256,
            "state": AssetState.READY,
            "duration": 12.0,
            "width": 1280,
            "height": 720,
            "frame_rate": 25.0,
            "has_audio": True,
            **fields,
        }
    )
    asset.ladder = make_ladder(asset, placement=placement)
    asset.save()
    return asset


def make_sound(placement: str = Placement.PUBLIC, **fields: Any) -> Asset:
    """The same of sound alone."""
    seen = {"kind": AssetKind.AUDIO, "width": None, "height": None, "frame_rate": None}
    return make_asset(placement, **{**seen, **fields})


def make_photo(placement: str = Placement.PUBLIC, **fields: Any) -> Asset:
    """The same of a photograph, with copies of two sizes and one type more."""
    seen = {"kind": AssetKind.PHOTO, "duration": None, "frame_rate": None, "has_audio": False}
    return make_asset(placement, **{**seen, "width": 2400, "height": 1600, **fields})


def make_ladder(asset: Asset, *, placement: str, attempt: int = 1) -> Ladder:
    ladder = Ladder.objects.create(
        asset=asset,
        prefix=f"{asset.uuid}/{asset.sha256[:16]}-h264-1-{attempt}/",
        profile="h264-1",
        source_sha256=asset.sha256,
        attempt=attempt,
        placement=placement,
        storyboard={
            "columns": 5,
            "rows": 2,
            "tile_width": 160,
            "tile_height": 90,
            "interval": 1.2,
        }
        if asset.kind == AssetKind.VIDEO
        else {},
    )

    def file(name: str, role: str, content_type: str, **size: int) -> LadderFile:
        return LadderFile.objects.create(
            ladder=ladder,
            name=name,
            role=role,
            content_type=content_type,
            size=4096,
            sha256=digest(ladder.prefix + name),
            **size,
        )

    file("master.m3u8", FileRole.MASTER, "application/vnd.apple.mpegurl")
    file("poster.jpg", FileRole.POSTER, "image/jpeg", width=1280, height=720)
    if asset.kind == AssetKind.PHOTO:
        for width in (1200, 640):
            size = {"width": width, "height": width * 2 // 3}
            file(f"photo-{width}.jpg", FileRole.PHOTO, "image/jpeg", **size)
            file(f"photo-{width}.webp", FileRole.PHOTO, "image/webp", **size)
        return ladder
    seen = asset.kind == AssetKind.VIDEO
    if seen:
        file("storyboard.jpg", FileRole.SPRITE, "image/jpeg", width=800, height=180)
        file("storyboard.vtt", FileRole.STORYBOARD, "text/vtt")
    for name, height in (("720p", 720), ("360p", 360), ("audio", None))[0 if seen else 2 :]:
        video = height is not None
        suffix = "mp4" if video else "m4a"
        Rendition.objects.create(
            ladder=ladder,
            name=name,
            kind=Rendition.Kind.VIDEO if video else Rendition.Kind.AUDIO,
            file=file(
                f"{name}.{suffix}", FileRole.RENDITION, "video/mp4" if video else "audio/mp4"
            ),
            playlist=file(f"{name}.m3u8", FileRole.PLAYLIST, "application/vnd.apple.mpegurl"),
            width=height * 16 // 9 if height else None,
            height=height,
            frame_rate=25.0 if video else None,
            codecs="avc1.64001f,mp4a.40.2" if video else "mp4a.40.2",
            bandwidth=1_000_000,
            average_bandwidth=800_000,
        )
    return ladder


@told_at_once
def make_captions(asset: Asset, *, is_public: bool = True, language: str = "id") -> Captions:
    captions = Captions.objects.create(
        asset=asset,
        language=language,
        text="WEBVTT\n\n00:00.000 --> 00:02.000\nSelamat pagi.\n",
    )
    if is_public:
        captions.is_public = True
        captions.save()
    return captions


@told_at_once
def make_draft(unit: UnitPage, asset: Asset | None = None, **fields: Any) -> VideoPage:
    number = next(_numbers)
    return unit.add_child(
        instance=VideoPage(
            **{
                "title": f"Patroli malam {number}",
                "slug": f"patroli-malam-{number}",
                "asset": asset or make_asset(),
                "synopsis": "Patroli di pusat kota.",
                "body": "<p>Petugas berpatroli.</p>",
                "incident_date": date(2026, 3, 1),
                "incident_place": "Jakarta",
                "live": False,
                **fields,
            }
        )
    )


@told_at_once
def make_story_draft(unit: UnitPage, *photos: Asset, **fields: Any) -> StoryPage:
    number = next(_numbers)
    page = StoryPage(
        **{
            "title": f"Bakti sosial {number}",
            "slug": f"bakti-sosial-{number}",
            "synopsis": "Petugas menyerahkan bantuan.",
            "body": "<p>Bantuan diserahkan kepada warga.</p>",
            "incident_date": date(2026, 3, 2),
            "incident_place": "Denpasar",
            "credit": "Humas Polda",
            "live": False,
            **fields,
        }
    )
    for place, photo in enumerate(photos or (make_photo(),)):
        page.photographs.add(
            StoryPhotograph(
                asset=photo,
                alternative_text=f"Petugas dan warga {number}-{place}",
                caption=f"Penyerahan ke-{place + 1}.",
                sort_order=place,
            )
        )
    return unit.add_child(instance=page)


@told_at_once
def make_story(unit: UnitPage, *photos: Asset, **fields: Any) -> StoryPage:
    return publish(make_story_draft(unit, *photos, **fields))


def publish(page: Page) -> Page:
    """Save what is on the instance as a revision and publish it, as the admin does."""
    with outbox.transaction():
        page.save_revision().publish()
    page.refresh_from_db()
    return page


@told_at_once
def make_video(unit: UnitPage, asset: Asset | None = None, **fields: Any) -> VideoPage:
    return publish(make_draft(unit, asset, **fields))
