"""Stored rows → public records: plain data in the shape of `schema.graphql`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from wagtail.rich_text import expand_db_html

from cms.media.interface import media_key, media_url
from content_models.models import (
    Asset,
    AssetKind,
    Category,
    FileRole,
    HomePage,
    Ladder,
    LadderFile,
    Poster,
    Publication,
    Rendition,
    UnitPage,
    VideoPage,
)
from content_models.rights import RIGHTS_BY_CODE

Record = dict[str, Any]

# What building a record of a video reads, so that a batch of them costs a fixed number of queries.
PUBLICATION_PREFETCHED = ("categories", "tagged_items__tag")
VIDEO_RELATED = ("asset__ladder", "asset__poster", "signer__ladder")
VIDEO_PREFETCHED = (
    "asset__ladder__files",
    "asset__ladder__renditions__file__ladder",
    "asset__ladder__renditions__playlist__ladder",
    "asset__captions",
    "signer__ladder__files",
    "signer__ladder__renditions__file__ladder",
    "signer__ladder__renditions__playlist__ladder",
    *PUBLICATION_PREFETCHED,
)


# Keys of an item under which `listing_keys` says whose files it shows.
LADDER_KEYS = ("ladder", "signer")
# And of an item that shows many, the one under which it names them all.
LADDERS_KEY = "ladders"
# And under which it says which poster and captions are shown with them.
BESIDE_KEY = "beside"


class IncompleteError(Exception):
    """Rows were changed past the pipeline: the item cannot be shown, and must not stop others."""


def version(record: Record) -> str:
    """Digest of every public field: equal records, equal versions."""
    text = json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def listing_keys(record: Record) -> Record:
    """Where an item is listed: what readers of the log need to know of before and after."""
    names = ("path", "unit", "parent", "categories", "tags", "publishedAt", "from", "to")
    keys = {name: record[name] for name in names if name in record}
    if "media" in record:
        # Which files the page shows: they stay public while any page that is live needs them.
        signed = record["media"].get("signLanguage")
        for name, shown in zip(LADDER_KEYS, (record["media"], signed), strict=True):
            if shown:
                keys[name] = _folder(shown["hlsUrl"])
        beside = [record["media"]["poster"], *record["media"]["captions"]]
        keys[BESIDE_KEY] = [media_key(shown["url"]) for shown in beside]
    if "photographs" in record:
        shown = [photograph["copies"][0]["url"] for photograph in record["photographs"]]
        keys[LADDERS_KEY] = [_folder(url) for url in shown]
    return keys


def shown_keys(keys: Record) -> set[str]:
    """Prefixes of ladders, and keys of files beside them, that an item with these keys shows."""
    ladders = {keys[name] for name in LADDER_KEYS if name in keys}
    return ladders.union(keys.get(LADDERS_KEY) or (), keys.get(BESIDE_KEY) or ())


def told_files(record: Record) -> set[str]:
    """Keys of all files in the public bucket that a record names."""
    base = f"{settings.MEDIA_BASE_URL}/"
    shown = [record.get("media"), record.get("photographs")]
    return {media_key(text) for text in _texts(shown) if text.startswith(base)}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _folder(address: str) -> str:
    """The prefix in object storage under which the file at an address lies."""
    return media_key(address).rpartition("/")[0] + "/"


def site_record(home: HomePage | None) -> Record:
    """What every page says of the site; while its home page is hidden, the site's name alone."""
    return {
        "name": home.title if home else settings.WAGTAIL_SITE_NAME,
        "description": home.description if home else "",
        "aboutHtml": expand_db_html(home.about) if home else "",
        "language": settings.SITE_LANGUAGE,
    }


def unit_record(unit: UnitPage, parent_code: str | None) -> Record:
    return {
        "code": unit.code,
        "name": unit.title,
        "level": unit.level.upper(),
        "regionCode": unit.region_code,
        "summary": unit.summary,
        "path": unit.public_path,
        "parent": parent_code,
    }


def category_record(category: Category) -> Record:
    return {
        "slug": category.slug,
        "name": category.name,
        "description": category.description,
        "path": f"/category/{category.slug}/",
    }


def tag_record(tag: Any) -> Record:
    return {"slug": tag.slug, "name": tag.name, "path": f"/tag/{tag.slug}/"}


def video_record(page: VideoPage, unit_code: str) -> Record:
    """Record of a public video; `page` with `VIDEO_RELATED` and `VIDEO_PREFETCHED`.

    Raises `IncompleteError` if rows that it needs are not as the pipeline leaves them.
    """
    return {**publication_record(page, unit_code), "media": _media(page)}


def publication_record(page: Publication, unit_code: str) -> Record:
    """What the records of all publications have; `page` with `PUBLICATION_PREFETCHED`."""
    rights = RIGHTS_BY_CODE.get(page.rights)
    if rights is None:
        raise IncompleteError(f"{page.public_id} has unknown rights: {page.rights!r}")
    with translation.override(settings.SITE_LANGUAGE):
        rights_label = str(rights.label)
    return {
        "publicId": page.public_id,
        "slug": page.slug,
        "path": page.public_path,
        "title": page.title,
        "synopsis": page.synopsis,
        "bodyHtml": expand_db_html(page.body),
        "incidentDate": page.incident_date.isoformat() if page.incident_date else None,
        "incidentPlace": page.incident_place,
        "publishedAt": moment(page.first_published_at),
        "updatedAt": moment(page.last_published_at or page.first_published_at),
        "credit": page.credit,
        "rights": {"code": rights.code, "label": rights_label, "url": rights.url},
        "language": page.language,
        "unit": unit_code,
        "categories": sorted(category.slug for category in page.categories.all()),
        "tags": sorted({item.tag.slug for item in page.tagged_items.all()}),
    }


