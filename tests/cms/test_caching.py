"""A cache that is away is an empty one, and what another wrote into it was never there."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

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


class Intruder:
    """As a pickle, it makes a file where it is opened."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Path.touch, (self.trace,)


def test_what_another_wrote_into_the_cache_is_never_opened(tmp_path: Path) -> None:
    with running() as server:
        cache = ForgetfulRedisCache(server.url, {})
        content = pickle.dumps(Intruder(tmp_path / "opened"))
        way = cache._cache.get_client(None, write=True)
        for forged in (content, b"x" * 32 + content, b"", b"short"):
            way.set(cache.make_and_validate_key("a"), forged)
            assert cache.get("a", "nothing") == "nothing"
            assert cache.get_many(["a"]) == {}
        assert not (tmp_path / "opened").exists()
        caches.close_all()
