"""What is called in a process of its own: building blocks for scenarios, recovery, inspection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

# What the exporter and the manifest keep at the edge; it remembers the past, a full build does not.
OWN_FILES = (".policetube", "manifest")
# Each promotes one file at least; a platform that is busy after so many goes in circles.
MOST_CYCLES = 100


def settle() -> None:
    """The newsroom's units, and a numbered log of them."""
    from cms.publishing.relay import relay
    from tests.cms import factories

    home = factories.make_home()
    mabes = factories.make_unit(home, "mabes-polri", "mabes")
    bali = factories.make_unit(mabes, "polda-bali")
    factories.make_unit(mabes, "polda-jabar")
    factories.make_unit(bali, "polresta-denpasar", "polres")
    relay()


def furnish() -> None:
    """The house's buckets."""
    from cms.media.interface import setup_storage

    setup_storage()


def clear_out() -> None:
    """Take the buckets away; the store has room for few."""
    from cms.media import storage

    for bucket in storage.Bucket:
        storage.delete_prefix(bucket, "")
        storage.client().delete_bucket(Bucket=storage.bucket_name(bucket))


def staged_asset() -> int:
    """An asset as the pipeline leaves it: ready, private, real bytes behind each file."""
    from cms.media.interface import Bucket
    from cms.media.storage import put_bytes
    from content_models.models import Placement
    from tests.cms.factories import digest, make_asset

    asset = make_asset(placement=Placement.PRIVATE)
    for file in asset.ladder.files.all():
        data = file.key.encode()
        put_bytes(Bucket.STAGING, file.key, data, content_type=file.content_type)
        file.size, file.sha256 = len(data), digest(file.key)
        file.save()
    return asset.pk


def recover() -> dict[str, Any]:
    """What a running platform does by itself after any accident, until nothing is left to do."""
    from cms.editorial.upkeep import recount_children
    from cms.media.interface import reconcile
    from cms.publishing.media import Patience
    from cms.publishing.pipeline import cycle

    reconcile()
    recount_children()
    reports = [cycle(sweep=True, patience=Patience())]
    while reports[-1].did_something and len(reports) < MOST_CYCLES:
        reports.append(cycle(sweep=True, patience=Patience()))
    restless = [f"no rest: {report}" for report in reports[-3:] if reports[-1].did_something]
    return {
        "cycles": len(reports),
        "failures": [text for report in reports for text in report.failures] + restless,
        "sequence": reports[-1].sequence,
    }


def faults() -> list[str]:
    """Everything that is not as it must be in a house at rest; empty when all is well."""
    from tests.kills import withdrawals

    found = [*_log_faults(), *_tree_faults(), *_state_faults(), *_storage_faults()]
    return found + withdrawals.faults()


def site_files() -> dict[str, str]:
    """Path → SHA-256 of the edge's files that the public can get."""
    import hashlib

    target = settings.SITE_TARGETS[0].removeprefix("file:")
    return {
        str(path.relative_to(target)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path(target).rglob("*"))
        if path.is_file()
        and not str(path.relative_to(target)).startswith((".policetube", "manifest"))
    }


def build_anew() -> dict[str, str]:
    """A full build of the same database elsewhere, and its files; see `House.copy_of`."""
    from cms.publishing.models import LogHead
    from cms.publishing.pipeline import cycle

    live = LogHead.objects.values("live_sequence", "live_at").get(pk=1)
    cycle(full=True)
    LogHead.objects.filter(pk=1).update(**live)
    return site_files()


def _log_faults() -> list[str]:
    """The log: gap-free, chained, nothing left unnumbered, nothing told twice."""
    from cms.publishing.models import Change, LogHead, OutboxRow, PublicState
    from cms.publishing.relay import chained

    found, last = [], "0" * 64
    changes = list(Change.objects.order_by("sequence"))
    told: dict[str, Any] = {}
    for expected, change in enumerate(changes, start=1):
        if change.sequence != expected:
            found.append(f"sequence {change.sequence} where {expected} belongs")
            break
        last = chained(last, change.sequence, change)
        if change.hash != last:
            found.append(f"sequence {change.sequence}: the chain is broken")
            break
        if change.operation == "REMOVE" and told.get(change.node_id) is None:
            found.append(f"sequence {change.sequence}: {change.node_id} removed, but never there")
        if change.before != told.get(change.node_id):
            found.append(f"sequence {change.sequence}: {change.node_id} was not as it says")
        told[change.node_id] = change.after
    head = LogHead.objects.get(pk=1)
    if (head.sequence, head.hash) != (len(changes), last):
        found.append(f"the head says {head.sequence}, the log has {len(changes)}")
    if head.live_sequence != head.sequence:
        found.append(f"live is {head.live_sequence} of {head.sequence}: {head.last_error}")
    if OutboxRow.objects.exists():
        found.append("rows wait in the outbox")
    there = {node_id: keys for node_id, keys in told.items() if keys is not None}
    if there != dict(PublicState.objects.values_list("pk", "keys")):
        found.append("the log does not lead to what was last told")
    return found


def _tree_faults() -> list[str]:
    """Every page where its address says, below a parent that counts it."""
    from wagtail.models import Page

    kinds = ("letters", "length", "orphans", "depth", "children")
    return [
        f"the tree's {kind} are wrong: {keys}"
        for kind, keys in zip(kinds, Page.find_problems(), strict=True)
        if keys
    ]


def _state_faults() -> list[str]:
    """What we last told the world is what is."""
    from cms.publishing import visibility
    from cms.publishing.models import PublicState, RetiredKey
    from cms.publishing.sweep import differing

    found = [f"told otherwise: {node_id}" for node_id in sorted(differing())]
    if RetiredKey.objects.exists():
        found.append("retired files wait")

    wanted = {
        f"video:{public_id}"
        for public_id in visibility.public_videos().values_list("public_id", flat=True)
    }
    there = set(PublicState.objects.filter(pk__startswith="video:").values_list("pk", flat=True))
    found += [f"missing or left over: {node_id}" for node_id in sorted(wanted ^ there)]
    return found


def _storage_faults() -> list[str]:
    """The public bucket holds what is public, and nothing else."""
    from cms.media import storage
    from cms.publishing import visibility
    from content_models.models import Ladder, Poster

    found: list[str] = []
    wanted: set[str] = set()
    shown = Ladder.objects.filter(pk__in=visibility.assets_to_show().values("ladder_id"))
    for ladder in shown.select_related("asset"):
        files = ladder.files.exclude(role="candidate")
        wanted |= {file.key for file in files.select_related("ladder")}
        wanted |= {captions.key for captions in ladder.asset.captions.all()}
        found += [f"{ladder.prefix} is {ladder.placement}"] * (ladder.placement != "public")
        pending = ladder.asset.captions.filter(is_public=False)
        found += [f"{captions.key} is not yet public" for captions in pending]
        posters = list(Poster.objects.filter(asset=ladder.asset))
        wanted |= {poster.key for poster in posters}
        found += [f"{poster.key} is not yet public" for poster in posters if not poster.is_public]
    there = set(storage.list_keys(storage.Bucket.MEDIA, ""))
    found += [f"public without need: {key}" for key in sorted(there - wanted)]
    return found + [f"not in the public bucket: {key}" for key in sorted(wanted - there)]
