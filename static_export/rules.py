"""Bodies of redirects and of what is gone, for readers and stores that know no status line."""

from __future__ import annotations

from html import escape

from static_export.build import Build
from static_export.manifest import CACHE_CONTROL, Artifact, Gone, Item, Redirect

HTML = "text/html; charset=utf-8"
GONE_PAGE = "410.html"
_PLAIN_GONE = (
    '<!doctype html><html lang="id"><meta charset="utf-8"><meta name="robots" content="noindex">'
    "<title>Konten ini telah ditarik</title><h1>Konten ini telah ditarik</h1>"
    '<p><a href="/">Kembali ke beranda</a></p></html>\n'
)


def redirect_body(redirect: Redirect) -> bytes:
    """A page that leads on, where the store cannot answer with the status itself."""
    goal = escape(redirect.to, quote=True)
    return (
        f'<!doctype html><html lang="id"><meta charset="utf-8"><meta name="robots" '
        f'content="noindex"><meta http-equiv="refresh" content="0; url={goal}">'
        f'<link rel="canonical" href="{goal}"><title>Halaman ini telah pindah</title>'
        f'<p><a href="{goal}">Halaman ini telah pindah</a></p></html>\n'
    ).encode()


def gone_body(build: Build) -> bytes:
    """The site's own page for withdrawn content, or a plain one if the build has none."""
    for ref in build.root.shards:
        if ref.name == "root":
            page = build.shard(ref).items.get(GONE_PAGE)
            if isinstance(page, Artifact):
                return build.read(page)
    return plain_gone_body()


def plain_gone_body() -> bytes:
    """What says so where the site has no page for it."""
    return _PLAIN_GONE.encode()


def media_type(item: Item) -> str:
    """The Content-Type of what answers for `item`."""
    return item.type if isinstance(item, Artifact) else HTML


def cache_control(item: Item) -> str:
    """The Cache-Control of what answers for `item`; rules are renewed as pages are."""
    return CACHE_CONTROL[item.cache if isinstance(item, Artifact) else "page"]


def status(item: Item) -> int:
    """The HTTP status that the edge gives for `item`."""
    match item:
        case Artifact():
            return 200
        case Redirect():
            return item.status
        case Gone():
            return 410
