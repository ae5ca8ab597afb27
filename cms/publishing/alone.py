"""Who does what alone: one builds and pushes, one takes down, and a file moves one way at a time.

Locks of their own, so that a takedown waits for no push and no file for another's copy. On
PostgreSQL a lock is the server's and ends with the connection, wherever the publishers run; on
SQLite, whose publishers share a machine, it is one byte of a file (an open file description lock,
fcntl(2)) and ends with the process. So a killed publisher holds up nobody, and no clock decides.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256

from django.conf import settings
from django.db import connection

# Any numbers that no other program takes on this database. What follows them stands for assets.
PUBLISHING = 0x706F6C6963657475
TAKING_DOWN = PUBLISHING + 1
ASSETS = PUBLISHING + 2
EACH = "FROM unnest(%s::bigint[]) AS n"


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other process builds and pushes, and be the one that does."""
    with _locked([PUBLISHING], wait=True):
        yield


@contextmanager
def taking_down() -> Iterator[bool]:
    """Be the one that takes down; False if another process does."""
    with _locked([TAKING_DOWN]) as mine:
        yield bool(mine)


@contextmanager
def moving(asset: str, *, wait: bool = False) -> Iterator[bool]:
    """Be the one that moves files of an asset; False if another does and is not waited for."""
    with _locked([_number(asset)], wait=wait) as mine:
        yield bool(mine)


@contextmanager
def moving_any(assets: Iterable[str]) -> Iterator[set[str]]:
    """Be the one that moves files of those of the assets of which nobody else does."""
    numbers = {asset: _number(asset) for asset in assets}
    with _locked(sorted(numbers.values())) as mine:
        yield {asset for asset, number in numbers.items() if number in mine}


def _number(asset: str) -> int:
    """What stands for an asset: any text that nothing but its files has to do with."""
    return ASSETS + int.from_bytes(sha256(asset.encode()).digest()[:6], "big")


@contextmanager
def _locked(numbers: list[int], *, wait: bool = False) -> Iterator[set[int]]:
    """Hold those of the locks that can be had; with `wait`, all of them."""
    lock = _in_database if connection.vendor == "postgresql" else _in_file
    with lock(numbers, wait=wait) as mine:
        yield mine


@contextmanager
def _in_database(numbers: list[int], *, wait: bool) -> Iterator[set[int]]:
    with connection.cursor() as cursor:
        if wait:
            cursor.execute(f"SELECT pg_advisory_lock(n) {EACH}", [numbers])
            mine = set(numbers)
        else:
            cursor.execute(f"SELECT n, pg_try_advisory_lock(n) {EACH}", [numbers])
            mine = {number for number, is_mine in cursor.fetchall() if is_mine}
    try:
        yield mine
    finally:
        # A connection that is gone has let go already.
        if mine and connection.connection is not None and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock(n) {EACH}", [sorted(mine)])


@contextmanager
def _in_file(numbers: list[int], *, wait: bool) -> Iterator[set[int]]:
    settings.STATE_DIR.mkdir(parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    file = os.open(settings.STATE_DIR / "publishing.lock", flags, 0o600)
    mine = set()
    try:
        for number in numbers:
            # One byte, which nobody ever wrote: a lock may lie anywhere.
            place = number - PUBLISHING
            one = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, place, 1, 0)
            with suppress(BlockingIOError):
                fcntl.fcntl(file, fcntl.F_OFD_SETLKW if wait else fcntl.F_OFD_SETLK, one)
                mine.add(number)
        yield mine
    finally:
        os.close(file)
