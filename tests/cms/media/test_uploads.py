"""Uploads in parts: cut, signed for, joined, read back; resumed, raced, damaged, given up."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import call_command
from django.db import connections
from django.utils import timezone
from pytest_django.fixtures import Settings
from wagtail.models import Collection

from cms.media import finishing, keys, parts, sending, storage, transfers, uploads
from cms.media.errors import ErrorCode, MediaError
from cms.media.interface import collect_leftovers, reconcile_uploads
from cms.media.parts import MEBI, Part
from cms.media.storage import Bucket
from content_models.models import Asset, AssetState, Upload, UploadState

# Three parts, the last one short.
DATA = hashlib.sha256(b"film").digest() * (11 * MEBI // 32) + b"end"
pure = pytest.mark.parametrize("size", [1, 5 * MEBI, 600 * MEBI, 10 * 1024**3, 5 * 1024**4])


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def piece(upload: Upload, number: int, data: bytes = DATA) -> bytes:
    return data[(number - 1) * upload.part_size : number * upload.part_size]


def checksum(upload: Upload, data: bytes = DATA) -> str:
    digest = parts.Digest(upload.part_size)
    digest.update(data)
    return digest.of_parts


def begun(data: bytes = DATA, **fields: Any) -> Upload:
    asked = {"user": None, "name": "VID.mp4", "fingerprint": "f1", "again": True}
    found = uploads.begin(**(asked | {"size": len(data)} | fields))
    assert isinstance(found, Upload)
    return found


def put(upload: Upload, number: int, data: bytes, *, claim: bytes | None = None) -> httpx.Response:
    (signed,) = uploads.sign(upload, [(number, md5(data if claim is None else claim))])
    return httpx.put(signed.url, content=data, headers=signed.headers, timeout=30)


def sent(data: bytes = DATA, **fields: Any) -> Upload:
    """All parts are in storage; nobody has said so."""
    upload = begun(data, **fields)
    for number in range(1, parts.part_count(upload.size, upload.part_size) + 1):
        assert put(upload, number, piece(upload, number, data)).status_code == 200
    return upload


def finished(upload: Upload, data: bytes = DATA) -> Upload:
    uploads.finish(upload, checksum(upload, data))
    finishing.finish(upload.pk)
    upload.refresh_from_db()
    return upload


def originals() -> list[str]:
    return storage.list_keys(Bucket.ORIGINALS, "")


@pure
def test_ten_thousand_parts_are_enough_and_none_is_too_small(size: int) -> None:
    each = parts.part_size(size)
    count = parts.part_count(size, each)
    assert 1 <= count <= parts.MOST
    assert each >= parts.SMALLEST
    assert each % MEBI == 0
    assert sum(parts.length(n, size, each) for n in (1, count) if count > 1) <= size
    assert parts.length(count, size, each) == size - (count - 1) * each > 0


def test_a_part_of_another_length_is_as_good_as_missing() -> None:
    there = [Part(number=1, size=5, etag=""), Part(number=2, size=4, etag="")]
    assert parts.missing(there, 12, 5) == (2, 3)
    assert parts.missing([], 1, 5) == (1,)


@pytest.mark.parametrize("step", [1, 7, 10, 1000])
def test_the_checksum_is_the_stores_own_however_the_bytes_come(step: int) -> None:
    data = bytes(range(25))
    digest = parts.Digest(10)
    for start in range(0, len(data), step):
        digest.update(data[start : start + step])
    singles = [hashlib.md5(data[i : i + 10]).digest() for i in (0, 10, 20)]
    assert digest.of_parts == f"{hashlib.md5(b''.join(singles)).hexdigest()}-3"
    assert digest.agrees(hashlib.sha256(data).hexdigest())
    assert digest.agrees(digest.of_parts)
    assert not digest.agrees(digest.of_parts.replace("-3", "-2"))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\video\\operasi.mp4", "operasi.mp4"),
        ("../../etc/passwd", "passwd"),
        ("a\x00b\u202ec\n.mp4", "abc.mp4"),
        ("", "original"),
        ("x" * 300 + ".mp4", "x" * 251 + ".mp4"),
    ],
)
def test_a_name_is_kept_without_what_could_deceive(given: str, kept: str) -> None:
    assert parts.clean_name(given) == kept


stored = [pytest.mark.django_db, pytest.mark.storage, pytest.mark.usefixtures("store")]


class TestInStorage:
    pytestmark = stored

    def test_what_arrives_is_one_asset_with_the_uploads_number_and_the_files_hash(self) -> None:
        upload = finished(sent())
        asset = Asset.objects.get()
        assert (upload.state, upload.asset, asset.uuid) == (UploadState.DONE, asset, upload.uuid)
        assert asset.sha256 == upload.sha256 == hashlib.sha256(DATA).hexdigest()
        assert (asset.size, asset.title, asset.state) == (len(DATA), "VID", AssetState.UPLOADED)
        assert b"".join(storage.read(Bucket.ORIGINALS, asset.original_key)) == DATA

    def test_the_store_refuses_a_part_with_other_bytes_or_another_length(self) -> None:
        upload = begun()
        good = piece(upload, 1)
        bad = b"\x00" + good[1:]
        assert put(upload, 1, bad, claim=good).status_code == 400
        assert put(upload, 1, good + b"x").status_code == 403
        (signed,) = uploads.sign(upload, [(1, md5(good))])
        assert httpx.put(signed.url, content=good).status_code == 403
        assert uploads.stored_parts(upload) == []

    def test_an_address_that_ran_out_is_replaced_by_a_new_one(self, settings: Settings) -> None:
        settings.MEDIA_UPLOAD_URL_SECONDS = 1
        upload = begun()
        (signed,) = uploads.sign(upload, [(3, md5(piece(upload, 3)))])
        threading.Event().wait(2.1)
        late = httpx.put(signed.url, content=piece(upload, 3), headers=signed.headers)
        assert late.status_code == 403
        assert put(upload, 3, piece(upload, 3)).status_code == 200

    def test_the_same_file_goes_on_where_it_was(self) -> None:
        upload = begun()
        put(upload, 2, piece(upload, 2))
        same = begun()
        assert same == upload
        assert [(p.number, p.etag) for p in uploads.stored_parts(same)] == [
            (2, hashlib.md5(piece(upload, 2)).hexdigest())
        ]
        with pytest.raises(MediaError, match="2 parts are missing: 1, 3"):
            uploads.finish(same, checksum(same))
        assert begun(fingerprint="other") != upload

    def test_finishing_twice_is_asking_how_it_stands(self) -> None:
        upload = sent()
        for _ in range(2):
            assert uploads.finish(upload, checksum(upload)).state == UploadState.FINISHING
        assert [finishing.finish(upload.pk) for _ in range(2)] == [True, False]
        assert uploads.finish(upload, checksum(upload)).state == UploadState.DONE
        assert Asset.objects.count() == 1

    def test_who_died_after_joining_is_followed_by_another(self) -> None:
        upload = sent()
        uploads.finish(upload, checksum(upload))
        transfers.join(upload.key, upload.store_id, uploads_parts(upload))
        Upload.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert finishing.finish(upload.pk)
        assert Asset.objects.get().sha256 == hashlib.sha256(DATA).hexdigest()

    def test_a_lease_that_another_holds_is_left_alone(self) -> None:
        upload = sent()
        uploads.finish(upload)
        Upload.objects.update(lease_until=timezone.now() + timedelta(minutes=1))
        assert not finishing.finish(upload.pk)
        assert not Asset.objects.exists()

    def test_a_finisher_that_was_overtaken_writes_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload = sent()
        uploads.finish(upload)
        read = storage.read

        def slow(bucket: Bucket, key: str) -> Iterator[bytes]:
            yield from read(bucket, key)
            Upload.objects.update(lease_until=timezone.now() + timedelta(minutes=5))

        monkeypatch.setattr(storage, "read", slow)
        assert not finishing.finish(upload.pk)
        assert not Asset.objects.exists()
        upload.refresh_from_db()
        assert upload.state == UploadState.FINISHING

    def test_a_store_that_spoils_bytes_is_found_out_and_nothing_is_acknowledged(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        readings = []
        read = storage.read

        def spoilt(bucket: Bucket, key: str) -> Iterator[bytes]:
            readings.append(key)
            for chunk in read(bucket, key):
                yield bytes([chunk[0] ^ 1]) + chunk[1:]

        upload = sent()
        monkeypatch.setattr(storage, "read", spoilt)
        finished(upload)
        assert (upload.state, upload.message_code) == (UploadState.REFUSED, ErrorCode.DAMAGED)
        assert len(readings) == finishing.READINGS
        assert not Asset.objects.exists()
        assert originals() == []

    def test_one_bad_reading_is_no_damage(self, monkeypatch: pytest.MonkeyPatch) -> None:
        read, readings = storage.read, []

        def once_spoilt(bucket: Bucket, key: str) -> Iterator[bytes]:
            readings.append(key)
            for chunk in read(bucket, key):
                yield b"?" + chunk[1:] if len(readings) == 1 else chunk

        upload = sent()
        monkeypatch.setattr(storage, "read", once_spoilt)
        assert finished(upload).state == UploadState.DONE

    def test_a_sha256_of_the_sender_counts_as_well(self) -> None:
        upload = sent()
        uploads.finish(upload, hashlib.sha256(b"another file").hexdigest())
        finishing.finish(upload.pk)
        upload.refresh_from_db()
        assert upload.state == UploadState.REFUSED
        with pytest.raises(MediaError) as refused:
            uploads.finish(begun(fingerprint="g"), "abc")
        assert refused.value.code is ErrorCode.INVALID

    def test_the_same_bytes_are_kept_once_whatever_they_are_called(self) -> None:
        first = finished(sent())
        second = finished(sent(name="salinan.mov", fingerprint="f2"))
        assert second.asset == first.asset
        assert (second.state, second.message_code) == (UploadState.DONE, "known")
        assert Asset.objects.count() == 1
        assert originals() == [first.key]

    def test_the_operators_file_for_another_unit_is_another_file(self) -> None:
        units = [Collection.get_first_root_node().add_child(name=name) for name in ("A", "B")]
        first, second = (finished(sent(collection=unit)) for unit in units)
        assert first.asset != second.asset
        assert [upload.asset.collection for upload in (first, second)] == units
        assert finished(sent(collection=units[1])).asset == second.asset

    def test_new_bytes_are_kept_where_the_older_ones_are_spoilt_or_lost(self) -> None:
        first = finished(sent())
        storage.put_bytes(Bucket.ORIGINALS, first.key, DATA[:-1] + b"!", content_type="video/mp4")
        second = finished(sent())
        assert second.asset != first.asset
        assert b"".join(storage.read(Bucket.ORIGINALS, second.key)) == DATA
        storage.delete(Bucket.ORIGINALS, [first.key])
        assert finished(sent()).asset != first.asset

    def test_a_file_that_is_here_is_offered_before_a_byte_is_sent(self) -> None:
        first = finished(sent())
        found = uploads.begin(user=None, name="b.mp4", size=len(DATA), fingerprint="f1")
        assert found == first.asset
        Asset.objects.update(state=AssetState.REFUSED)
        assert begun(again=False).state == UploadState.OPEN

    def test_a_store_that_is_down_only_delays(self, settings: Settings) -> None:
        upload = sent()
        uploads.finish(upload, checksum(upload))
        endpoint = settings.S3_ENDPOINT_URL
        settings.S3_ENDPOINT_URL = "http://127.0.0.1:1"
        assert not finishing.finish(upload.pk)
        settings.S3_ENDPOINT_URL = endpoint
        assert not finishing.finish(upload.pk), "it waits a little"
        Upload.objects.update(lease_until=timezone.now())
        assert finishing.finish(upload.pk)

    def test_what_fails_for_hours_beside_a_store_that_answers_is_to_be_sent_again(
        self, monkeypatch: pytest.MonkeyPatch, settings: Settings
    ) -> None:
        upload = sent()
        uploads.finish(upload, checksum(upload))

        def lost(bucket: Bucket, key: str) -> Iterator[bytes]:
            raise MediaError(ErrorCode.STORAGE, "The volume is gone.")

        def fail(times: int) -> str:
            for _ in range(times):
                Upload.objects.update(lease_until=timezone.now())
                assert not finishing.finish(upload.pk)
            upload.refresh_from_db()
            return upload.state

        monkeypatch.setattr(storage, "read", lost)
        assert fail(finishing.FEWEST_FAILURES + 1) == UploadState.FINISHING
        long_ago = timezone.now() - finishing.LONGEST_FAILING
        stale = {"since": long_ago.isoformat(), "failures": finishing.FEWEST_FAILURES}
        Upload.objects.update(message_params=stale)
        endpoint = settings.S3_ENDPOINT_URL
        settings.S3_ENDPOINT_URL = "http://127.0.0.1:1"
        assert fail(1) == UploadState.FINISHING, "a store that is away has lost nothing"
        assert upload.message_params == {}
        settings.S3_ENDPOINT_URL = endpoint
        Upload.objects.update(message_params=stale)
        assert fail(1) == UploadState.REFUSED
        assert upload.message_code == ErrorCode.LOST
        assert begun() != upload

    def test_what_no_worker_heard_of_is_queued_again(self) -> None:
        upload = sent()
        uploads.finish(upload)
        assert reconcile_uploads() == ()
        Upload.objects.update(touched_at=timezone.now() - timedelta(hours=1))
        assert reconcile_uploads() == (upload.pk,)
        finishing.finish(upload.pk)
        assert reconcile_uploads() == ()

    def test_parts_that_the_store_lost_are_asked_for_again(self) -> None:
        upload = sent()
        uploads.finish(upload, checksum(upload))
        transfers.end_transfer(upload.key, upload.store_id)
        finishing.finish(upload.pk)
        upload.refresh_from_db()
        assert (upload.state, upload.message_code) == (UploadState.REFUSED, ErrorCode.LOST)

    def test_an_upload_whose_parts_are_gone_gives_way_to_a_new_one(self) -> None:
        upload = begun()
        transfers.end_transfer(upload.key, upload.store_id)
        with pytest.raises(MediaError) as refused:
            uploads.stored_parts(upload)
        assert refused.value.code is ErrorCode.GONE
        assert begun() != upload

    def test_an_upload_that_was_given_up_takes_nothing_more(self) -> None:
        upload = begun()
        (signed,) = uploads.sign(upload, [(1, md5(piece(upload, 1)))])
        uploads.abandon(upload)
        upload.refresh_from_db()
        late = httpx.put(signed.url, content=piece(upload, 1), headers=signed.headers)
        assert late.status_code == 404
        for call in (uploads.stored_parts, uploads.finish):
            with pytest.raises(MediaError) as refused:
                call(upload)
            assert refused.value.code is ErrorCode.GONE

    def test_only_what_nobody_touched_for_long_is_given_up(self, settings: Settings) -> None:
        settings.MEDIA_UPLOAD_KEEP_DAYS = 14
        old, fresh = begun(fingerprint="old"), begun(fingerprint="fresh")
        Upload.objects.filter(pk=old.pk).update(touched_at=timezone.now() - timedelta(days=15))
        now = timedelta(0)
        unknown = transfers.open_transfer(keys.original(old.uuid), "video/mp4")
        found = collect_leftovers(age=now, age_of_originals=now)
        assert (found.uploads, found.transfers) == (1, 1)
        old.refresh_from_db()
        assert old.state == UploadState.ABANDONED
        assert transfers.list_parts(old.key, unknown) is None
        assert transfers.list_parts(old.key, old.store_id) is None
        assert put(fresh, 1, piece(fresh, 1)).status_code == 200

    def test_an_original_that_is_being_finished_is_no_leftover(self) -> None:
        upload = sent()
        uploads.finish(upload)
        transfers.join(upload.key, upload.store_id, uploads_parts(upload))
        collect_leftovers(age=timedelta(0), age_of_originals=timedelta(0))
        assert originals() == [upload.key]

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"size": 0}, ErrorCode.EMPTY),
            ({"size": 11 * 1024**3}, ErrorCode.TOO_LARGE),
        ],
    )
    def test_what_cannot_be_kept_is_not_begun(
        self, fields: dict[str, Any], code: ErrorCode
    ) -> None:
        with pytest.raises(MediaError) as refused:
            begun(**fields)
        assert refused.value.code is code
        assert not Upload.objects.exists()

    def test_the_command_goes_on_where_it_was(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
    ) -> None:
        path = tmp_path / "film.mp4"
        path.write_bytes(DATA)
        put_part, numbers = transfers.put_part, []

        def breaking(key: str, store_id: str, number: int, data: bytes, md5: str) -> None:
            if number == 2 and 2 not in numbers:
                numbers.append(2)
                raise MediaError(ErrorCode.STORAGE, "the line broke")
            numbers.append(number)
            put_part(key, store_id, number, data, md5)

        monkeypatch.setattr(transfers, "put_part", breaking)
        with pytest.raises(MediaError, match="broke"):
            sending.send_file(path)
        assert sorted(numbers) == [1, 2, 3]
        numbers[:] = [2]
        asset = sending.send_file(path)
        assert numbers == [2, 2], "only the missing part is sent"
        assert asset.sha256 == hashlib.sha256(DATA).hexdigest()
        call_command("ingest", str(path))
        assert capsys.readouterr().out.startswith(f"{asset.pk} {asset.uuid}")
        assert Asset.objects.count() == 1


@pytest.mark.storage
@pytest.mark.usefixtures("store")
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_raced_finishes_make_one_asset_and_none_reports_a_failure() -> None:
    if connections["default"].vendor == "sqlite":
        pytest.skip("In memory SQLite refuses a second writer at once; a browser races on a file.")
    upload = sent()
    shown: list[str] = []

    def race() -> None:
        try:
            again = Upload.objects.get(pk=upload.pk)
            shown.append(uploads.finish(again, checksum(again)).state)
            finishing.finish(upload.pk)
        except MediaError as error:
            shown.append(repr(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(shown) <= {UploadState.FINISHING, UploadState.DONE}
    assert Asset.objects.get().uuid == upload.uuid
    assert Upload.objects.get().state == UploadState.DONE


def uploads_parts(upload: Upload) -> list[Part]:
    return transfers.list_parts(upload.key, upload.store_id) or []
