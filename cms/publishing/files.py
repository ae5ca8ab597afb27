"""Files of what was withdrawn: taken out of the public bucket, and seen to be gone."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from itertools import groupby
from urllib.parse import urlsplit

from cms.media.interface import MediaError, delete_public, demote, media_url, still_public
from cms.publishing import visibility
from cms.publishing.alone import moving
from cms.publishing.media import asset_of
from cms.publishing.purging import telling_media_caches
from content_models.models import FileRole, Ladder, LadderFile, Placement
from static_export import ExportError


def folder_of(key: str) -> str:
    """The prefix under which a file lies; of a ladder's file, the ladder's."""
    return f"{key.rpartition('/')[0]}/"


def beside(told: Iterable[str]) -> set[str]:
    """All files of the ladders that the public was told any file of: playlists lead to them."""
    files = LadderFile.objects.filter(ladder__prefix__in={folder_of(key) for key in told})
    public = files.exclude(role=FileRole.CANDIDATE).select_related("ladder")
    return {file.key for file in public}


def withdraw(keys: Iterable[str], held: set[str]) -> dict[str, str]:
    """Take files out of public; which of them can still be had, and what was seen.

    Files of an asset that another page shows stay, and nobody looks for them; so do those in the
    folders of `held`, which pages show that wait for their new files.
    """
    seen: dict[str, str] = {}
    for asset, group in groupby(sorted(keys), asset_of):
        files = list(group)
        try:
            seen |= _withdraw_asset(asset, files, held)
        except (MediaError, ExportError) as error:
            seen |= dict.fromkeys(files, str(error))
    return seen


def _withdraw_asset(asset: str, files: list[str], held: set[str]) -> dict[str, str]:
    with moving(asset, wait=True):
        ladders = list(Ladder.objects.filter(asset__uuid=asset).select_related("asset"))
        if any(ladder.prefix in held for ladder in ladders):
            return {}
        if ladders and visibility.is_to_show(ladders[0].asset):
            return {}
        for ladder in ladders:
            if ladder.placement != Placement.PRIVATE:
                # Deleted meanwhile: its files are looked for all the same.
                with suppress(Ladder.DoesNotExist):
                    demote(ladder)
        _purge(files)
        seen = still_public(files)
        if seen:
            # Of an asset that was deleted with its page, or written again past its ladder.
            delete_public(list(seen))
            _purge(seen)
            seen = still_public(seen)
    return seen


def _purge(files: Iterable[str]) -> None:
    with telling_media_caches() as caches:
        if caches:
            caches.purge(urlsplit(media_url(key)).path for key in files)
