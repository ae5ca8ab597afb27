"""Whether a preview link may be opened: by this user, to this content, in time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.core.signing import BadSignature, SignatureExpired
from wagtail_headless_preview.models import PagePreview

from content_models.models import VideoPage
from content_models.models.previewed import content_digest

MAX_AGE_SECONDS = 3600


class Refusal(StrEnum):
    """Why a link is not opened."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    OTHER_USER = "other_user"


class LinkRefusedError(Exception):
    """Carries the refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A draft behind a good link; `parent_pk` only for a page that is not saved yet."""

    page: VideoPage
    parent_pk: int | None


def opened(token: str, user_pk: int) -> Opened:
    """The draft that a token shows to this user; raises `LinkRefusedError`."""
    try:
        value = VideoPage.get_preview_signer().unsign(token, max_age=MAX_AGE_SECONDS)
        owner, place, digest = value.split(":")
    except SignatureExpired as error:
        raise LinkRefusedError(Refusal.EXPIRED) from error
    except (BadSignature, ValueError) as error:
        raise LinkRefusedError(Refusal.UNKNOWN) from error
    if owner != str(user_pk):
        raise LinkRefusedError(Refusal.OTHER_USER)
    kept = PagePreview.objects.filter(token=token).first()
    if kept is None or content_digest(kept.content_json) != digest:
        raise LinkRefusedError(Refusal.EXPIRED)
    page = kept.as_page()
    is_new = place.startswith("new-")
    if not isinstance(page, VideoPage) or (page.pk is None) != is_new:
        raise LinkRefusedError(Refusal.UNKNOWN)
    return Opened(page=page, parent_pk=int(place.removeprefix("new-")) if is_new else None)
