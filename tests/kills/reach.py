"""What anybody can reach of a house at this moment, also of one that was hit a moment ago."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from django.conf import settings

VIDEOS = """query ($after: String) { videos(first: 100, after: $after) {
  nodes { publicId media { hlsUrl poster { url sha256 } storyboard { vttUrl sprites { url sha256 } }
    renditions { url playlistUrl sha256 } captions { url sha256 }
    signLanguage { hlsUrl poster { url sha256 } renditions { url playlistUrl sha256 } } } }
  pageInfo { hasNextPage endCursor } } }"""


def exposed(closely: list[str]) -> list[str]:
    """What is reachable and must not be, or is promised and cannot be had; empty when all is well.

    Holds at every moment. The bytes of the videos in `closely` (public IDs) are read and hashed.
    """
    from cms.media import storage

    there = set(storage.list_keys(storage.Bucket.MEDIA, ""))
    return [*_strange_files(there), *_broken_promises(there, set(closely)), *_open_doors()]


def _strange_files(there: set[str]) -> list[str]:
    """Public files of which no row says that they are, come or go."""
    from cms.publishing.models import RetiredKey
    from content_models.models import Asset, Ladder, Placement, Poster

    allowed = set(RetiredKey.objects.values_list("key", flat=True))
    ladders = Ladder.objects.exclude(placement=Placement.PRIVATE).select_related("asset")
    for ladder in ladders:
        files = ladder.files.exclude(role="candidate")
        allowed |= {file.key for file in files.select_related("ladder")}
        allowed |= {captions.key for captions in ladder.asset.captions.all()}
        allowed |= {poster.key for poster in Poster.objects.filter(asset=ladder.asset)}
    found = [f"public, and no row says so: {key}" for key in sorted(there - allowed)]
    moved = {str(ladder.asset.uuid) for ladder in ladders}
    for uuid, name in Asset.objects.values_list("uuid", "original_name"):
        found += [f"{key} names the file {name}" for key in there if name in key]
        if str(uuid) not in moved:
            found += [f"of a private asset: {key}" for key in there if key.startswith(str(uuid))]
    return found


def _broken_promises(there: set[str], closely: set[str]) -> list[str]:
    """Files that the API names and the public bucket does not hold, byte for byte."""
    from cms.media import storage

    found = []
    for video in _videos():
        for url, sha256 in _files(video["media"]):
            key = url.removeprefix(f"{settings.MEDIA_BASE_URL}/")
            if key not in there:
                found.append(f"{video['publicId']} is public without {key}")
            elif sha256 and video["publicId"] in closely:
                data = b"".join(storage.read(storage.Bucket.MEDIA, key))
                if hashlib.sha256(data).hexdigest() != sha256:
                    found.append(f"{video['publicId']}: other bytes in {key}")
    return found


def _videos() -> Iterator[dict[str, Any]]:
    from cms.api.interface import execute

    after, more = None, True
    while more:
        answer = execute(VIDEOS, {"after": after})
        assert "errors" not in answer, answer["errors"]
        page = answer["data"]["videos"]
        yield from page["nodes"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]


def _files(media: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if signed := media["signLanguage"]:
        yield from _files({"captions": [], "storyboard": None, "signLanguage": None, **signed})
    yield media["hlsUrl"], ""
    for file in (media["poster"], *media["renditions"], *media["captions"]):
        yield file["url"], file["sha256"]
    for rendition in media["renditions"]:
        yield rendition["playlistUrl"], ""
    if storyboard := media["storyboard"]:
        yield storyboard["vttUrl"], ""
        for sprite in storyboard["sprites"]:
            yield sprite["url"], sprite["sha256"]


def _open_doors() -> list[str]:
    """Private files that a stranger gets by their address, of one asset that nothing shows."""
    import httpx

    from cms.media import storage
    from content_models.models import Ladder, Placement

    ladder = Ladder.objects.filter(placement=Placement.PRIVATE).order_by("pk").first()
    if ladder is None:
        return []
    file = ladder.files.select_related("ladder").first()
    assert file is not None
    found = []
    for bucket in (storage.Bucket.MEDIA, storage.Bucket.STAGING):
        url = f"{settings.S3_ENDPOINT_URL}/{storage.bucket_name(bucket)}/{file.key}"
        if (status := httpx.get(url, timeout=60).status_code) not in {403, 404}:
            found.append(f"a stranger got {status} for {url}")
    return found
