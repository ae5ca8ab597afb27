"""What django-rq needs to know of a Valkey or Redis server, from its address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SCHEMES = ("redis", "rediss")
# An editor waits for these: a server that does not answer is done without.
CONNECT_SECONDS = 2
ANSWER_SECONDS = 5
# Errands of Wagtail take seconds; what takes longer is stuck.
ERRAND_SECONDS = 900
# The lease on an asset's row ends what hangs, never the queue (DESIGN D4).
NEVER = -1


def check_address(name: str, url: str) -> str:
    """The address as it is; raises ImproperlyConfigured if nobody could connect to it."""
    parts = urlsplit(url)
    try:
        good = parts.scheme in SCHEMES and bool(parts.hostname) and (parts.port or 1) > 0
        int(parts.path.strip("/") or 0)
    except ValueError:
        good = False
    if not good:
        raise ImproperlyConfigured(
            f"{name} is not the address of a Valkey or Redis server. Set it to "
            "redis://host:6379/0, or rediss:// for TLS, with user and password as in redis://user:password@host:6379/0."
        )
    return url


def rq_queues(url: str, *, errands: Iterable[str], unhurried: Iterable[str]) -> dict[str, Any]:
    """RQ_QUEUES for these queues on one server. `unhurried` tasks may take as long as they need."""
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    parts = urlsplit(check_address("QUEUE_URL", url))
    server = {
        "HOST": parts.hostname,
        "PORT": parts.port or 6379,
        "DB": int(parts.path.strip("/") or 0),
        "USERNAME": unquote(parts.username) if parts.username else None,
        "PASSWORD": unquote(parts.password) if parts.password else None,
        "SSL": parts.scheme == "rediss",
        "REDIS_CLIENT_KWARGS": {
            "socket_connect_timeout": CONNECT_SECONDS,
            "socket_timeout": ANSWER_SECONDS,
            "health_check_interval": 30,
            "retry": Retry(NoBackoff(), 1),
        },
        # Not pickle: who can write to the queue must not be able to run what he likes.
        "SERIALIZER": "rq.serializers.JSONSerializer",
    }
    return {name: server | {"DEFAULT_TIMEOUT": ERRAND_SECONDS} for name in errands} | {
        name: server | {"DEFAULT_TIMEOUT": NEVER} for name in unhurried
    }
