"""The caches before the site, as one that a push can tell what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from wagtail.contrib.frontend_cache.utils import get_backends

from cms.publishing.caches import Cache
from static_export.errors import ExportError
from static_export.retry import persistently

BACKENDS = "cms.publishing.caches"
# Requests handed to a thread at once: a first push has a hundred thousand.
WINDOW = 16
Result = TypeVar("Result")


class Caches:
    """A `static_export` purger over any number of caches; one that fails holds up no other."""

    def __init__(self, caches: Mapping[str, Cache], base_url: str) -> None:
        self._caches = caches
        self._base = base_url.rstrip("/")

    def purge(self, url_paths: Iterable[str]) -> tuple[str, ...]:
        """Make every cache forget these, and return them; raise `target-failed` if one did not."""
        paths = tuple(url_paths)
        if not paths:
            return ()
        urls = [self._base + path for path in paths]

        def complaint(name: str) -> str:
            try:
                _purge(name, self._caches[name], urls)
            except ExportError as error:
                return f"{name}: {error}"
            return ""

        complaints = _in_threads(complaint, self._caches, len(self._caches))
        if failed := [text for text in complaints if text]:
            raise ExportError("target-failed", " ".join(failed))
        return paths

    def close(self) -> None:
        """Give back connections."""
        for cache in self._caches.values():
            cache.close()


def _purge(name: str, cache: Cache, urls: list[str]) -> None:
    def purge(batch: list[str]) -> None:
        def ask() -> None:
            cache.pace.turn()
            cache.purge_batch(batch)

        persistently(ask, f"Purging {len(batch)} of {len(urls)} URLs, {batch[0]} first")

    _in_threads(purge, cache.batches(urls), cache.parallel)


def _in_threads(act: Callable[[Any], Result], things: Iterable[Any], parallel: int) -> list[Result]:
    """All of them, or the first failure, after which nothing more begins."""
    found: list[Result] = []
    waiting = iter(things)
    pool = ThreadPoolExecutor(max_workers=parallel)
    try:
        while window := list(islice(waiting, WINDOW * parallel)):
            found += pool.map(act, window)
    finally:
        pool.shutdown(cancel_futures=True)
    return found


@contextmanager
def telling_caches() -> Iterator[Caches | None]:
    """The caches that the settings name, for as long as the block lasts; None if there are none."""
    with _telling(backend_settings(), settings.SITE_BASE_URL) as caches:
        yield caches


@contextmanager
def telling_media_caches() -> Iterator[Caches | None]:
    """The same for the caches in front of the media."""
    media = urlsplit(settings.MEDIA_BASE_URL)
    with _telling(media_backend_settings(), f"{media.scheme}://{media.netloc}") as caches:
        yield caches


@contextmanager
def _telling(named: dict[str, dict[str, Any]], base_url: str) -> Iterator[Caches | None]:
    found = get_backends(backend_settings=named)
    if not found:
        yield None
        return
    with closing(Caches(found, base_url)) as caches:
        yield caches


def purge_urls(name: str = "SITE_PURGE_URL") -> list[str]:
    """Addresses of caches that take PURGE."""
    return [url.strip() for url in getattr(settings, name).split(",") if url.strip()]


def backend_settings() -> dict[str, dict[str, Any]]:
    """What our settings come to in the words of Wagtail's WAGTAILFRONTENDCACHE."""
    return _backends(purge_urls(), settings.CLOUDFLARE_ZONE_ID, settings.CLOUDFRONT_DISTRIBUTION_ID)


def media_backend_settings() -> dict[str, dict[str, Any]]:
    """The same for the caches in front of the media."""
    return _backends(
        purge_urls("MEDIA_PURGE_URL"),
        settings.MEDIA_CLOUDFLARE_ZONE_ID,
        settings.MEDIA_CLOUDFRONT_DISTRIBUTION_ID,
    )


def _backends(urls: list[str], zone: str, distribution: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        url: {
            "BACKEND": f"{BACKENDS}.PurgeCache",
            "LOCATION": url,
            "PER_SECOND": settings.SITE_PURGE_PER_SECOND,
        }
        for url in urls
    }
    if zone:
        found["Cloudflare"] = {
            "BACKEND": f"{BACKENDS}.Cloudflare",
            "ZONEID": zone,
            "BEARER_TOKEN": settings.CLOUDFLARE_API_TOKEN,
            "API_URL": settings.CLOUDFLARE_API_URL.rstrip("/"),
            "PER_SECOND": settings.CLOUDFLARE_PER_SECOND,
        }
    if distribution:
        found["CloudFront"] = {
            "BACKEND": f"{BACKENDS}.CloudFront",
            "DISTRIBUTION_ID": distribution,
            "AWS_ACCESS_KEY_ID": settings.CLOUDFRONT_ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": settings.CLOUDFRONT_SECRET_ACCESS_KEY,
            "ENDPOINT_URL": settings.CLOUDFRONT_ENDPOINT_URL,
            "PER_SECOND": settings.CLOUDFRONT_PER_SECOND,
        }
    return found
