"""Public nodes by ID, many at a time, once per request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cms.api.transcripts import Transcripts
from cms.publishing.interface import KINDS, PublicState, banner, shown_redirects, visibility

if TYPE_CHECKING:
    import graphene

Item = dict[str, Any]


def loader(info: graphene.ResolveInfo) -> NodeLoader:
    """The request's own loader."""
    return info.context.loader


class NodeLoader:
    """A cache that is filled for whole lists before their items are resolved.

    A node is handed out only if it was recorded as public *and* is public in the database now:
    neither a missed signal nor a stale record can let a withdrawn page through.
    """

    def __init__(self) -> None:
        self._known: dict[str, Item | None] = {}
        self.transcripts = Transcripts(self._captions)

    def get(self, node_id: str) -> Item | None:
        """One node, or None if it is not public."""
        self._load([node_id])
        return self._known[node_id]

    def get_many(self, node_ids: Iterable[str]) -> list[Item]:
        """Those of the nodes that are public, in the given order."""
        ids = list(node_ids)
        self._load(ids)
        return [item for item in map(self._known.get, ids) if item is not None]

    def get_list(self, node_ids: Iterable[str], *, released: bool = False) -> list[Item | None]:
        """All the nodes, None where one is not public; what they point to is loaded with them.

        `released` says that the database has just named them as such, and need not be asked again.
        """
        ids = list(node_ids)
        self._load(ids, released=released)
        items = [self._known[node_id] for node_id in ids]
        shown = [item for item in items if item is not None]
        # And what a story's videos point to.
        for _ in range(2):
            shown = self.get_many(_pointed_to(shown))
        return items

    def _captions(self) -> Iterator[Item]:
        """Captions of all videos that were asked for."""
        for item in self._known.values():
            yield from (item or {}).get("media", {}).get("captions", ())

    def ancestors(self, unit: Item) -> list[Item]:
        """Public units above one, from the top down."""
        chain: list[Item] = []
        parent = unit["parent"]
        while parent:
            item = self.get(f"unit:{parent}")
            if item is None:
                break
            chain.append(item)
            parent = item["parent"]
        return chain[::-1]

    def _load(self, node_ids: Iterable[str], *, released: bool = False) -> None:
        missing = {node_id for node_id in node_ids if node_id not in self._known}
        if not missing:
            return
        hidden: set[str] = set() if released else self._hidden(missing)
        states = PublicState.objects.in_bulk(list(missing - hidden))
        outdated = _outdated_redirects(states)
        for node_id in missing:
            state = states.get(node_id)
            self._known[node_id] = _item(state) if state and node_id not in outdated else None
        self._drop_strays(missing)
        # Breadcrumbs are asked for with nearly every unit: fetch a level of parents at a time.
        self._load(
            f"unit:{item['parent']}"
            for item in (self._known[node_id] for node_id in missing)
            if item is not None and item.get("parent")
        )

    def _drop_strays(self, node_ids: set[str]) -> None:
        """A page recorded under a unit that is hidden by now waits until it is told anew."""
        units = {
            node_id: f"unit:{item['unit']}"
            for node_id in node_ids
            if (item := self._known[node_id]) is not None and item.get("unit")
        }
        self._load(units.values())
        for node_id, unit in units.items():
            if self._known[unit] is None:
                self._known[node_id] = None

    @staticmethod
    def _hidden(node_ids: set[str]) -> set[str]:
        """Those of the nodes that the database does not show now, whatever was recorded."""
        hidden: set[str] = set()
        for kind in KINDS:
            named = {n.removeprefix(kind.prefix): n for n in node_ids if n.startswith(kind.prefix)}
            if named:
                shown = visibility.released(kind.model).filter(public_id__in=named)
                hidden |= set(named.values()) - {
                    kind.prefix + public_id
                    for public_id in shown.values_list("public_id", flat=True)
                }
        units = {n.removeprefix("unit:"): n for n in node_ids if n.startswith("unit:")}
        if units:
            shown_units = visibility.public_units().filter(code__in=units)
            hidden |= set(units.values()) - {
                f"unit:{code}" for code in shown_units.values_list("code", flat=True)
            }
        tags = {n.removeprefix("tag:"): n for n in node_ids if n.startswith("tag:")}
        if tags:
            # A tag may be the very word for which a page was withdrawn.
            for kind in KINDS:
                if tags:
                    used = kind.tagging.objects.filter(
                        tag__slug__in=tags, content_object__in=visibility.released(kind.model)
                    )
                    for slug in set(used.values_list("tag__slug", flat=True)):
                        del tags[slug]
            hidden |= set(tags.values())
        if banner.NODE in node_ids and banner.current() is None:
            # Its time is over, or has not come: whatever was told before the last glance.
            hidden.add(banner.NODE)
        return hidden


def _outdated_redirects(states: Mapping[str, PublicState]) -> set[str]:
    """Those that lead elsewhere or nowhere by now: what they say names a page."""
    told = {
        node_id: state.record
        for node_id, state in states.items()
        if node_id.startswith("redirect:")
    }
    return told.keys() - shown_redirects(told.values()) if told else set()


def _item(state: PublicState) -> Item:
    kind = state.node_id.partition(":")[0]
    # `__typename` is how graphql-core tells the kinds of an interface apart.
    return {
        **state.record,
        "id": state.node_id,
        "version": state.version,
        "__typename": kind.capitalize(),
    }


def _pointed_to(items: Iterable[Item]) -> set[str]:
    found: set[str] = set()
    for item in items:
        if item.get("unit"):
            found.add(f"unit:{item['unit']}")
        found.update(f"category:{slug}" for slug in item.get("categories", ()))
        found.update(f"tag:{slug}" for slug in item.get("tags", ()))
        found.update(f"video:{name}" for name in item.get("relatedVideos", ()))
    return found
