"""Many small objects, fast: obstore (Rust) signs and sends, outside Python's lock."""

from __future__ import annotations

import asyncio
import os
import re
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

if TYPE_CHECKING:
    from obstore import PutResult

# What S3 says in the body of an answer that is no success.
_CODE = re.compile(r"<Code>([A-Za-z]+)</Code>")
_STATUS = re.compile(r"status (?:code )?:?\s*(\d{3})", re.IGNORECASE)
_REFUSALS = re.compile("4(?!08|29)[0-9][0-9]")


# Key, bytes and attributes of an object.
Put = tuple[str, bytes, Mapping[str, str]]


class BulkError(Exception):
    """A put that did not succeed: the store's own code, and whether another attempt may help."""

    def __init__(self, code: str, *, mends: bool) -> None:
        super().__init__(code)
        self.code = code
        self.mends = mends


class Bulk:
    """Puts into one bucket, with the credentials of a boto3 session, called from many threads."""

    def __init__(
        self, session: Any, bucket: str, *, endpoint_url: str | None, region: str | None
    ) -> None:
        self._session = session
        self._bucket = bucket
        self._endpoint = endpoint_url
        self._region = region
        self._store: S3Store | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._starting = threading.Lock()

    def put(self, key: str, body: bytes, attributes: Mapping[str, str]) -> str:
        """Replace one object and return its ETag; raise `BulkError`.

        `attributes` are headers and, by any other name, metadata. The body's SHA-256 goes ahead in
        a header, so that the store keeps nothing that broke on the way.
        """
        store = self._store or self._opened()
        try:
            result = obstore.put(store, key, body, attributes=dict(attributes), use_multipart=False)
        except (BaseError, OSError, ValueError) as error:
            raise _failure(error) from error
        return result["e_tag"] or ""

    def put_all(self, puts: Sequence[Put]) -> Future[list[str | BulkError]]:
        """Begin to replace several objects at once; of each its ETag or what failed.

        One thread waits for all answers: a thread for each would wait longer for Python's lock
        than for the store.
        """
        store = self._store or self._opened()
        return asyncio.run_coroutine_threadsafe(_put_all(store, puts), self._running())

    def close(self) -> None:
        """Let the thread of `put_all` end."""
        with self._starting:
            if self._loop:
                self._loop.call_soon_threadsafe(self._loop.stop)
            self._loop = None

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_run, args=[self._loop], daemon=True).start()
            return self._loop

    def get(self, key: str) -> tuple[bytes, dict[str, str]] | None:
        """Bytes and attributes of one object, None if there is none; raise `BulkError`."""
        try:
            found = obstore.get(self._store or self._opened(), key)
            attributes = {str(name): str(value) for name, value in found.attributes.items()}
            return bytes(found.bytes()), attributes
        except FileNotFoundError:
            return None
        except (BaseError, OSError, ValueError) as error:
            raise _failure(error) from error

    def copy(self, source: str, goal: str) -> None:
        """Copy one object inside the store, replacing what is there; raise `BulkError`."""
        try:
            obstore.copy(self._store or self._opened(), source, goal)
        except (BaseError, OSError, ValueError) as error:
            raise _failure(error) from error

    def _opened(self) -> S3Store:
        options: dict[str, Any] = {
            "allow_http": True,
            "connect_timeout": timedelta(seconds=10),
            "timeout": timedelta(seconds=60),
        }
        if bundle := os.environ.get("AWS_CA_BUNDLE"):
            options["root_certificate"] = Path(bundle).read_bytes()
        given: dict[str, Any] = {
            "region": self._region,
            "virtual_hosted_style_request": False,
            "checksum_algorithm": "sha256",
            "client_options": options,
            # Trying again is the push's business, which says so and knows when to stop.
            "retry_config": {"max_retries": 0},
            **self._credentials(),
        }
        if self._endpoint:
            given["endpoint"] = self._endpoint
        self._store = S3Store(self._bucket, **given)
        return self._store

    def _credentials(self) -> dict[str, Any]:
        """Fixed ones as they are; ones that expire by way of boto3, which renews them."""
        found = self._session.get_credentials()
        if found is None:
            raise BulkError("NoCredentials", mends=False)
        if hasattr(found, "refresh_needed"):
            from obstore.auth.boto3 import Boto3CredentialProvider

            return {"credential_provider": Boto3CredentialProvider(self._session)}
        fixed = found.get_frozen_credentials()
        token = {"session_token": fixed.token} if fixed.token else {}
        return {
            "access_key_id": fixed.access_key,
            "secret_access_key": fixed.secret_key,
            **token,
        }


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


async def _put_all(store: S3Store, puts: Sequence[Put]) -> list[str | BulkError]:
    answers = await asyncio.gather(
        *(
            obstore.put_async(store, key, body, attributes=dict(attributes), use_multipart=False)
            for key, body, attributes in puts
        ),
        return_exceptions=True,
    )
    return [_etag(answer) for answer in answers]


def _etag(answer: PutResult | BaseException) -> str | BulkError:
    if isinstance(answer, BaseError | OSError | ValueError):
        return _failure(answer)
    if isinstance(answer, BaseException):
        raise answer
    return answer["e_tag"] or ""


def _failure(error: Exception) -> BulkError:
    text = str(error)
    code, status = _CODE.search(text), _STATUS.search(text)
    refused = isinstance(error, FileNotFoundError | PermissionError) or type(error).__name__ in {
        "PermissionDeniedError",
        "UnauthenticatedError",
    }
    if status and _REFUSALS.fullmatch(status.group(1)):
        refused = True
    said = code.group(1) if code else text.splitlines()[0][:200]
    return BulkError(said, mends=not refused)
