"""What is, against what we last told the world; each difference becomes a row of the outbox."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from taggit.models import Tag
from wagtail.models import Page
from wagtail.rich_text import extract_references_from_rich_text

from cms.publishing import banner, fingerprints, orders, reality, redirects, visibility
from cms.publishing.corrections import changed_fields, has_fate
from cms.publishing.kinds import KINDS
from cms.publishing.models import Mention, Operation, OutboxRow, PublicState, ShownKey
from cms.publishing.reality import SITE_NODE, Touched
from cms.publishing.records import Record, listing_keys, shown_keys, version
from content_models.models import HomePage, RelatedVideo, UnitPage

logger = logging.getLogger(__name__)

TAG, UNIT, STORY = "tag:", "unit:", "story:"


@dataclass(slots=True, kw_only=True)
class Comparison:
    """One comparison: of what was touched, then of what hangs on the pages that came or went."""

    reason: str
    written: int = 0
    _done: set[str] = field(default_factory=set)
    _tags: set[str] = field(default_factory=set)
    # Pages that came, went or got another path, by primary key; and codes of such units.
    _turned: set[int] = field(default_factory=set)
    _units: set[str] = field(default_factory=set)
    _redirects: set[str] = field(default_factory=set)
    _banner: bool = False
    _withdrawals: dict[str, Record] = field(default_factory=dict)

    @visibility.one_look()
    def run(self, touched: Touched) -> int:
        """Write a row for each difference; number of them."""
        self._tags |= set(Tag.objects.filter(pk__in=touched.tags).values_list("slug", flat=True))
        self._redirects |= touched.redirects
        self._banner = touched.banner
        self._withdrawals = touched.withdrawals
        if touched.site:
            self._redirects |= redirects.paths_to_home()
        while touched:
            self._compare(dict(reality.public_nodes(touched)))
            touched = self._hanging()
        # By now it is known which pages carry a tag, and where the pages are that others lead to.
        self._compare_last(dict(reality.tag_nodes(self._tags)))
        self._compare_last(dict(redirects.nodes(self._redirects)))
        if self._banner:
            self._compare_last({banner.NODE: banner.record()})
        return self.written

    def _hanging(self) -> Touched:
        """What has to be compared because of the pages that turned."""
        if not (self._turned or self._units):
            return Touched()
        below = UnitPage.objects.filter(code__in=self._units).values_list("path", flat=True)
        mentions = Mention.objects.filter(page_id__in=self._turned)
        sources = set(mentions.values_list("node_id", flat=True)) - self._done
        touched = reality.touched_by_nodes(sources)
        if self._turned:
            self._redirects |= redirects.paths_to(self._turned)
            self._banner = self._banner or banner.is_told()
        for path in below:
            touched.publications |= reality.using(path__startswith=path)
            units = UnitPage.objects.filter(path__startswith=path).exclude(path=path)
            touched.units |= set(units.values_list("pk", flat=True))
        self._turned, self._units = set(), set()
        return touched

    def _compare(self, found: dict[str, Record | None]) -> None:
        """Everything but tags, whose turn comes when it is known which publications carry them."""
        self._tags |= {name.removeprefix(TAG) for name in found if name.startswith(TAG)}
        found = {name: record for name, record in found.items() if not name.startswith(TAG)}
        known = PublicState.objects.in_bulk(list(found))
        orders.cancel(
            node_id for node_id, record in found.items() if record and node_id not in known
        )
        sources = fingerprints.of_nodes(found)
        for node_id, record in found.items():
            state = known.get(node_id)
            for keys in (state.keys if state else {}), record or {}:
                self._tags.update(keys.get("tags", ()))
            page_id, source = sources.get(node_id, (state.page_id if state else None, ""))
            if self._tell(node_id, record, state, source=source, page_id=page_id):
                self._turns(node_id, record, state, page_id)
        self._done |= found.keys()
        _note_mentions(
            node_id
            for node_id, record in found.items()
            if record is not None and _is_new(known.get(node_id), sources.get(node_id))
        )

    def _compare_last(self, records: dict[str, Record | None]) -> None:
        known = PublicState.objects.in_bulk(list(records))
        for node_id, record in records.items():
            self._tell(node_id, record, known.get(node_id))

    def _turns(
        self, node_id: str, record: Record | None, state: PublicState | None, page_id: int | None
    ) -> None:
        """Note a page whose path others show, or below which publications have another unit now."""
        before, after = (state.record if state else {}).get("path"), (record or {}).get("path")
        if before == after:
            return
        if page_id is not None:
            self._turned.add(page_id)
        if node_id.startswith(UNIT):
            self._units.add(node_id.removeprefix(UNIT))

    def _tell(
        self,
        node_id: str,
        record: Record | None,
        state: PublicState | None,
        *,
        source: str = "",
        page_id: int | None = None,
    ) -> bool:
        """Whether it differs from what was told; then the difference is written."""
        if record is None:
            if state is None:
                return False
            why = self._withdrawals.get(node_id)
            row = self._write(
                node_id, Operation.REMOVE, before=state.keys, after=None, withdrawal=why
            )
            orders.order(row, state)
            Mention.objects.filter(node_id=node_id).delete()
            state.delete()
            return True
        digest = version(record)
        if state is not None and state.version == digest:
            if (state.source, state.page_id) != (source, page_id):
                PublicState.objects.filter(pk=node_id).update(source=source, page_id=page_id)
            return False
        keys = listing_keys(record)
        before = state.keys if state else None
        self._write(
            node_id,
            Operation.UPSERT,
            before=before,
            after=keys,
            changed=changed_fields(state.record, record) if state and has_fate(node_id) else None,
        )
        PublicState(
            node_id=node_id,
            version=digest,
            keys=keys,
            record=record,
            source=source,
            page_id=page_id,
        ).save(force_insert=state is None, force_update=state is not None)
        _note_shown(node_id, shown_keys(before or {}), shown_keys(keys))
        return True

    def _write(
        self,
        node_id: str,
        operation: str,
        *,
        before: Record | None,
        after: Record | None,
        changed: list[str] | None = None,
        withdrawal: Record | None = None,
    ) -> OutboxRow:
        row = OutboxRow.objects.create(
            node_id=node_id,
            operation=operation,
            before=before,
            after=after,
            changed=changed,
            withdrawal=withdrawal,
            reason=self.reason,
        )
        self.written += 1
        logger.info("outbox: %s %s (%s)", operation, node_id, self.reason)
        return row


def _is_new(state: PublicState | None, now: tuple[int, str] | None) -> bool:
    """Whether the columns behind a record are others than when its links were noted."""
    return state is None or now is None or state.source != now[1]


def _note_shown(node_id: str, before: set[str], now: set[str]) -> None:
    """Remember whose files a public node shows."""
    if gone := before - now:
        ShownKey.objects.filter(state_id=node_id, key__in=gone).delete()
    if new := sorted(now - before):
        ShownKey.objects.bulk_create(ShownKey(state_id=node_id, key=key) for key in new)


def _note_mentions(node_ids: Iterable[str]) -> None:
    """Remember to which pages the texts of public nodes link, and which videos stories show."""
    wanted = set(node_ids)
    texts: dict[str, str] = {}
    if SITE_NODE in wanted:
        texts[SITE_NODE] = "".join(HomePage.objects.values_list("about", flat=True))
    for kind in KINDS:
        names = [name.removeprefix(kind.prefix) for name in wanted if name.startswith(kind.prefix)]
        pages = kind.model._default_manager.filter(public_id__in=names)
        texts |= {kind.prefix + name: body for name, body in pages.values_list("public_id", "body")}
    if not texts:
        return
    now = {
        (node_id, int(key))
        for node_id, text in texts.items()
        for model, key, *_ in extract_references_from_rich_text(text)
        if issubclass(model, Page) and str(key).isdigit()
    }
    now |= set(_related_videos(texts))
    rows = Mention.objects.filter(node_id__in=texts)
    before = {(row.node_id, row.page_id): row.pk for row in rows}
    stale = [pk for pair, pk in before.items() if pair not in now]
    if stale:
        Mention.objects.filter(pk__in=stale).delete()
    Mention.objects.bulk_create(
        Mention(node_id=node_id, page_id=page_id)
        for node_id, page_id in sorted(now - before.keys())
    )


def _related_videos(node_ids: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Stories that show a video beneath their text, with the video's number."""
    stories = [name.removeprefix(STORY) for name in node_ids if name.startswith(STORY)]
    if stories:
        rows = RelatedVideo.objects.filter(page__public_id__in=stories)
        for public_id, video in rows.values_list("page__public_id", "video_id"):
            yield STORY + public_id, video
