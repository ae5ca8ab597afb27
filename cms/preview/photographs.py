"""What a draft's story shows: private copies behind links that end when the preview's does."""

from __future__ import annotations

from django.utils.translation import gettext as _

from cms.preview.media import Door
from content_models.models import FileRole, LadderFile, StoryPhotograph
from site_builder.records import Copy, Photograph

JPEG = "image/jpeg"


def photograph(row: StoryPhotograph, door: Door) -> Photograph | None:
    """None while there is no copy of it, or if it is no photograph."""
    asset = row.asset
    if asset is None or asset.ladder is None:
        return None
    files = asset.ladder.files.select_related("ladder").filter(role=FileRole.PHOTO)
    copies = [_copy(file, door) for file in files if file.content_type == JPEG]
    if not copies:
        return None
    return Photograph(
        alternative_text=row.alternative_text,
        caption=row.caption,
        credit=row.credit,
        original_sha256=asset.sha256,
        jpegs=tuple(sorted(copies, key=lambda copy: -copy.width)),
        webps=(),
    )


def note(*, chosen: int, shown: int) -> str:
    """Why photographs are missing; empty if none is."""
    if not chosen:
        return _("No photograph has been chosen yet.")
    if shown < chosen:
        return _(
            "Not all photographs can be shown: some are still being processed or cannot be used."
        )
    return ""


def _copy(file: LadderFile, door: Door) -> Copy:
    return Copy(
        url=door.url(file),
        width=file.width or 0,
        height=file.height or 0,
        size=file.size,
        sha256=file.sha256,
        content_type=file.content_type,
    )
