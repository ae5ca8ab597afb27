"""Public means copied and verified; private means gone; a kill at any step is made good."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from botocore.client import BaseClient
from django.db.models import Model
from django.db.models.signals import pre_save

from cms.media import promotion, storage
from cms.media.errors import ErrorCode, MediaError
from cms.media.interface import delete_asset_files, demote, media_url, promote
from cms.media.storage import Bucket
from content_models.models import Asset, Captions, Ladder, Placement
from tests.cms.media.ladders import CAPTIONS, FILES, add_ladder, ready_asset

pytestmark = [pytest.mark.django_db, pytest.mark.storage, pytest.mark.usefixtures("store")]


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


@contextmanager
def killed_at(step: int) -> Iterator[list[str]]:
    """Die before the step-th act, a request to the store or a saved row, and do nothing more."""
    acts: list[str] = []
    request = BaseClient._make_api_call

    def note(act: str) -> None:
        acts.append(act)
        if step and len(acts) >= step:
            raise Killed

    def call(self: BaseClient, name: str, parameters: dict[str, Any]) -> Any:
        note(name)
        return request(self, name, parameters)

    def saving(sender: type[Model], **kwargs: Any) -> None:
        if sender in {Ladder, Captions}:
            note(f"save {sender.__name__}")

    BaseClient._make_api_call = call  # type: ignore[method-assign]
    pre_save.connect(saving)
    try:
        yield acts
    finally:
        BaseClient._make_api_call = request  # type: ignore[method-assign]
        pre_save.disconnect(saving)


def addresses(asset: Asset) -> dict[str, bytes]:
    assert asset.ladder is not None
    captions = asset.captions.get()
    files = {media_url(asset.ladder.prefix + name): data for name, data in FILES.items()}
    return {**files, media_url(captions.key): CAPTIONS.encode()}


def test_what_is_promoted_is_public_whole_and_cached_for_a_year() -> None:
    asset = ready_asset()
    assert promote(asset.ladder).placement == Placement.PUBLIC
    for address, data in addresses(asset).items():
        answer = httpx.get(address, headers={"Origin": "http://site.example"})
        assert (answer.status_code, answer.content) == (200, data)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "access-control-allow-origin" in answer.headers
    types = [httpx.head(address).headers["content-type"] for address in addresses(asset)]
    assert types == ["video/mp4", "application/vnd.apple.mpegurl", "text/vtt; charset=utf-8"]
    assert asset.captions.get().is_public


def test_before_promotion_and_after_demotion_nothing_is_there() -> None:
    asset = ready_asset()
    assert {httpx.get(a).status_code for a in addresses(asset)} <= {403, 404}
    promote(asset.ladder)
    assert demote(asset.ladder).placement == Placement.PRIVATE
    assert {httpx.get(a).status_code for a in addresses(asset)} <= {403, 404}
    assert storage.list_keys(Bucket.MEDIA, "") == []
    assert not asset.captions.get().is_public
    assert len(storage.list_keys(Bucket.STAGING, asset.ladder.prefix)) == len(FILES)


def test_promoting_twice_copies_once() -> None:
    asset = ready_asset()
    promote(asset.ladder)
    with killed_at(0) as acts:
        promote(asset.ladder)
    assert acts == []


def test_a_promotion_killed_at_any_step_is_finished_by_the_next() -> None:
    step = 0
    while True:
        step += 1
        asset = ready_asset()
        try:
            with killed_at(step) as acts:
                promote(asset.ladder)
        except Killed:
            asset.ladder.refresh_from_db()
            state = asset.ladder.placement
            assert state == (Placement.PRIVATE if step == 1 else Placement.PROMOTING)
            assert promote(asset.ladder).placement == Placement.PUBLIC
        for address, data in addresses(asset).items():
            assert httpx.get(address).content == data
        assert asset.captions.get().is_public
        if len(acts) < step:
            break
    assert step > 10


def test_a_demotion_killed_at_any_step_is_finished_by_the_next() -> None:
    step = 0
    while True:
        step += 1
        asset = ready_asset()
        promote(asset.ladder)
        try:
            with killed_at(step) as acts:
                demote(asset.ladder)
        except Killed:
            asset.ladder.refresh_from_db()
            state = asset.ladder.placement
            # The intention is recorded in one transaction of two rows.
            assert state == (Placement.PUBLIC if step <= 2 else Placement.DEMOTING)
            demote(asset.ladder)
        asset.ladder.refresh_from_db()
        assert asset.ladder.placement == Placement.PRIVATE
        assert {httpx.get(a).status_code for a in addresses(asset)} <= {403, 404}
        if len(acts) < step:
            break
    assert step > 8


def test_a_copy_that_the_store_spoilt_is_made_again() -> None:
    asset = ready_asset()
    key = f"{asset.ladder.prefix}144p.mp4"
    storage.put_bytes(Bucket.MEDIA, key, bytes(len(FILES["144p.mp4"])), content_type="video/mp4")
    promote(asset.ladder)
    assert httpx.get(media_url(key)).content == FILES["144p.mp4"]


def test_a_ladder_whose_file_is_spoilt_in_staging_never_becomes_public() -> None:
    asset = ready_asset()
    key = f"{asset.ladder.prefix}144p.mp4"
    storage.put_bytes(Bucket.STAGING, key, b"other", content_type="video/mp4")
    with pytest.raises(MediaError) as caught:
        promote(asset.ladder)
    assert caught.value.code == ErrorCode.CHECKSUM
    asset.ladder.refresh_from_db()
    assert asset.ladder.placement == Placement.PROMOTING


def test_a_withdrawal_during_a_promotion_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    asset = ready_asset()
    publish = promotion.publish_captions

    def withdraw_then_publish(of: Asset) -> int:
        demote(asset.ladder)
        return publish(of)

    monkeypatch.setattr(promotion, "publish_captions", withdraw_then_publish)
    with pytest.raises(MediaError) as caught:
        promote(asset.ladder)
    assert caught.value.code == ErrorCode.OVERTAKEN
    asset.ladder.refresh_from_db()
    assert asset.ladder.placement == Placement.PRIVATE
    assert storage.list_keys(Bucket.MEDIA, "") == []


def test_withdrawing_a_replaced_ladder_leaves_the_new_one_and_the_captions() -> None:
    asset = ready_asset()
    old = asset.ladder
    promote(old)
    new = add_ladder(asset, 2)
    promote(new)
    demote(old)
    assert storage.list_keys(Bucket.MEDIA, old.prefix) == []
    assert len(storage.list_keys(Bucket.MEDIA, new.prefix)) == len(FILES)
    assert httpx.get(media_url(asset.captions.get().key)).status_code == 200


def test_changed_captions_become_public_at_a_new_address() -> None:
    asset = ready_asset()
    promote(asset.ladder)
    captions = asset.captions.get()
    before = media_url(captions.key)
    captions.text = CAPTIONS.replace("siang", "malam")
    captions.save()
    assert not captions.is_public
    promote(asset.ladder)
    captions.refresh_from_db()
    assert captions.is_public
    assert media_url(captions.key) != before
    assert "malam" in httpx.get(media_url(captions.key)).text


@pytest.mark.parametrize("change", [{"text": CAPTIONS + "\n"}, {"language": "su"}])
def test_captions_changed_while_they_are_written_are_written_again(
    change: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = ready_asset()
    write = storage.put_bytes

    def interfere(*args: Any, **kwargs: Any) -> None:
        write(*args, **kwargs)
        monkeypatch.undo()
        captions = asset.captions.get()
        for name, value in change.items():
            setattr(captions, name, value)
        captions.save(update_fields=list(change))

    monkeypatch.setattr(storage, "put_bytes", interfere)
    promote(asset.ladder)
    assert not asset.captions.get().is_public
    promote(asset.ladder)
    captions = asset.captions.get()
    assert captions.is_public
    assert httpx.get(media_url(captions.key)).content == captions.text.encode()


def test_a_deleted_asset_leaves_no_object_in_any_bucket() -> None:
    asset = ready_asset()
    promote(asset.ladder)
    other = ready_asset()
    assert delete_asset_files(asset.uuid) == 1 + 2 * len(FILES) + 1
    for bucket in (Bucket.ORIGINALS, Bucket.STAGING, Bucket.MEDIA):
        left = storage.list_keys(bucket, "")
        assert all(key.startswith(str(other.uuid)) for key in left)
    assert storage.head(Bucket.ORIGINALS, other.original_key) is not None
