"""Back to an earlier release of the site, with what has been corrected since left corrected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from django.conf import settings

import static_export
from cms.publishing.alone import alone
from cms.publishing.corrections import LedgerKind
from cms.publishing.models import Change, PublicState
from cms.publishing.purging import telling_caches
from static_export.releases import releases_of
from static_export.targets import open_target


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a target can return to: sequences, oldest first, and the one that is live."""

    target: str
    live: int | None
    sequences: tuple[int, ...]


def kept() -> Iterator[Kept]:
    """Asks every target; raises `static_export.ExportError`."""
    for address in settings.SITE_TARGETS:
        with closing(open_target(address)) as target:
            found = releases_of(target, settings.STATE_DIR / "push")
        sequences = tuple(int(release["sequence"]) for release in found["kept"])
        yield Kept(target=address, live=found["live"], sequences=sequences)


def corrected_since(sequence: int) -> list[str]:
    """Addresses of what is public and was corrected after a change. Two queries."""
    corrected = Change.objects.filter(sequence__gt=sequence, ledger=LedgerKind.CORRECTION)
    told = PublicState.objects.filter(pk__in=corrected.values("node_id"))
    return sorted(path for path in told.values_list("keys__path", flat=True) if path)


def go_back(
    sequence: int, *, undo_corrections: bool = False, dry_run: bool = False
) -> Iterator[static_export.PushReport]:
    """Return every target to the release of a sequence; raises `static_export.ExportError`.

    The next publication brings the site forward again, so whatever was wrong with it must be
    mended first. `undo_corrections`: also texts that were corrected since.
    """
    without = [] if undo_corrections else corrected_since(sequence)
    with alone():
        for address in settings.SITE_TARGETS:
            with telling_caches() as caches:
                yield static_export.rollback(
                    target=address,
                    sequence=sequence,
                    state=settings.STATE_DIR / "push",
                    dist=settings.SITE_BUILD_DIR,
                    without=without,
                    dry_run=dry_run,
                    purger=caches,
                    edge=settings.SITE_EDGE_URL if address == settings.SITE_TARGETS[0] else None,
                )
