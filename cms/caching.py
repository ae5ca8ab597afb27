"""A shared cache that may be away: what it does not answer was never remembered."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def _or(nothing: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Answer `nothing` where the server does not; a callable is given the arguments."""

    def wrap(ask: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(ask)
        def asked(self: RedisCacheClient, *args: Any, **kwargs: Any) -> Any:
            try:
                return ask(self, *args, **kwargs)
            except RedisError as error:
                logger.warning("the cache does not answer: %s", error)
                return nothing(*args, **kwargs) if callable(nothing) else nothing

        return asked

    return wrap


def _default(key: str, default: Any) -> Any:
    return default


def _no_counter(key: str, delta: int) -> Any:
    raise ValueError(f"Key {key!r} not found.")


class _ForgetfulClient(RedisCacheClient):
    get = _or(_default)(RedisCacheClient.get)
    get_many = _or(lambda keys: {})(RedisCacheClient.get_many)
    has_key = _or(False)(RedisCacheClient.has_key)
    set = _or(None)(RedisCacheClient.set)
    set_many = _or(None)(RedisCacheClient.set_many)
    add = _or(False)(RedisCacheClient.add)
    touch = _or(False)(RedisCacheClient.touch)
    incr = _or(_no_counter)(RedisCacheClient.incr)
    delete = _or(False)(RedisCacheClient.delete)
    delete_many = _or(None)(RedisCacheClient.delete_many)
    clear = _or(False)(RedisCacheClient.clear)


class ForgetfulRedisCache(RedisCache):
    """Django's own, for which a server that is down is an empty one: slower, never an error."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _ForgetfulClient
