"""The store's doors, as a stranger finds them: every bucket, every key, every port."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from cms.embedded.object_storage import HOST, RunningStore
from cms.media import storage
from cms.media.storage import PUBLIC, Bucket, bucket_name
from cms.publishing import visibility
from content_models.models import Captions, FileRole, Ladder, LadderFile, Poster
from tests.leaks.findings import Answer, Leak
from tests.leaks.marks import TOKEN
from tests.leaks.stranger import Seen, Stranger

# Sub-resources of S3 that list, describe or hand out.
SUBRESOURCES = (
    "", "list-type=2", "list-type=2&prefix=", "versions", "uploads", "acl", "policy", "tagging",
    "policyStatus", "cors", "location", "website", "logging", "notification", "lifecycle",
    "encryption", "object-lock", "publicAccessBlock", "ownershipControls", "inventory", "metrics",
    "replication", "versioning", "accelerate", "requestPayment", "intelligent-tiering", "analytics",
)  # fmt: skip
OF_OBJECTS = (
    "",
    "acl",
    "tagging",
    "attributes",
    "torrent",
    "retention",
    "uploadId=x",
    "versionId=x",
)
BEHIND = (
    "/", "/buckets", "/buckets/", "/buckets/?pretty=y&limit=1000", "/?metadata=true", "/dir/status",
    "/dir/lookup?volumeId=1", "/vol/status", "/cluster/status", "/col/delete?collection=x",
    "/status", "/metrics", "/stats/disk", "/stats/counter", "/stats/memory", "/ui/index.html",
    "/topology", "/debug/pprof/", "/healthz", "/admin", "/api/s3/buckets",
    "/api/files?path=/buckets", "/files/browser", "/object-store/buckets", "/users",
)  # fmt: skip


def _body(answer: httpx.Response | Seen) -> str:
    return f"{answer.headers}\n{answer.text}"


def read_everything(store: RunningStore) -> Iterator[Answer]:
    """All that a stranger gets of buckets, objects and the ports behind them."""
    with Stranger(store.endpoint_url) as stranger:
        for path in ("/", "/?list-type=2", "/?Action=ListUsers&Version=2010-05-08", "/status"):
            yield Answer(place=f"store {path}", body=_body(stranger.get(path)))
        for bucket in Bucket:
            for part in SUBRESOURCES:
                answer = stranger.get(f"/{bucket_name(bucket)}/?{part}")
                yield Answer(place=f"bucket {bucket}?{part}", body=_body(answer))
            for key in storage.list_keys(bucket, ""):
                answer = stranger.get(f"/{bucket_name(bucket)}/{key}")
                text = f"{key}\n{_body(answer)}" if answer.is_success else _body(answer)
                # A refusal names what was asked for.
                echo = frozenset() if answer.is_success else frozenset(_words(key))
                yield Answer(place=f"object {bucket}/{key}", body=text, allowed=echo)
    ports = store.ports
    for name, port in (
        ("filer", ports.filer), ("master", ports.master), ("volume", ports.volume),
        ("admin", ports.admin),
    ):  # fmt: skip
        with httpx.Client(base_url=f"http://{HOST}:{port}", follow_redirects=True) as visitor:
            for path in BEHIND:
                try:
                    behind = visitor.get(path)
                except httpx.TransportError:
                    continue
                yield Answer(place=f"{name} {path}", body=_body(behind))


def _words(key: str) -> set[str]:
    return set(TOKEN.findall(key.lower()))


def knock(store: RunningStore) -> Iterator[Leak]:
    """Every private object asked for in every way, every key that could have become public."""
    with Stranger(store.endpoint_url) as stranger:
        for bucket in Bucket:
            for part in SUBRESOURCES:
                if stranger.get(f"/{bucket_name(bucket)}/?{part}").is_success:
                    yield Leak(place=f"storage {bucket}", what=f"answers ?{part}")
        for bucket in set(Bucket) - set(PUBLIC):
            for key in storage.list_keys(bucket, ""):
                yield from _open(stranger, bucket, key)
        for key in _never_public():
            yield from _open(stranger, Bucket.MEDIA, key)
        for key in storage.list_keys(Bucket.SITE, ""):
            if "/.policetube/" in f"/{key}":
                yield from _open(stranger, Bucket.SITE, key)
    with Stranger(f"http://{HOST}:{store.ports.filer}") as stranger:
        for bucket in Bucket:
            for key in ("", *storage.list_keys(bucket, "")[:3]):
                for part in ("", "?metadata=true", "?tagging"):
                    path = f"/buckets/{bucket_name(bucket)}/{key}{part}"
                    if stranger.get(path).is_success:
                        yield Leak(place=f"filer {path}", what="is answered")


def _open(stranger: Stranger, bucket: Bucket, key: str) -> Iterator[Leak]:
    address = f"/{bucket_name(bucket)}/{key}"
    for part in OF_OBJECTS:
        if stranger.get(f"{address}?{part}").is_success:
            yield Leak(place=f"storage {bucket}", what=f"{key}?{part} is answered")
    if stranger.head(address).is_success:
        yield Leak(place=f"storage {bucket}", what=f"{key} answers HEAD")
    if stranger.get(address, headers={"Range": "bytes=0-0"}).is_success:
        yield Leak(place=f"storage {bucket}", what=f"{key} answers a range")


def _never_public() -> Iterator[str]:
    """Keys that a file would have in the public bucket, if anybody was to see it."""
    shown = visibility.assets_to_show().values("ladder_id")
    for file in LadderFile.objects.exclude(ladder__in=shown).select_related("ladder"):
        yield file.key
    for file in LadderFile.objects.filter(role=FileRole.CANDIDATE).select_related("ladder"):
        yield file.key
    public = Ladder.objects.filter(pk__in=shown).values("asset_id")
    for poster in Poster.objects.exclude(asset__in=public).select_related("asset"):
        yield poster.key
    for captions in Captions.objects.exclude(asset__in=public).select_related("asset"):
        yield captions.key
