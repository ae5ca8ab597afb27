"""What strangers see of the store, and what a store that lies is caught at."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import httpx
import pytest

from cms.embedded.object_storage import RunningStore
from cms.media import storage
from cms.media.errors import ErrorCode, MediaError
from cms.media.storage import Bucket, bucket_name

pytestmark = pytest.mark.storage

DATA = b"evidence" * 1000
SHA256 = hashlib.sha256(DATA).hexdigest()
ORIGIN = {"Origin": "http://site.example"}


def address(store: RunningStore, bucket: Bucket, key: str) -> str:
    return f"{store.endpoint_url}/{bucket_name(bucket)}/{key}"


@pytest.mark.parametrize("bucket", [Bucket.ORIGINALS, Bucket.STAGING])
def test_a_stranger_reads_nothing_private(store: RunningStore, bucket: Bucket) -> None:
    storage.put_bytes(bucket, "a/original", DATA, content_type="video/mp4")
    assert httpx.get(address(store, bucket, "a/original")).status_code == 403
    assert httpx.get(address(store, bucket, "")).status_code == 403
    assert httpx.delete(address(store, bucket, "a/original")).status_code == 403
    assert storage.head(bucket, "a/original")


def test_a_stranger_neither_lists_nor_changes_what_is_public(store: RunningStore) -> None:
    storage.put_bytes(Bucket.MEDIA, "a/film.mp4", DATA, content_type="video/mp4")
    assert httpx.get(address(store, Bucket.MEDIA, "a/film.mp4")).content == DATA
    assert httpx.get(address(store, Bucket.MEDIA, "")).status_code == 403
    assert httpx.put(address(store, Bucket.MEDIA, "a/film.mp4"), content=b"x").status_code == 403
    assert httpx.delete(address(store, Bucket.MEDIA, "a/film.mp4")).status_code == 403
    assert httpx.get(address(store, Bucket.MEDIA, "a/film.mp4")).content == DATA


def test_the_filer_answers_401_to_reading_and_deleting_an_original(store: RunningStore) -> None:
    storage.put_bytes(Bucket.ORIGINALS, "a/original", DATA, content_type="video/mp4")
    behind = f"http://127.0.0.1:{store.ports.filer}/buckets/{bucket_name(Bucket.ORIGINALS)}"
    assert httpx.get(f"{behind}/a/original").status_code == 401
    assert httpx.delete(f"{behind}/a/original").status_code == 401
    assert httpx.delete(f"{behind}/a?recursive=true").status_code == 401
    storage.verify(Bucket.ORIGINALS, "a/original", size=len(DATA), sha256=SHA256)


def test_the_site_may_read_media_by_range_across_origins(store: RunningStore) -> None:
    storage.put_bytes(Bucket.MEDIA, "a/film.mp4", DATA, content_type="video/mp4")
    answer = httpx.get(
        address(store, Bucket.MEDIA, "a/film.mp4"), headers={**ORIGIN, "Range": "bytes=8-15"}
    )
    assert (answer.status_code, answer.content) == (206, b"evidence")
    assert answer.headers["content-range"] == f"bytes 8-15/{len(DATA)}"
    assert answer.headers["access-control-allow-origin"] in {"*", ORIGIN["Origin"]}
    assert "content-range" in answer.headers["access-control-expose-headers"].lower()
    assert answer.headers["cache-control"] == storage.IMMUTABLE


def test_a_presigned_address_reads_one_private_object_for_a_while(store: RunningStore) -> None:
    storage.put_bytes(Bucket.STAGING, "a/film.mp4", DATA, content_type="video/mp4")
    assert httpx.get(storage.presigned_url("a/film.mp4")).content == DATA
    named = storage.presigned_url("a/film.mp4", download_as="bukti “1”.mp4")
    assert "attachment" in httpx.get(named).headers["content-disposition"]
    other = storage.presigned_url("a/film.mp4").replace("/a/film.mp4", "/a/other.mp4")
    assert httpx.get(other).status_code == 403


def test_setting_up_twice_changes_nothing(store: RunningStore) -> None:
    assert storage.setup_storage() == storage.setup_storage()


def test_a_large_file_goes_up_in_parts_and_comes_back_whole(
    store: RunningStore, tmp_path: Path
) -> None:
    data = hashlib.sha256(b"seed").digest() * (40 * 1024 * 1024 // 32)
    path = tmp_path / "large"
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    counted: list[int] = []
    storage.put_file(
        Bucket.STAGING,
        "a/large",
        path,
        sha256=digest,
        content_type="video/mp4",
        tick=counted.append,
    )
    assert sum(counted) == 2 * len(data)
    assert "-" in storage.head(Bucket.STAGING, "a/large")["ETag"]  # type: ignore[index]
    assert storage.download(Bucket.STAGING, "a/large", tmp_path / "back") == digest


def test_other_bytes_than_were_written_are_noticed(store: RunningStore) -> None:
    storage.put_bytes(Bucket.STAGING, "a/film.mp4", DATA, content_type="video/mp4")
    storage.client().put_object(
        Bucket=bucket_name(Bucket.STAGING), Key="a/film.mp4", Body=DATA[:-1] + b"X"
    )
    with pytest.raises(MediaError) as caught:
        storage.verify(Bucket.STAGING, "a/film.mp4", size=len(DATA), sha256=SHA256)
    assert caught.value.code == ErrorCode.CHECKSUM


def test_an_upload_that_is_given_up_leaves_nothing(store: RunningStore) -> None:
    class Breaks(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() >= 16 * 1024 * 1024:
                raise MediaError(ErrorCode.TOO_LARGE, "too large")
            return super().read(size)

    with pytest.raises(MediaError, match="too large"):
        storage.put_stream(
            Bucket.ORIGINALS, "a/original", Breaks(bytes(2**25)), content_type="video/mp4"
        )
    assert storage.head(Bucket.ORIGINALS, "a/original") is None
    name = bucket_name(Bucket.ORIGINALS)
    assert not storage.client().list_multipart_uploads(Bucket=name).get("Uploads")


def test_a_store_that_is_down_is_named_in_the_error(settings: object) -> None:
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:9"  # type: ignore[attr-defined]
    with pytest.raises(MediaError, match="S3_ENDPOINT_URL"):
        storage.head(Bucket.MEDIA, "a/film.mp4")
