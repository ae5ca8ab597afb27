"""The content store made equal to the API: whole the first time, then only what changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from site_builder import decode, keys, public_ledger
from site_builder.apply import apply
from site_builder.client import Client, Node
from site_builder.errors import BuilderError, ErrorCode
from site_builder.pull import Pull, Report
from site_builder.records import Publication
from site_builder.store import Store

SETTLING_ROUNDS = 3

Found = dict[str, Node | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What a sync found: how many nodes changed, and up to which sequence of which database."""

    epoch: str
    sequence: int
    changed: int
    whole: bool


def sync(
    store: Store, client: Client, *, full: bool = False, report: Report | None = None
) -> Synced:
    """Bring the store up to the API's newest change; nothing is committed unless all of it is."""
    tell = report or (lambda _stage, _count: None)
    if full:
        with store.transaction():
            Pull(store).forget()
    if full or store.epoch is None or Pull(store).place():
        return _sync_whole(store, client, tell)
    return _sync_changes(store, client, tell)


def _sync_whole(store: Store, client: Client, tell: Report) -> Synced:
    log = client.changes(after=0, first=1)
    epoch, pull = str(log["epoch"]), Pull(store)
    resumed = pull.place() is not None
    if resumed and store.epoch is not None:
        # That a sync which was cut off is gone on with is no leave to take another database.
        check_log(log, store)
    head = pull.run(client, epoch=epoch, head=int(log["head"]), report=tell)
    count = 0
    try:
        with store.transaction():
            store.wipe_content()
            store.mark([keys.EVERYTHING])
            for nodes in pull.nodes():
                count += apply(store, nodes, quiet=True)
                tell("stored", count)
            _mend_strays(store, client)
            public_ledger.add(store, pull.lines(), upto=head)
            store.set_meta(keys.LEDGER, "whole")
            pull.forget()
            store.set_meta("epoch", epoch)
            store.set_meta("cursor", str(head))
    except BuilderError as error:
        if error.code is ErrorCode.HALF_ANSWER:
            # What was read cannot be used: the next sync reads it anew, mended.
            with store.transaction():
                pull.forget()
        raise
    if resumed and head < int(log["head"]):
        return replace(_sync_changes(store, client, tell), whole=True)
    return Synced(epoch=epoch, sequence=head, changed=count, whole=True)


def _sync_ledger(store: Store, client: Client, *, upto: int) -> None:
    """Every line of the public ledger; later ones come with the changes that they tell of."""
    with store.transaction():
        for nodes, _ in client.pages("ledger"):
            public_ledger.add(store, nodes, upto=upto)
        store.set_meta(keys.LEDGER, "whole")


def _mend_strays(store: Store, client: Client) -> None:
    """Ask again for publications whose unit came or went while the pages were read."""
    rows = store.db.execute(
        "SELECT id, unit FROM video WHERE unit NOT IN (SELECT code FROM unit)"
    ).fetchall()
    if rows:
        wanted = sorted({node_id for video, unit in rows for node_id in (video, f"unit:{unit}")})
        apply(store, _settled(store, client, client.nodes(wanted)))


def _sync_changes(store: Store, client: Client, tell: Report) -> Synced:
    cursor = store.cursor
    changed: dict[str, None] = {}
    lines: list[Node] = []
    after, more = cursor, True
    while more:
        log = client.changes(after=after)
        check_log(log, store)
        for change in log["nodes"]:
            if change["sequence"] != after + 1:
                raise _gap(after, f"jumps to {change['sequence']}")
            after = change["sequence"]
            changed[change["nodeId"]] = None
            if line := change.get("ledgerEntry"):
                lines.append(line)
        more = log["hasNextPage"]
        if more and not log["nodes"]:
            raise _gap(after, "promises more and gives nothing")
        if not more and after < log["head"]:
            raise _gap(after, f"stops short of its head {log['head']}")
        tell("changes", len(changed))
    count = 0
    if store.meta(keys.LEDGER) is None:
        # A store of a release that knew no public ledger.
        _sync_ledger(store, client, upto=cursor)
    if after != cursor:
        pulled = _settled(store, client, client.nodes(sorted(changed)))
        with store.transaction():
            count = apply(store, pulled)
            public_ledger.add(store, lines, upto=after)
            store.set_meta("cursor", str(after))
    return Synced(epoch=str(store.epoch), sequence=after, changed=count, whole=False)


def _gap(after: int, what: str) -> BuilderError:
    return BuilderError(
        ErrorCode.HALF_ANSWER,
        f"After sequence {after} the API's log {what}. "
        "Nothing was stored; run the build again, or once with --full.",
    )


def check_log(log: Node, store: Store) -> None:
    """Raise `BuilderError` if a log is that of another database, or of the same one set back."""
    epoch, cursor = store.epoch, store.cursor
    if log["epoch"] != epoch:
        raise BuilderError(
            ErrorCode.EPOCH_CHANGED,
            f"The API speaks for another database (epoch {log['epoch']}) than this state "
            f"(epoch {epoch}). If that is meant, build once with --full.",
        )
    if log["head"] < cursor:
        raise BuilderError(
            ErrorCode.CURSOR_AHEAD,
            f"The API's log ends at {log['head']}, but this state already contains {cursor}: the "
            "database was set back. If that is meant, build once with --full.",
        )


def _settled(store: Store, client: Client, pulled: Found) -> Found:
    """Close what was pulled over its references, which may have changed while it was pulled."""
    for _ in range(SETTLING_ROUNDS):
        if not (missing := _unknown(store, pulled)) | (strays := _strays(store, pulled)):
            return pulled
        pulled = pulled | client.nodes(sorted(missing | strays))
    if strays := _strays(store, pulled):
        raise BuilderError(
            ErrorCode.HALF_ANSWER,
            f"These are public, but not the unit of each: {', '.join(sorted(strays)[:6])}. "
            "Nothing was stored; publish the unit or unpublish what is below it.",
        )
    return pulled


def _is_public(store: Store, pulled: Found, node_id: str) -> bool:
    return pulled[node_id] is not None if node_id in pulled else store.has(node_id)


def _strays(store: Store, pulled: Found) -> set[str]:
    """Publications without their unit, and that unit."""
    found: set[str] = set()
    for node_id, node in pulled.items():
        if node is None and node_id.startswith("unit:"):
            code = node_id.partition(":")[2]
            left = [item for item in store.videos_of_unit(code) if item not in pulled]
            found.update([node_id, *left] if left else [])
        elif (one := _publication(node)) and not _is_public(store, pulled, f"unit:{one.unit_code}"):
            found.update((node_id, f"unit:{one.unit_code}"))
    return found


def _unknown(store: Store, pulled: Found) -> set[str]:
    """Categories and tags that pulled publications name and nobody has asked for yet."""
    named = (
        f"{kind}:{slug}"
        for node in pulled.values()
        if (one := _publication(node))
        for kind, slugs in (("category", one.category_slugs), ("tag", one.tag_slugs))
        for slug in slugs
    )
    return {node_id for node_id in named if node_id not in pulled and not store.has(node_id)}


def _publication(node: dict[str, Any] | None) -> Publication | None:
    if node is None or not keys.is_publication(str(node.get("id"))):
        return None
    record = decode.record(node)
    return record if isinstance(record, Publication) else None
