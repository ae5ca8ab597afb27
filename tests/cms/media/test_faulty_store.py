"""A store that fails, hangs, loses or spoils: a ladder ends private or public, never half."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError

from cms.media import storage
from cms.media.errors import MediaError
from cms.media.interface import demote, media_url, promote
from cms.media.storage import Bucket
from content_models.models import Asset, Placement
from tests.cms.media.ladders import FILES, ready_asset

pytestmark = [pytest.mark.django_db, pytest.mark.storage, pytest.mark.usefixtures("store")]

Request = Callable[[], Any]


def refusing(client: BaseClient, name: str, given: dict[str, Any], request: Request) -> Any:
    """Answers 500 and does nothing."""
    answer: Any = {"Error": {"Code": "InternalError"}, "ResponseMetadata": {"HTTPStatusCode": 500}}
    raise ClientError(answer, name)


def silent(client: BaseClient, name: str, given: dict[str, Any], request: Request) -> Any:
    """Does it, and never says so."""
    with suppress(ClientError):
        request()
    raise ReadTimeoutError(endpoint_url="http://store.example")


def losing(client: BaseClient, name: str, given: dict[str, Any], request: Request) -> Any:
    """Says that it did it, and has lost the file."""
    answer = request()
    client.delete_object(Bucket=given["Bucket"], Key=given["Key"])
    return answer


def spoiling(client: BaseClient, name: str, given: dict[str, Any], request: Request) -> Any:
    """Says that it did it, and keeps other bytes."""
    answer = request()
    client.put_object(Bucket=given["Bucket"], Key=given["Key"], Body=b"spoilt")
    return answer


@contextmanager
def faulty(fault: Callable[..., Any], operations: tuple[str, ...], number: int) -> Iterator[list]:
    """The `number`th request of these operations meets the fault; yields all that were counted."""
    counted: list[str] = []
    request = BaseClient._make_api_call
    at_fault = False

    def call(self: BaseClient, name: str, given: dict[str, Any]) -> Any:
        nonlocal at_fault
        if at_fault or name not in operations:
            return request(self, name, given)
        counted.append(name)
        if len(counted) != number:
            return request(self, name, given)
        at_fault = True
        try:
            return fault(self, name, given, lambda: request(self, name, given))
        finally:
            at_fault = False

    BaseClient._make_api_call = call  # type: ignore[method-assign]
    try:
        yield counted
    finally:
        BaseClient._make_api_call = request  # type: ignore[method-assign]


def is_whole(asset: Asset) -> None:
    """Public in the row means all of it can be had."""
    assert asset.ladder is not None
    asset.ladder.refresh_from_db()
    captions = asset.captions.get()
    if asset.ladder.placement == Placement.PUBLIC:
        for name, data in FILES.items():
            assert httpx.get(media_url(asset.ladder.prefix + name)).content == data
        assert captions.is_public
    if captions.is_public:
        assert httpx.get(media_url(captions.key)).text == captions.text
    if asset.ladder.placement == Placement.PRIVATE:
        assert storage.list_keys(Bucket.MEDIA, f"{asset.uuid}/") == []


@pytest.mark.parametrize("fault", [refusing, silent, losing, spoiling])
def test_a_promotion_on_a_faulty_store_is_never_half_public(fault: Callable[..., Any]) -> None:
    writes = ("CopyObject", "PutObject")
    for number in (1, 2, 3):
        asset = ready_asset()
        with faulty(fault, writes, number) as counted, pytest.raises(MediaError):
            promote(asset.ladder)
        assert len(counted) == number
        is_whole(asset)
        assert asset.ladder.placement == Placement.PROMOTING
        assert promote(asset.ladder).placement == Placement.PUBLIC
        is_whole(asset)


@pytest.mark.parametrize("operation", ["DeleteObject", "HeadObject", "ListObjectsV2"])
@pytest.mark.parametrize("fault", [refusing, silent])
def test_a_withdrawal_on_a_faulty_store_is_never_acknowledged_before_it_is_done(
    fault: Callable[..., Any], operation: str
) -> None:
    asset = ready_asset()
    promote(asset.ladder)
    with faulty(fault, (operation,), 1) as counted, pytest.raises(MediaError):
        demote(asset.ladder)
    assert counted
    asset.ladder.refresh_from_db()
    assert asset.ladder.placement == Placement.DEMOTING
    demote(asset.ladder)
    is_whole(asset)
    assert asset.ladder.placement == Placement.PRIVATE


def test_a_deletion_that_the_store_only_claims_is_no_withdrawal() -> None:
    def claiming(client: BaseClient, name: str, given: dict[str, Any], request: Request) -> Any:
        return {}

    asset = ready_asset()
    promote(asset.ladder)
    with faulty(claiming, ("DeleteObject",), 1), pytest.raises(MediaError):
        demote(asset.ladder)
    asset.ladder.refresh_from_db()
    assert asset.ladder.placement == Placement.DEMOTING
