"""Certificate authorities, read once in a process.

httpx reads them all again for every client, which costs more than what most tests ask it for; none
of them meets a server that shows a certificate of theirs.
"""

from __future__ import annotations

from functools import lru_cache

import httpx._transports.default as transports


def read_once() -> None:
    """Let all clients of this process share what they trust."""
    if not hasattr(transports.create_ssl_context, "cache_info"):
        transports.create_ssl_context = lru_cache(transports.create_ssl_context)  # type: ignore[attr-defined]
    transports.create_ssl_context(verify=True, cert=None, trust_env=True)  # type: ignore[attr-defined]
