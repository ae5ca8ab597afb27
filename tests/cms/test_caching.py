"""A cache that is away is an empty one."""

from __future__ import annotations

import pytest
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache

from cms.caching import ForgetfulRedisCache
from tests.valkey import running


def test_a_fallen_cache_remembers_nothing_and_breaks_nothing() -> None:
    with running() as server:
        cache: BaseCache = ForgetfulRedisCache(server.url, {"KEY_PREFIX": "policetube"})
        cache.set("a", {"b": 1}, 60)
        assert cache.get("a") == {"b": 1}
        assert cache.get_many(["a", "z"]) == {"a": {"b": 1}}
        cache.set("n", 1)
        assert cache.incr("n") == 2
        server.stop()
        cache.set("c", 1)
        cache.set_many({"d": 2})
        assert cache.get("a", "nothing") == "nothing"
        assert cache.get_many(["a"]) == {}
        assert not cache.add("a", 1)
        assert not cache.touch("a")
        assert "a" not in cache
        cache.delete("a")
        cache.delete_many(["a"])
        cache.clear()
        with pytest.raises(ValueError, match="not found"):
            cache.incr("n")
        assert cache.get_or_set("a", lambda: 7) == 7
        server.start()
        assert cache.get("c") is None
        cache.set("c", 3)
        assert cache.get("c") == 3
        caches.close_all()
