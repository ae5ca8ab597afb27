"""Files: they come, become ready, are encoded anew, get captions, and go."""

from __future__ import annotations

from cms import turns
from cms.media.interface import Bucket
from cms.media.storage import put_bytes
from content_models.models import Asset, AssetState, Captions, Ladder, Placement, VideoPage
from tests.cms.factories import digest, make_ladder
from tests.kills.soak.desk import Desk

TEXT = "WEBVTT\n\n00:00.000 --> 00:02.000\nSelamat pagi, laporan {}.\n"
LANGUAGES = ("id", "en", "jv")


def uploaded(desk: Desk) -> Asset:
    return Asset.objects.create(
        title=f"Rekaman {desk.number}",
        original_name=f"VID_{desk.number}.mp4",
        original_key=f"{desk.number}/original",
        size=1000 + desk.number,
        sha256=digest(f"original {desk.number}"),
        duration=12.0,
        width=1280,
        height=720,
        frame_rate=25.0,
        has_audio=True,
    )


def encoded(asset: Asset) -> Ladder:
    """A new ladder with its bytes in private storage, and the asset switched to it."""
    with turns.writing():
        asset = Asset.objects.select_for_update().get(pk=asset.pk)
        last = asset.ladders.order_by("-attempt").values_list("attempt", flat=True).first() or 0
        ladder = make_ladder(asset, placement=Placement.PRIVATE, attempt=last + 1)
        for file in ladder.files.all():
            # The factory takes the hash of the key for the file's.
            data = file.key.encode()
            put_bytes(Bucket.STAGING, file.key, data, content_type=file.content_type)
            file.size = len(data)
            file.save(update_fields=["size"])
        asset.ladder, asset.state, asset.attempt = ladder, AssetState.READY, last + 1
        asset.save(update_fields=["ladder", "state", "attempt"])
    return ladder


def take_in(desk: Desk) -> str:
    """A file that waits for its encoding; pages may already use it."""
    return f"asset {uploaded(desk).pk}"


def take_in_ready(desk: Desk) -> str:
    asset = uploaded(desk)
    encoded(asset)
    return f"asset {asset.pk}"


def become_ready(desk: Desk) -> str:
    asset = desk.one(Asset.objects.filter(state=AssetState.UPLOADED))
    encoded(asset)
    return f"asset {asset.pk}"


def encode_anew(desk: Desk) -> str:
    """Another ladder for a file that pages show."""
    asset = desk.one(Asset.objects.filter(state=AssetState.READY))
    return f"asset {asset.pk}: {encoded(asset).prefix}"


def drop_file(desk: Desk) -> str:
    """An original no page uses goes, with all that was made of it."""
    used = VideoPage.objects.values("asset_id")
    asset = desk.one(Asset.objects.exclude(pk__in=used))
    said = f"asset {asset.pk}"
    asset.delete()
    return said


def replace_file(desk: Desk) -> str:
    """A page shows another file from now on."""
    page = desk.video(live=True).get_latest_revision_as_object()
    page.asset = desk.asset()
    page.title = f"Berkas baru {desk.number}"
    page.save_revision().publish()
    return f"page {page.pk}"


def add_captions(desk: Desk) -> str:
    asset = desk.one(Asset.objects.all())
    language = desk.rng.choice(LANGUAGES)
    text = TEXT.format(desk.number)
    Captions.objects.update_or_create(asset=asset, language=language, defaults={"text": text})
    return f"asset {asset.pk} in {language}"


def change_captions(desk: Desk) -> str:
    captions = desk.one(Captions.objects.all())
    captions.text = TEXT.format(desk.number)
    if desk.happens(0.2) and not captions.asset.captions.filter(language="su").exists():
        captions.language = "su"
    captions.save()
    return f"captions {captions.pk}"


def restore_captions(desk: Desk) -> str:
    """A text that was there before: its public copy may be on its way out."""
    captions = desk.one(Captions.objects.all())
    before = captions.text
    captions.text = TEXT.format(desk.number)
    captions.save()
    captions.text = before
    captions.save()
    return f"captions {captions.pk}"


def delete_captions(desk: Desk) -> str:
    captions = desk.one(Captions.objects.all())
    said = f"captions {captions.pk}"
    captions.delete()
    return said
