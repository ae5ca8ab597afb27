"""Commands of others that write what is public: each in one outer transaction."""

from __future__ import annotations

from typing import Any

from cms.publishing.interface import outer_transaction


class InOneTransaction:
    """Before a command in its bases: what it changes and what it tells commit together."""

    def handle(self, *args: Any, **options: Any) -> Any:
        with outer_transaction(self.__module__.rpartition(".")[2]):
            return super().handle(*args, **options)  # type: ignore[misc]
