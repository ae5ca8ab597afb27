"""Pulled nodes into the content store: records, listings, months and dirty keys, in one go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from site_builder import decode, keys, manifest, membership, periods
from site_builder.membership import Placed
from site_builder.records import Banner, Category, Publication, Redirect, Site, Tag, Unit, Video
from site_builder.routes import file_path
from site_builder.search import cuts, stretches
from site_builder.store import Store

Pulled = Mapping[str, Mapping[str, Any] | None]
Parents = dict[str, str | None]


def apply(store: Store, pulled: Pulled, *, quiet: bool = False) -> int:
    """Take over nodes by ID (None: no longer public); answers how many differ from the store.

    Must run inside `store.transaction()`. `quiet` leaves dirty keys and old places unlooked at, for
    a store that was just wiped and will be rendered whole.
    """
    return _Application(store, quiet=quiet).run(pulled)


class _Application:
    def __init__(self, store: Store, *, quiet: bool) -> None:
        self._store = store
        self._quiet = quiet
        self._counts: Counter[tuple[str, str]] = Counter()  # steps by listing and day
        self._changed = 0

    def run(self, pulled: Pulled) -> int:
        records = {
            node_id: None if node is None else decode.record(node)
            for node_id, node in pulled.items()
        }
        before = self._store.parents()
        published = [node_id for node_id in pulled if keys.is_publication(node_id)]
        old = self._old_places(published, before)
        for node_id, record in records.items():
            if not keys.is_publication(node_id):
                self._apply_other(node_id, record, pulled[node_id])
        after = self._store.parents()
        moved = self._moved(before, after, exclude=set(published))
        old.update(self._old_places(moved, before))
        for node_id in published:
            record = records[node_id]
            new = record if isinstance(record, Publication) else None
            self._apply_publication(node_id, old.get(node_id), new, pulled[node_id], after)
        for node_id in moved:
            self._place_again(node_id, old[node_id], after)
        self._apply_counts()
        return self._changed

    def _mark(self, dirty: Iterable[str]) -> None:
        if not self._quiet:
            self._store.mark(dirty)

    def _apply_other(
        self, node_id: str, after: decode.Record | None, node: Mapping[str, Any] | None
    ) -> None:
        before = None if self._quiet else self._store.node(node_id)
        if before == after:
            return
        self._changed += 1
        self._store.put_node(node_id, node)
        kind = node_id.partition(":")[0]
        if kind == "unit":
            self._put_unit(node_id, after if isinstance(after, Unit) else None)
        for redirect in (before, after):
            if isinstance(redirect, Redirect):
                self._put_redirect(redirect, there=redirect is after)
        self._mark(other_keys(before, after))
        if kind == "category" and (before is None) != (after is None):
            self._mark_periods(f"category/{node_id.partition(':')[2]}")

    def _mark_periods(self, listing: str) -> None:
        for month in self._store.months(listing):
            owners = periods.owners(self._store, listing, month)
            self._mark(keys.period(listing, period) for period in owners)

    def _put_unit(self, node_id: str, unit: Unit | None) -> None:
        if unit is None:
            code = node_id.partition(":")[2]
            self._store.db.execute("DELETE FROM unit WHERE code = ?", (code,))
        else:
            self._store.db.execute(
                "INSERT OR REPLACE INTO unit VALUES (?, ?, ?)",
                (unit.code, unit.parent_code, unit.level),
            )

    def _put_redirect(self, redirect: Redirect, *, there: bool) -> None:
        path = file_path(redirect.source)
        if there:
            self._store.db.execute(
                "INSERT OR REPLACE INTO redirect VALUES (?, ?, ?)",
                (path, redirect.target, manifest.shard_of(path)),
            )
        else:
            self._store.db.execute("DELETE FROM redirect WHERE path = ?", (path,))

    def _old_places(self, node_ids: Iterable[str], parents: Parents) -> dict[str, Placed]:
        if self._quiet:
            return {}
        found: dict[str, Placed] = {}
        for node_id in node_ids:
            record = self._store.node(node_id)
            if isinstance(record, Publication):
                found[node_id] = place(record, parents)
        return found

    def _moved(self, before: Parents, after: Parents, *, exclude: set[str]) -> list[str]:
        """Publications that no one touched, but whose unit stands elsewhere in the tree now."""
        if self._quiet or before == after:
            return []
        moved = [
            code
            for code in sorted(before.keys() | after.keys())
            if membership.chain(code, before) != membership.chain(code, after)
        ]
        found = (node_id for code in moved for node_id in self._store.videos_of_unit(code))
        return [node_id for node_id in found if node_id not in exclude]

    def _place_again(self, node_id: str, before: Placed, parents: Parents) -> None:
        record = self._store.node(node_id)
        if isinstance(record, Publication):
            after = place(record, parents)
            self._mark(membership.publication_keys(before, after))
            self._put_listings(before, after)

    def _apply_publication(
        self,
        node_id: str,
        before: Placed | None,
        record: Publication | None,
        node: Mapping[str, Any] | None,
        parents: Parents,
    ) -> None:
        after = place(record, parents) if record else None
        if before == after:
            return
        self._changed += 1
        self._store.put_node(node_id, node)
        self._mark(membership.publication_keys(before, after))
        self._put_listings(before, after)
        if record is None or after is None:
            self._store.db.execute("DELETE FROM video WHERE id = ?", (node_id,))
        else:
            self._put_card(record, after)

    def _put_card(self, record: Publication, placed: Placed) -> None:
        card = membership.card(record) | membership.entry(record)
        self._store.db.execute(
            "INSERT OR REPLACE INTO video VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                record.id,
                placed.sort,
                placed.day,
                record.updated_at.isoformat(),
                record.unit_code,
                placed.record_digest,
                placed.card_digest,
                placed.entry_digest,
                orjson.dumps(card).decode(),
            ),
        )

    def _put_listings(self, before: Placed | None, after: Placed | None) -> None:
        old = {(listing, before.sort) for listing in before.listings} if before else set()
        new = {(listing, after.sort) for listing in after.listings} if after else set()
        if old - new:
            self._store.take_entries(sorted(old - new))
        if after:
            self._store.put_entries(after.node_id, sorted(new - old))
        self._put_document(before, after)
        for side, places, step in ((before, old - new, -1), (after, new - old, 1)):
            for listing, _sort in places:
                if side and membership.has_months(listing):
                    self._counts[listing, side.day] += step

    def _put_document(self, before: Placed | None, after: Placed | None) -> None:
        known = after or before
        if known is None or (before and after and _found_alike(before, after)):
            return
        cut = cuts.cut_of(known.node_id)
        self._store.put_document(known.node_id, after.sort if after else None, cut)
        if self._quiet:
            return
        for side in (before, after):
            if side and not (before and after and before.sort == after.sort):
                self._mark(stretches.moved(self._store, side.node_id, side.sort))
            elif side:
                self._mark([keys.point("search", keys.ALL, side.sort)])

    def _apply_counts(self) -> None:
        months: dict[tuple[str, str], set[str]] = {}
        steps: Counter[tuple[str, str]] = Counter()
        for (listing, day), step in self._counts.items():
            months.setdefault((listing, day[: periods.MONTH]), set()).add(day)
            steps[listing, day[: periods.MONTH]] += step
        for (listing, month), days in months.items():
            before = self._store.in_month(listing, month)
            after = before + steps[listing, month]
            if before != after:
                self._store.put_month(listing, month, after)
            if not before or not after:
                self._mark([keys.months(listing)])
            self._mark(periods.moved(self._store, listing, month, before, days))


def _player_digest(record: Publication) -> str:
    """What the player alone shows; nothing where nothing is played."""
    if not isinstance(record, Video):
        return ""
    return membership.digest(membership.as_played(record))


def place(record: Publication, parents: Parents) -> Placed:
    """Where a publication stands, given the tree of units."""
    card = membership.card(record)
    entry = membership.entry(record)
    return Placed(
        node_id=record.id,
        path=record.path,
        title=record.title,
        sort=keys.sort_key(record.published_at, record.public_id),
        day=keys.day_of(record.published_at),
        listings=membership.listings(record, membership.chain(record.unit_code, parents)),
        # The contract: it changes whenever any public field does.
        record_digest=record.version,
        card_digest=membership.digest(card),
        entry_digest=membership.digest([card, entry]),
        player_digest=_player_digest(record),
    )


def _found_alike(before: Placed, after: Placed) -> bool:
    return before.sort == after.sort and before.record_digest == after.record_digest


def other_keys(before: decode.Record | None, after: decode.Record | None) -> Iterable[str]:
    """Dirty keys of any node that is no publication."""
    match before, after:
        case (Unit() | None, Unit() | None):
            return membership.unit_keys(before, after)
        case (Category() | None, Category() | None):
            return membership.category_keys(before, after)
        case (Tag() | None, Tag() | None):
            return membership.tag_keys(before, after)
        case (Redirect() | None, Redirect() | None):
            known = before or after
            return [keys.redirect(file_path(known.source))] if known else ()
        case (Banner() | None, Banner() | None):
            return [keys.page(keys.BANNER)]
        case (Site() | None, Site() | None):
            return membership.site_keys(before, after)
        case _:
            return ()
