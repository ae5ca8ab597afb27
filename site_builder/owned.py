"""What a node owns among the files of the site, for whoever has to take it down at once.

The store is read beside a running build: what that build has not committed yet is no page of
anybody's. A page that it is about to write is named by its address, which the caller knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from site_builder.build import STORE
from site_builder.ledger import Ledger
from site_builder.routes import LISTED, PUBLICATIONS, file_path, listing_specs, publication_specs
from site_builder.store import Store


def artifacts_of(state: Path, addresses: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Output paths of all that nodes own or owned, by node ID: their pages under former addresses,
    players, feeds and months too.

    `addresses` says for each node the URL path that it has, or had when it was last public. Works
    without a store as well: then by address alone.
    """
    found = {node: frozenset(_by_address(node, path)) for node, path in addresses.items()}
    if not (state / STORE).exists():
        return found
    store = Store(state / STORE, readonly=True)
    try:
        if not store.is_prepared:
            # The first build has just begun, or died at once.
            return found
        ledger = Ledger(store)
        return {node: paths | set(_recorded(ledger, node)) for node, paths in found.items()}
    finally:
        store.close()


def _by_address(node: str, path: str) -> Iterator[str]:
    kind, _, name = node.partition(":")
    if kind in PUBLICATIONS and path:
        yield from (spec.path for spec in publication_specs(node, path))
    elif kind in LISTED:
        yield from (spec.path for spec in listing_specs(kind, name, node))


def _recorded(ledger: Ledger, node: str) -> Iterator[str]:
    yield from (spec.path for spec in ledger.owned(node))
    yield from (file_path(address) for address in ledger.former_addresses(node))
    if node.partition(":")[0] in LISTED:
        yield from (spec.path for spec in ledger.owned_periods(node.replace(":", "/", 1)))
