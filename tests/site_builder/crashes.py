"""Death or a full disk at a chosen moment: from the n-th effect of a build on, none happens."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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


def killed_at(moment: int) -> AbstractContextManager[None]:
    """Raise `Killed` in place of the effect number `moment` (from 0), if there are that many."""
    return failing_at(moment, Killed)


def full_at(moment: int) -> AbstractContextManager[None]:
    """A disk that is full from the effect number `moment` on."""
    return failing_at(moment, lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))


@contextmanager
def failing_at(moment: int, failure: Callable[[], BaseException]) -> Iterator[None]:
    """Raise in place of the effect number `moment` and of all after it."""
    left = moment

    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        def effect(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise failure()
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
