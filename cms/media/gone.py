"""Whether files that were taken out of the public bucket can be had by nobody any more."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import httpx

from cms.media import keys, storage
from cms.media.errors import MediaError
from cms.media.storage import Bucket

# Stores say “forbidden” of what is not there to whoever may not list.
NOTHING = frozenset({403, 404, 410})
PARALLEL = 8


def still_public(public_keys: Iterable[str]) -> dict[str, str]:
    """Keys that storage still has, or that `MEDIA_BASE_URL` still answers, and what was seen.

    Asked as any viewer would; where nobody answers, nothing is known to be gone.
    """
    with (
        httpx.Client(timeout=5) as viewer,
        ThreadPoolExecutor(max_workers=PARALLEL) as pool,
    ):

        def look(key: str) -> tuple[str, str | None]:
            return key, _seen(key, viewer)

        return {key: seen for key, seen in pool.map(look, sorted(public_keys)) if seen}


def _seen(key: str, viewer: httpx.Client) -> str | None:
    try:
        if storage.head(Bucket.MEDIA, key) is not None:
            return "object storage still has it"
        address = keys.media_url(key)
        with viewer.stream("GET", address, headers={"Range": "bytes=0-0"}) as answer:
            status = answer.status_code
    except (MediaError, httpx.HTTPError) as error:
        return f"nobody knows ({error})"
    return None if status in NOTHING else f"it answers {status}"
