"""Finished parts of long originals, kept in staging until the ladder is recorded.

Objects first, then the row: a row speaks only of what was stored and read back. On the way out
the objects go first, so that a row remains for as long as there is something to delete.
"""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from django.db import IntegrityError, transaction

from cms.media import keys, storage
from cms.media.storage import Bucket
from content_models.models import Asset, AssetState, Chunk

logger = logging.getLogger(__name__)

# In these states nothing takes the work up again by itself, and "try again" may begin anew.
SETTLED = (AssetState.READY, AssetState.REFUSED, AssetState.CANCELLED)
CONTENT_TYPE = "video/mp4"


class Shelf:
    """The parts of one original; an `encode.Keeper`. `tick` hears of every piece of data moved."""

    def __init__(self, asset: Asset, attempt: int, tick: Callable[[int], None]) -> None:
        self.asset, self.attempt, self.tick = asset, attempt, tick
        self.profile = ""

    def open(self, profile: str) -> None:
        self.profile = profile

    def fetch(self, number: int, folder: Path) -> bool:
        """Bring a part's files; one that is lost or spoilt is forgotten. Raises `STORAGE`."""
        row = Chunk.objects.filter(number=number, **self._which()).first()
        if row is None:
            return False
        for file in row.files:
            path = folder / file["name"]
            key = row.prefix + file["name"]
            there = storage.head(Bucket.STAGING, key)
            if (
                there is None
                or there["ContentLength"] != file["size"]
                or storage.download(Bucket.STAGING, key, path, tick=self.tick) != file["sha256"]
            ):
                logger.warning("%s is lost or spoilt; its part is made again", key)
                _forget([row])
                for spoilt in folder.iterdir():
                    spoilt.unlink()
                return False
        logger.info("asset %s: part %d was made before", self.asset.pk, number)
        return True

    def keep(self, number: int, files: list[Path]) -> None:
        """Store a part and read it back; raises `STORAGE` or `CHECKSUM`."""
        prefix = keys.chunk_prefix(
            self.asset.uuid, self.asset.sha256, self.profile, number, self.attempt
        )
        told = []
        for path in files:
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            storage.put_file(
                Bucket.STAGING,
                prefix + path.name,
                path,
                sha256=sha256,
                content_type=CONTENT_TYPE,
                tick=self.tick,
            )
            sys.audit("policetube.step", "chunk.stored")
            told.append({"name": path.name, "size": path.stat().st_size, "sha256": sha256})
        try:
            with transaction.atomic():
                Chunk.objects.create(number=number, prefix=prefix, files=told, **self._which())
        except IntegrityError:
            # A worker that lost its lease was faster: its part is as good.
            storage.delete_prefix(Bucket.STAGING, prefix)
        sys.audit("policetube.step", "chunk.recorded")

    def _which(self) -> dict[str, object]:
        return {
            "asset": self.asset,
            "profile": self.profile,
            "source_sha256": self.asset.sha256,
        }


def forget(asset: Asset) -> int:
    """Delete every kept part of an asset; returns how many. Raises `STORAGE`: call again."""
    return _forget(Chunk.objects.filter(asset=asset))


def forget_settled() -> int:
    """The same for all assets that need theirs no more: what a killed worker did not come to."""
    return _forget(Chunk.objects.filter(asset__state__in=SETTLED))


def unknown(listed: list[str]) -> list[str]:
    """Keys of parts that no row speaks of: their worker died before it was written."""
    prefixes = {key: prefix for key in listed if (prefix := keys.chunk_of(key))}
    known = set(
        Chunk.objects.filter(prefix__in=set(prefixes.values())).values_list("prefix", flat=True)
    )
    return [key for key, prefix in prefixes.items() if prefix not in known]


def _forget(rows: Iterable[Chunk]) -> int:
    gone = list(rows)
    for row in gone:
        storage.delete(Bucket.STAGING, [row.prefix + file["name"] for file in row.files])
        sys.audit("policetube.step", "chunk.deleted")
        row.delete()
    if gone:
        sys.audit("policetube.step", "chunk.forgotten")
    return len(gone)
