"""Whether what is public can still be had, byte for byte; what cannot is copied again from staging.

Each ladder remembers when it was looked at and what was found, so an audit that is stopped goes on
where it was, the longest unseen first. What it finds wrong is written down before it is mended: if
that dies half-way and the video is withdrawn meanwhile, the next audit takes the copy away again.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import httpx
from django.conf import settings
from django.db.models import F, QuerySet
from django.utils import timezone

from cms import turns
from cms.media import keys, storage
from cms.media.errors import ErrorCode, MediaError
from cms.media.promotion import IN_PUBLIC, delete_public
from cms.media.storage import Bucket
from content_models.models import Captions, FileRole, Ladder, LadderFile, Placement, Poster

logger = logging.getLogger(__name__)

# What was looked at this recently is not looked at again in the same night.
RECENTLY = timedelta(hours=20)
# What is younger may be on its way in or out.
SETTLED = timedelta(hours=1)
PUBLIC_TIMEOUT = 20.0
# One connection of many may break.
VIEWS = 2
# Of a byte asked for: an edge that knows no ranges sends the whole film.
MOST_VIEWED = 64 * 1024


class Kind(StrEnum):
    """What may be wrong with an object of the public bucket."""

    MISSING = "missing"
    CORRUPT = "corrupt"
    HEADERS = "headers"
    UNREADABLE = "unreadable"
    UNREACHABLE = "unreachable"
    EXPOSED = "exposed"
    FOREIGN = "foreign"


MENDABLE = (Kind.MISSING, Kind.CORRUPT, Kind.HEADERS, Kind.UNREADABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong, in words for the operator; `asset` is the primary key, if there is one."""

    key: str
    kind: Kind
    detail: str
    asset: int | None = None
    repaired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What was looked at, what was found, and how many public ladders are still to be seen."""

    ladders: int
    files: int
    bytes: int
    remaining: int
    faults: tuple[Fault, ...]

    @property
    def standing(self) -> tuple[Fault, ...]:
        """What nobody but the operator can mend."""
        return tuple(fault for fault in self.faults if not fault.repaired)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"standing": len(self.standing)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What should lie in the public bucket; `text` where the database is its source."""

    key: str
    size: int
    sha256: str
    content_type: str
    text: str | None = None


