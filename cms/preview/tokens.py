"""Whether a preview link may be opened: by this user, to this content, in time."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from enum import StrEnum

from django.core.signing import BadSignature, SignatureExpired, b62_decode
from django.db.models import Model
from wagtail.models import Page
from wagtail_headless_preview.models import PagePreview

from content_models.models import Asset
from content_models.models.previewed import PreviewedMixin, content_digest, preview_signer

MAX_AGE_SECONDS = 3600


class Refusal(StrEnum):
    """Why a link is not opened."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    OTHER_USER = "other_user"
    PAGE_GONE = "page_gone"
    NOT_ALLOWED = "not_allowed"


class LinkRefusedError(Exception):
    """Carries the refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A draft behind a good link.

    `page` has the draft's content; `stored` is its row, None for a page that is not saved yet;
    `parent` is where it stands or is to stand. `seconds_left` until the link expires.
    """

    page: Page
    stored: Page | None
    parent: Page
    mode: str
    token: str
    seconds_left: int


def opened(token: str, user: Model) -> Opened:
    """The draft that a token shows to this user now; raises `LinkRefusedError`."""
    try:
        value = preview_signer().unsign(token, max_age=MAX_AGE_SECONDS)
        owner, place, mode, digest = value.split(":")
    except SignatureExpired as error:
        raise LinkRefusedError(Refusal.EXPIRED) from error
    except (BadSignature, ValueError) as error:
        raise LinkRefusedError(Refusal.UNKNOWN) from error
    if owner != str(user.pk):
        raise LinkRefusedError(Refusal.OTHER_USER)
    stored, parent = _place(place, user)
    kept = PagePreview.objects.filter(token=token).first()
    if kept is None or content_digest(kept.content_json) != digest:
        raise LinkRefusedError(Refusal.EXPIRED)
    page = _page(kept)
    if page.pk != (stored.pk if stored else None):
        raise LinkRefusedError(Refusal.UNKNOWN)
    return Opened(
        page=page,
        stored=stored,
        parent=parent,
        mode=mode,
        token=token,
        seconds_left=max(1, _made_at(token) + MAX_AGE_SECONDS - int(time.time())),
    )


def forget_expired() -> int:
    """Delete the kept drafts whose links have run out; returns how many."""
    signer = preview_signer()
    expired = []
    for pk, token in PagePreview.objects.values_list("pk", "token").iterator():
        try:
            signer.unsign(token, max_age=MAX_AGE_SECONDS)
        except BadSignature:
            expired.append(pk)
    PagePreview.objects.filter(pk__in=expired).delete()
    return len(expired)


def _place(place: str, user: Model) -> tuple[Page | None, Page]:
    """The stored page that the user may edit, if there is one yet, and the page above it."""
    if place.startswith("new-"):
        parent = Page.objects.filter(pk=place.removeprefix("new-")).first()
        if parent is None:
            raise LinkRefusedError(Refusal.PAGE_GONE)
        if not parent.permissions_for_user(user).can_add_subpage():
            raise LinkRefusedError(Refusal.NOT_ALLOWED)
        return None, parent.specific
    stored = Page.objects.filter(pk=place).first()
    if stored is None:
        raise LinkRefusedError(Refusal.PAGE_GONE)
    permissions = stored.permissions_for_user(user)
    if not (permissions.can_edit() or permissions.can_publish()):
        raise LinkRefusedError(Refusal.NOT_ALLOWED)
    return stored.specific, stored.get_parent().specific


def _page(kept: PagePreview) -> Page:
    """The page with the kept content; a video file deleted since is left out of it."""
    model = kept.content_type.model_class()
    if model is None or not issubclass(model, PreviewedMixin):
        raise LinkRefusedError(Refusal.UNKNOWN)
    content = json.loads(kept.content_json)
    if content.get("asset") and not Asset.objects.filter(pk=content["asset"]).exists():
        content["asset"] = None
    page: Page = model.from_serializable_data(content)
    page.pk = content["pk"]
    return page


def _made_at(token: str) -> int:
    """When a token was signed, in seconds since 1970."""
    return b62_decode(token.rsplit(":", 2)[1])
