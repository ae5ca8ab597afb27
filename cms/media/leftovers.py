"""What killed processes left in storage and no row speaks of: looked for once a day.

Everything else finds its work by rows; what died before its row was written can only be found by
listing. Nothing younger than a day is touched, so nothing under way is. Originals stay a month: of
what was uploaded after a backup they are all that is left once it is restored. And where most of a
bucket has no row, the database is not the bucket's, and nothing is deleted.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from cms import turns
from cms.media import chunks, keys, storage
from cms.media.storage import Bucket
from cms.media.uploads import UNDER_WAY, abandon_expired
from content_models.models import Asset, AssetState, Ladder, Poster, Upload, UploadState

logger = logging.getLogger(__name__)

AGE = timedelta(days=1)
AGE_OF_ORIGINALS = timedelta(days=30)
# Killed processes leave no more than this behind before the rows outnumber it again.
FEW = {Bucket.ORIGINALS: 10, Bucket.STAGING: 100, Bucket.MEDIA: 100}
_ORIGINAL = re.compile(r"^[0-9a-f-]{36}/original\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """How many objects of no row were deleted, how many broken transfers were ended, and how many
    uploads were given up because nobody came back to them.
    """

    originals: int
    staging: int
    media: int
    transfers: int
    uploads: int = 0


def collect_leftovers(
    age: timedelta = AGE, *, age_of_originals: timedelta = AGE_OF_ORIGINALS
) -> Collected:
    """Delete what is older and belongs to nothing; raises `STORAGE`: call again."""
    now = timezone.now()
    before = now - age
    chunks.forget_settled()
    found = Collected(
        originals=_sift(Bucket.ORIGINALS, now - age_of_originals, _unrecorded_originals),
        staging=_sift(Bucket.STAGING, before, _dead_attempts),
        media=_sift(Bucket.MEDIA, before, _unknown_ladders),
        # First: the transfers of what is given up here are unknown from then on.
        uploads=abandon_expired(),
        transfers=sum(
            storage.abort_transfers(bucket, before=before, spare=_transfers_under_way())
            for bucket in Bucket
        ),
    )
    logger.info("leftovers: %s", found)
    return found


def _sift(bucket: Bucket, before: datetime, stray: Callable[[list[str]], list[str]]) -> int:
    strays: list[str] = []
    known = 0
    for listed in storage.list_older(bucket, before=before):
        found = stray(listed)
        strays += found
        known += len(listed) - len(found)
    if len(strays) > max(FEW[bucket], known):
        logger.error(
            "leftovers: %s of %s objects in %s belong to no row, so none is deleted. See that "
            "DATABASE_URL and S3_BUCKET_PREFIX belong together; after a restoration, upload again "
            "what the database has forgotten and delete the rest by hand.",
            len(strays),
            len(strays) + known,
            storage.bucket_name(bucket),
        )
        return 0
    storage.delete(bucket, [key for key in strays if not keys.is_poster(key)])
    _delete_posters(bucket, [key for key in strays if keys.is_poster(key)])
    return len(strays)


def _delete_posters(bucket: Bucket, strays: list[str]) -> None:
    """Their keys are digests: an editor may have returned to one since it was listed."""
    for key in strays:
        with turns.writing():
            if _unchosen_posters([key]):
                storage.delete(bucket, [key])


def _unrecorded_originals(listed: list[str]) -> list[str]:
    """Originals whose upload died before it was recorded; nobody was told that they arrived."""
    ours = [key for key in listed if _ORIGINAL.match(key)]
    # Before the assets: an upload that ends meanwhile is found among those.
    known = set(
        Upload.objects.filter(key__in=ours, state=UploadState.FINISHING).values_list(
            "key", flat=True
        )
    )
    known |= set(Asset.objects.filter(original_key__in=ours).values_list("original_key", flat=True))
    return [key for key in ours if key not in known]


def _transfers_under_way() -> set[str]:
    """The line of whoever sends may be down for days: their transfers are not broken."""
    return set(Upload.objects.filter(state__in=UNDER_WAY).values_list("store_id", flat=True))


def _dead_attempts(listed: list[str]) -> list[str]:
    """Files of attempts that made no ladder and are not under way."""
    uuids = {prefix.partition("/")[0] for _key, (prefix, _attempt) in _attempts(listed)}
    # Before the ladders: an attempt that ends meanwhile is found among those.
    under_way = {
        (str(uuid), attempt)
        for uuid, attempt in Asset.objects.filter(
            uuid__in=uuids, state=AssetState.PROCESSING
        ).values_list("uuid", "attempt")
    }
    wanted = set(_recorded(listed))
    dead = [
        key
        for key, (prefix, attempt) in _attempts(listed)
        if prefix not in wanted and (prefix.partition("/")[0], attempt) not in under_way
    ]
    return dead + chunks.unknown(listed) + _unchosen_posters(listed)


def _unknown_ladders(listed: list[str]) -> list[str]:
    """Public files of ladders that have no row any more, such as of an asset deleted by hand."""
    wanted = set(_recorded(listed))
    strays = [key for key, (prefix, _attempt) in _attempts(listed) if prefix not in wanted]
    return strays + _unchosen_posters(listed)


def _unchosen_posters(listed: list[str]) -> list[str]:
    """Posters that were replaced, or whose choice died before it was recorded."""
    ours = [key for key in listed if keys.is_poster(key)]
    uuids = {key.partition("/")[0] for key in ours}
    chosen = Poster.objects.filter(asset__uuid__in=uuids).select_related("asset")
    wanted = {poster.key for poster in chosen}
    return [key for key in ours if key not in wanted]


def _recorded(listed: list[str]) -> Iterator[str]:
    prefixes = {prefix for _key, (prefix, _attempt) in _attempts(listed)}
    yield from Ladder.objects.filter(prefix__in=prefixes).values_list("prefix", flat=True)


def _attempts(listed: list[str]) -> Iterator[tuple[str, tuple[str, int]]]:
    for key in listed:
        if belongs := keys.attempt_of(key):
            yield key, belongs
