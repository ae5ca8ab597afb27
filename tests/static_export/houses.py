"""A real cache before a real bucket, with an `Origin` between them; made anew without a restart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from cms.embedded.object_storage import RunningStore
from static_export.paths import url_path
from tests.static_export.edges import Edge, varnish_edge
from tests.static_export.origins import Origin, origin_before
from tests.static_export.sites import Site, small_site

AWAY = "/video/zz9/ditarik/"


@dataclass
class House:
    edge: Edge
    origin: Origin

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.edge.get(path, **headers)

    def purge(self, path: str, **headers: str) -> int:
        return self.edge.client.request("PURGE", path, headers=headers).status_code

    def change(self, path: str, body: bytes) -> None:
        """Another page in the store, of which the cache is told nothing."""
        self.edge.site.files[path[1:] + "index.html"] = body
        self.edge.publish(self.edge.site.next().write(), None)


@contextmanager
def housed(folder: Path, store: RunningStore) -> Iterator[House]:
    site = a_site(folder)
    with (
        origin_before(store.endpoint_url) as origin,
        varnish_edge(site, folder, store, through=origin.url) as edge,
    ):
        yield House(edge, origin)


def a_site(folder: Path) -> Site:
    site = small_site(folder / "dist")
    site.gone = {AWAY}
    return site


def as_new(house: House) -> House:
    """The site as it was, nothing in the cache, nothing asked for yet."""
    house.origin.forget()
    house.origin.wait_until_trusted()
    site = house.edge.site
    fresh = a_site(site.folder.parent)
    site.files, site.redirects, site.gone = fresh.files, fresh.redirects, fresh.gone
    house.edge.publish(site.next().write(), None)
    pages = {*map(url_path, site.files), AWAY, "/none/"}
    for path in pages | {page.rstrip("/") for page in pages if page != "/"}:
        assert house.purge(path) == 200
    house.origin.forget()
    return house
