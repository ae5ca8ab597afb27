"""A shared cache that may be away: what it does not answer was never remembered."""

from __future__ import annotations

import functools
import logging
import pickle
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.utils.crypto import constant_time_compare, salted_hmac
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


class ForgedError(RedisError):
    """What the server answers was not written by us."""


class SignedSerializer:
    """Pickles, as Wagtail's values need, but none that another has put there is ever opened.

    The queue may be on the same server: who can write to it must not be able to run what he likes.
    """

    SIGNATURE = 32  # bytes

    def dumps(self, value: Any) -> bytes | int:
        # Whole numbers stay such for the server, which counts with them.
        if type(value) is int:
            return value
        content = pickle.dumps(value)
        return _signature(content) + content

    def loads(self, data: bytes) -> Any:
        try:
            return int(data)
        except ValueError:
            pass
        signature, content = data[: self.SIGNATURE], data[self.SIGNATURE :]
        if not constant_time_compare(signature, _signature(content)):
            raise ForgedError("a value has no signature of ours; it counts as forgotten")
        return pickle.loads(content)  # noqa: S301 - we wrote it


def _signature(content: bytes) -> bytes:
    return salted_hmac("policetube.cache", content, algorithm="sha256").digest()


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
        self._options: dict[str, Any] = {
            "serializer": SignedSerializer,
            **params.get("OPTIONS", {}),
        }
        self._class = _ForgetfulClient
