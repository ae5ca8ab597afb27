"""Death at a chosen moment: the n-th effect of a build on the disk never happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from site_builder.store import Store
from site_builder.write import Journal, Output

EFFECTS = (
    (Output, "take"),
    (Output, "put"),
    (Output, "remove"),
    (Journal, "begin"),
    (Journal, "end"),
    (Store, "set_meta"),
)


class Killed(BaseException):
    """Nothing after this moment is done, no handler included."""


@contextmanager
def killed_at(moment: int) -> Iterator[None]:
    """Raise `Killed` in place of the effect number `moment` (from 0), if there are that many."""
    left = moment

    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        def effect(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return original(*args, **kwargs)

        return effect

    patches = [
        mock.patch.object(owner, name, wrapped(getattr(owner, name))) for owner, name in EFFECTS
    ]
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in patches:
            patch.stop()