def moment(value: datetime | None) -> str | None:
    """A moment in UTC, ISO 8601."""
    return value.astimezone(UTC).isoformat() if value else None


def _media(page: VideoPage) -> Record:
    asset = page.asset
    if asset is None or asset.ladder is None or asset.duration is None:
        raise IncompleteError(f"{page.public_id} has no media, or media of no duration")
    ladder = asset.ladder
    files = files_of(ladder)
    poster = _poster(asset, files)
    renditions = list(ladder.renditions.all())
    return {
        "kind": asset.kind.upper(),
        "duration": asset.duration,
        **_picture(asset.kind, ladder, renditions, poster),
        "hasAudio": asset.has_audio,
        "originalSha256": asset.sha256,
        "hlsUrl": media_url(_one(files, FileRole.MASTER).key),
        "poster": poster,
        "storyboard": _storyboard(ladder.storyboard, files),
        "renditions": [_rendition(rendition) for rendition in renditions],
        "captions": [_captions(item) for item in asset.captions.all() if item.is_public],
        "signLanguage": _sign_language(page.signer) if page.signer else None,
    }


def _sign_language(signer: Asset) -> Record:
    """The second video: as little as a player needs to show it in step with the first."""
    ladder = signer.ladder
    if ladder is None or signer.duration is None:
        raise IncompleteError(f"sign-language file {signer.pk} has no media, or of no duration")
    files = files_of(ladder)
    renditions = list(ladder.renditions.all())
    poster = image_record(_one(files, FileRole.POSTER))
    picture = _picture(signer.kind, ladder, renditions, poster)
    return {
        "duration": signer.duration,
        "width": picture["width"],
        "height": picture["height"],
        "originalSha256": signer.sha256,
        "hlsUrl": media_url(_one(files, FileRole.MASTER).key),
        "poster": poster,
        "renditions": [_rendition(one) for one in renditions if one.kind == Rendition.Kind.VIDEO],
    }


def files_of(ladder: Ladder) -> list[LadderFile]:
    files = list(ladder.files.all())
    for file in files:
        file.ladder = ladder
    return files


def _picture(kind: str, ladder: Ladder, renditions: list[Rendition], poster: Record) -> Record:
    """What a player shows: the best picture, or the poster for as long as sound alone is heard."""
    wanted = {AssetKind.VIDEO: Rendition.Kind.VIDEO, AssetKind.AUDIO: Rendition.Kind.AUDIO}
    top = next((one for one in renditions if one.kind == wanted.get(AssetKind(kind))), None)
    if top is None:
        raise IncompleteError(f"{ladder.prefix} has no rendition to show a file of the kind {kind}")
    if kind == AssetKind.AUDIO:
        return {"width": poster["width"], "height": poster["height"], "frameRate": 0.0}
    return {"width": top.width, "height": top.height, "frameRate": top.frame_rate}


def _poster(asset: Asset, files: list[LadderFile]) -> Record:
    """The editor's choice, which is public like all of a public video; else the automatic one."""
    chosen = getattr(asset, "poster", None)
    return image_record(chosen or _one(files, FileRole.POSTER))


def _one(files: Iterable[LadderFile], role: str) -> LadderFile:
    found = next((file for file in files if file.role == role), None)
    if found is None:
        raise IncompleteError(f"A ladder has no file of the kind {role}")
    return found


def image_record(file: LadderFile | Poster) -> Record:
    return {
        "url": media_url(file.key),
        "width": file.width,
        "height": file.height,
        "size": file.size,
        "sha256": file.sha256,
    }


def _storyboard(geometry: Record, files: list[LadderFile]) -> Record | None:
    sprites = sorted((f for f in files if f.role == FileRole.SPRITE), key=lambda f: f.name)
    index = next((f for f in files if f.role == FileRole.STORYBOARD), None)
    if not sprites or index is None:
        return None
    return {
        "vttUrl": media_url(index.key),
        "sprites": [image_record(sprite) for sprite in sprites],
        "columns": geometry["columns"],
        "rows": geometry["rows"],
        "tileWidth": geometry["tile_width"],
        "tileHeight": geometry["tile_height"],
        "interval": geometry["interval"],
    }


def _rendition(rendition: Rendition) -> Record:
    return {
        "name": rendition.name,
        "kind": rendition.kind.upper(),
        "url": media_url(rendition.file.key),
        "playlistUrl": media_url(rendition.playlist.key),
        "width": rendition.width,
        "height": rendition.height,
        "frameRate": rendition.frame_rate,
        "codecs": rendition.codecs,
        "bandwidth": rendition.bandwidth,
        "averageBandwidth": rendition.average_bandwidth,
        "size": rendition.file.size,
        "sha256": rendition.file.sha256,
        "contentType": rendition.file.content_type,
    }


def _captions(captions: Any) -> Record:
    with translation.override(settings.SITE_LANGUAGE):
        label = captions.get_language_display()
    return {
        "language": captions.language,
        "label": label,
        "kind": captions.kind,
        "url": media_url(captions.key),
        "size": captions.size,
        "sha256": captions.sha256,
    }