class Pace:
    """Counts bytes and takes its time over them; a rate of 0 is no limit. Bytes a second."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.bytes = 0
        self._began = time.monotonic()

    def __call__(self, count: int) -> None:
        self.bytes += count
        if self.rate:
            ahead = self.bytes / self.rate - (time.monotonic() - self._began)
            time.sleep(max(0.0, ahead))


def audit(
    *,
    seconds: float | None = None,
    rate: float = 0,
    again: bool = False,
    mend: bool = True,
    settled: timedelta = SETTLED,
    on_ladder: Callable[[int, int], None] = lambda done, left: None,
) -> Audit:
    """Look at public ladders until all were seen or `seconds` are over, then at what is foreign.

    Those seen in the last hours are passed over, unless `again`. `on_ladder` hears how many are
    done and left. Raises `STORAGE` when the store or the public address is down: call again. What
    fails with a single object is a fault of that one, else it would keep all behind it unseen.
    """
    began, pace = time.monotonic(), Pace(rate)
    undo_mending()
    due = _due(again=again)
    faults: list[Fault] = []
    files = done = 0
    total = due.count()
    with httpx.Client(timeout=PUBLIC_TIMEOUT) as viewer:
        for pk in list(due.values_list("pk", flat=True)):
            if seconds is not None and done and time.monotonic() - began >= seconds:
                break
            ladder = Ladder.objects.select_related("asset").filter(pk=pk).first()
            if ladder is None:
                continue
            expected = list(expected_of(ladder))
            faults += _audit_ladder(ladder, expected, viewer, pace, mend=mend)
            files += len(expected)
            done += 1
            on_ladder(done, total - done)
    if done == total:
        faults += _strangers(timezone.now() - settled, mend=mend)
    found = Audit(
        ladders=done,
        files=files,
        bytes=pace.bytes,
        remaining=total - done,
        faults=tuple(faults),
    )
    for fault in faults:
        level = logging.WARNING if fault.repaired else logging.ERROR
        logger.log(level, "audit: %s is %s: %s", fault.key, fault.kind, fault.detail)
    return found


def _due(*, again: bool) -> QuerySet[Ladder]:
    public = Ladder.objects.filter(placement=Placement.PUBLIC)
    if not again:
        public = public.exclude(audited_at__gt=timezone.now() - RECENTLY)
    return public.order_by(F("audited_at").asc(nulls_first=True), "pk")


def expected_of(ladder: Ladder) -> Iterator[Expected]:
    """Every object that viewers need of a public ladder, captions and chosen poster included."""
    for file in ladder.files.exclude(role=FileRole.CANDIDATE).select_related("ladder"):
        yield Expected(
            key=file.key, size=file.size, sha256=file.sha256, content_type=file.content_type
        )
    for captions in Captions.objects.filter(asset=ladder.asset_id, is_public=True):
        yield Expected(
            key=captions.key,
            size=captions.size,
            sha256=captions.sha256,
            content_type="text/vtt; charset=utf-8",
            text=captions.text,
        )
    for poster in Poster.objects.filter(asset=ladder.asset_id, is_public=True):
        yield Expected(
            key=poster.key, size=poster.size, sha256=poster.sha256, content_type="image/jpeg"
        )


def _audit_ladder(
    ladder: Ladder, expected: list[Expected], viewer: httpx.Client, pace: Pace, *, mend: bool
) -> list[Fault]:
    faults: list[Fault] = []
    for one in expected:
        found = _look(one, ladder.asset_id, viewer, pace)
        if found is None:
            continue
        # Withdrawn or corrected meanwhile: then it is gone, and rightly so.
        if one not in expected_of(ladder) or not _is_public(ladder):
            continue
        _note(ladder, [*faults, found])
        if mend and found.kind in MENDABLE:
            found = _mended(ladder, one, found, viewer, pace)
        faults.append(found)
    _note(ladder, [fault for fault in faults if not fault.repaired], audited_at=timezone.now())
    return faults


def _look(one: Expected, asset: int, viewer: httpx.Client, pace: Pace) -> Fault | None:
    """The first thing that is wrong with an object; None if it is as it should be."""

    def fault(kind: Kind, detail: str) -> Fault:
        return Fault(key=one.key, kind=kind, detail=detail, asset=asset)

    try:
        there = storage.head(Bucket.MEDIA, one.key)
        if there is None:
            return fault(Kind.MISSING, "it is not in the public bucket")
        if there["ContentLength"] != one.size:
            return fault(
                Kind.CORRUPT, f"it has {there['ContentLength']} bytes instead of {one.size}"
            )
        storage.verify(Bucket.MEDIA, one.key, size=one.size, sha256=one.sha256, tick=pace)
    except MediaError as error:
        if error.code == ErrorCode.CHECKSUM:
            return fault(Kind.CORRUPT, "its SHA-256 is another than when it was made")
        # Raises if it is not this object but the store.
        storage.insist_on_reading(Bucket.MEDIA)
        return fault(Kind.UNREADABLE, str(error))
    if there.get("ContentType") != one.content_type:
        return fault(
            Kind.HEADERS, f"it is served as {there.get('ContentType')}, not {one.content_type}"
        )
    trouble = _trouble_of_viewers(one.key, viewer)
    return fault(Kind.UNREACHABLE, trouble) if trouble else None


def _trouble_of_viewers(key: str, viewer: httpx.Client) -> str:
    """Why nobody can see an object; empty if they can."""
    trouble = ""
    for _ in range(VIEWS):
        try:
            answer = _as_viewer(key, viewer)
        except httpx.HTTPError as error:
            trouble = f"{keys.media_url(key)} breaks off: {error}"
        else:
            return "" if answer in {200, 206} else f"{keys.media_url(key)} answers {answer}"
    _insist_on_edge(viewer)
    return trouble


def _as_viewer(key: str, viewer: httpx.Client) -> int:
    """The status of an answer that has begun to come."""
    with viewer.stream("GET", keys.media_url(key), headers={"Range": "bytes=0-0"}) as answer:
        seen = 0
        for piece in answer.iter_raw():
            seen += len(piece)
            if seen >= MOST_VIEWED:
                break
        return answer.status_code


def _insist_on_edge(viewer: httpx.Client) -> None:
    """Any answer will do, but there must be one."""
    try:
        _as_viewer(storage.PROBE, viewer)
    except httpx.HTTPError as error:
        raise MediaError(
            ErrorCode.STORAGE,
            f"{settings.MEDIA_BASE_URL} does not answer: {error}. See to MEDIA_BASE_URL and what "
            "stands behind it; the audit goes on where it was when it is called again.",
        ) from error


def _mended(ladder: Ladder, one: Expected, found: Fault, viewer: httpx.Client, pace: Pace) -> Fault:
    """The fault after the object was written again from its source, if that is still whole."""
    try:
        if one.text is not None:
            storage.put_bytes(
                Bucket.MEDIA, one.key, one.text.encode(), content_type=one.content_type
            )
        else:
            storage.verify(Bucket.STAGING, one.key, size=one.size, sha256=one.sha256, tick=pace)
            storage.publish(
                one.key, size=one.size, sha256=one.sha256, content_type=one.content_type, tick=pace
            )
    except MediaError as error:
        return _with(found, f"{found.detail}; it cannot be copied again: {error}", repaired=False)
    sys.audit("policetube.step", "audit.mended")
    # The video, or its captions or poster for others; not what another ladder still shows.
    if _is_unwanted(one.key, ladder):
        delete_public([one.key])
        return _with(found, f"{found.detail}; it was withdrawn meanwhile", repaired=True)
    still = _look(one, ladder.asset_id, viewer, pace)
    return still or _with(found, f"{found.detail}; it was written again", repaired=True)


def _with(fault: Fault, detail: str, *, repaired: bool) -> Fault:
    return Fault(
        key=fault.key, kind=fault.kind, detail=detail, asset=fault.asset, repaired=repaired
    )


def _is_public(ladder: Ladder) -> bool:
    return Ladder.objects.filter(pk=ladder.pk, placement__in=IN_PUBLIC).exists()


def _note(ladder: Ladder, faults: list[Fault], **values: Any) -> None:
    """In the row, past all signals: nothing of this is told to the world."""
    told = [asdict(fault) for fault in faults]
    Ladder.objects.filter(pk=ladder.pk).update(faults=told, **values)


def undo_mending() -> int:
    """Delete what a killed audit may have written of what was withdrawn or corrected since.

    Returns how many objects.
    """
    gone = 0
    for ladder in Ladder.objects.exclude(faults=[]):
        strays = [fault["key"] for fault in ladder.faults]
        private = ladder.placement not in IN_PUBLIC
        if private:
            strays += storage.list_keys(Bucket.MEDIA, ladder.prefix)
        strays = [key for key in strays if _is_unwanted(key, ladder)]
        delete_public(strays)
        if private:
            _note(ladder, [])
        gone += len(strays)
    return gone


def _is_unwanted(key: str, ladder: Ladder) -> bool:
    """Not what a public ladder of the asset still shows, be it another one, such as captions."""
    shown = Ladder.objects.filter(asset=ladder.asset_id, placement__in=IN_PUBLIC)
    return not any(one.key == key for other in shown for one in expected_of(other))


def _strangers(before: datetime, *, mend: bool) -> list[Fault]:
    """Objects of the public bucket that no row explains; of private ladders they are deleted."""
    faults = []
    for listed in storage.list_older(Bucket.MEDIA, before=before):
        known = _known(listed)
        private = _private(listed)
        for key in listed:
            prefix = (keys.attempt_of(key) or ("", 0))[0]
            if prefix in private:
                repaired = mend and _withdrawn(key, private[prefix])
                faults.append(
                    Fault(
                        key=key,
                        kind=Kind.EXPOSED,
                        detail="it is of a video that is not public"
                        + ("; it was deleted" if repaired else ""),
                        asset=private[prefix].asset_id,
                        repaired=repaired,
                    )
                )
            elif key not in known:
                faults.append(
                    Fault(key=key, kind=Kind.FOREIGN, detail="no video of this database has it")
                )
    return faults


def _known(listed: list[str]) -> set[str]:
    """Those of the keys that rows speak of, whatever is being done with them."""
    uuids = {key.partition("/")[0] for key in listed}
    files = LadderFile.objects.filter(ladder__prefix__in=_prefixes(listed)).select_related("ladder")
    found = {file.key for file in files.exclude(role=FileRole.CANDIDATE)}
    for model in (Captions, Poster):
        rows = model.objects.filter(asset__uuid__in=_uuids(uuids)).select_related("asset")
        found |= {row.key for row in rows}
    return found


def _private(listed: list[str]) -> dict[str, Ladder]:
    rows = Ladder.objects.filter(prefix__in=_prefixes(listed), placement=Placement.PRIVATE)
    return {ladder.prefix: ladder for ladder in rows}


def _prefixes(listed: list[str]) -> set[str]:
    return {belongs[0] for key in listed if (belongs := keys.attempt_of(key))}


def _uuids(names: set[str]) -> list[str]:
    """Names that are UUIDs: another's files may be called anything."""
    return [name for name in names if len(name) == 36 and name.count("-") == 4]


def _withdrawn(key: str, ladder: Ladder) -> bool:
    """Delete an object of a private ladder, unless it is becoming public this very moment."""
    with turns.writing():
        rows = Ladder.objects.select_for_update(of=("self",))
        if not rows.filter(pk=ladder.pk, placement=Placement.PRIVATE).exists():
            return False
        delete_public([key])
    sys.audit("policetube.step", "audit.withdrawn")
    return True
