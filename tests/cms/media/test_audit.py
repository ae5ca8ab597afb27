"""The public bucket is read again: what is wrong is found, mended if it can be, and told."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ResponseStreamingError
from django.core.management import CommandError, call_command
from django.utils import timezone

from cms.media import storage
from cms.media.audit import Kind, audit, undo_mending
from cms.media.errors import ErrorCode, MediaError
from cms.media.interface import demote, media_url, promote
from cms.media.promotion import publish_captions
from cms.media.storage import Bucket
from content_models.models import Asset, AssetState, Ladder, Placement
from tests.cms.media.ladders import FILES, add_ladder, ready_asset

pytestmark = [pytest.mark.django_db, pytest.mark.storage, pytest.mark.usefixtures("store")]

AT_ONCE = timedelta(seconds=-5)


def public_asset() -> Asset:
    asset = ready_asset()
    promote(asset.ladder)
    return asset


@pytest.fixture
def asset() -> Asset:
    """A video whose files and captions are public."""
    return public_asset()


def key(asset: Asset, name: str = "144p.mp4") -> str:
    return f"{asset.ladder.prefix}{name}"


def put(public_key: str, data: bytes, content_type: str = "video/mp4") -> None:
    storage.put_bytes(Bucket.MEDIA, public_key, data, content_type=content_type)


def missing(asset: Asset) -> str:
    storage.delete(Bucket.MEDIA, [key(asset)])
    return key(asset)


def shorter(asset: Asset) -> str:
    put(key(asset), FILES["144p.mp4"][:-1])
    return key(asset)


def spoilt(asset: Asset) -> str:
    put(key(asset), b"f1lm" * 5000)
    return key(asset)


def mislabelled(asset: Asset) -> str:
    put(key(asset), FILES["144p.mp4"], "text/html")
    return key(asset)


def captionless(asset: Asset) -> str:
    captions = asset.captions.get()
    storage.delete(Bucket.MEDIA, [captions.key])
    return str(captions.key)


def is_whole(asset: Asset) -> None:
    for name, data in FILES.items():
        answer = httpx.get(media_url(key(asset, name)))
        assert answer.content == data
        assert "html" not in answer.headers["content-type"]
    captions = asset.captions.get()
    assert httpx.get(media_url(captions.key)).text == captions.text


def test_what_is_as_it_should_be_is_told_so(asset: Asset) -> None:
    found = audit(settled=AT_ONCE)
    assert (found.ladders, found.files, found.remaining, found.faults) == (1, 3, 0, ())
    assert found.bytes == sum(map(len, FILES.values())) + asset.captions.get().size
    asset.ladder.refresh_from_db()
    assert asset.ladder.audited_at is not None


@pytest.mark.parametrize(
    ("harm", "kind"),
    [
        (missing, Kind.MISSING),
        (shorter, Kind.CORRUPT),
        (spoilt, Kind.CORRUPT),
        (mislabelled, Kind.HEADERS),
        (captionless, Kind.MISSING),
    ],
)
def test_what_was_lost_or_spoilt_is_found_and_written_again(
    asset: Asset, harm: Any, kind: Kind
) -> None:
    harmed = harm(asset)
    seen = audit(mend=False)
    assert [(fault.key, fault.kind, fault.repaired) for fault in seen.faults] == [
        (harmed, kind, False)
    ]
    (fault,) = audit(again=True).faults
    assert (fault.key, fault.kind, fault.repaired) == (harmed, kind, True)
    is_whole(asset)
    assert audit(again=True).faults == ()


def test_what_staging_has_lost_too_is_told_and_stays_told(asset: Asset) -> None:
    harmed = spoilt(asset)
    storage.put_bytes(Bucket.STAGING, harmed, b"?", content_type="video/mp4")
    found = audit()
    (fault,) = found.standing
    assert fault.kind == Kind.CORRUPT
    assert "cannot be copied again" in fault.detail
    asset.ladder.refresh_from_db()
    assert [told["key"] for told in asset.ladder.faults] == [harmed]
    # What is still there, though wrong, is not thrown away for nothing.
    assert storage.head(Bucket.MEDIA, harmed) is not None


def test_what_viewers_cannot_reach_is_a_fault(asset: Asset, settings: Any) -> None:
    settings.MEDIA_BASE_URL = f"{settings.S3_ENDPOINT_URL}/{settings.S3_BUCKET_PREFIX}-staging"
    assert {fault.kind for fault in audit().standing} == {Kind.UNREACHABLE}


def test_a_public_address_or_a_store_that_is_down_is_no_fault_of_the_files(
    asset: Asset, settings: Any
) -> None:
    address = settings.MEDIA_BASE_URL
    settings.MEDIA_BASE_URL = "http://127.0.0.1:1/media"
    with pytest.raises(MediaError, match="does not answer"):
        audit()
    settings.MEDIA_BASE_URL = address
    asset.ladder.refresh_from_db()
    assert (asset.ladder.faults, asset.ladder.audited_at) == ([], None)
    assert audit().ladders == 1


class Breaking:
    """The body of an answer that ends too soon."""

    def iter_chunks(self, size: int) -> Iterator[bytes]:
        yield b"f"
        raise ResponseStreamingError(error="short")

    def close(self) -> None:
        """As bodies have it."""


def answering(status: int, code: str) -> Any:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    raise ClientError(answer, "GetObject")


@contextmanager
def unreadable(
    monkeypatch: pytest.MonkeyPatch, harmed: str, get: Callable[[], Any], *, times: int = 1000
) -> Iterator[None]:
    """A store that answers so, when one public object is read; the first `times`."""
    ask, left = BaseClient._make_api_call, [times]

    def call(self: BaseClient, name: str, given: dict[str, Any]) -> Any:
        public = given.get("Bucket", "").endswith("-media")
        if name == "GetObject" and public and given["Key"] == harmed and left[0]:
            left[0] -= 1
            return get()
        return ask(self, name, given)

    with monkeypatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", call)
        yield


def test_a_store_that_says_what_it_has_but_reads_none_of_it_is_no_fault_of_the_files(
    asset: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = BaseClient._make_api_call

    def call(self: BaseClient, name: str, given: dict[str, Any]) -> Any:
        return answering(500, "InternalError") if name == "GetObject" else ask(self, name, given)

    with monkeypatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", call)
        with pytest.raises(MediaError) as caught:
            audit()
    assert caught.value.code == ErrorCode.STORAGE
    asset.ladder.refresh_from_db()
    assert (asset.ladder.faults, asset.ladder.audited_at) == ([], None)


@pytest.mark.parametrize(
    "get",
    [
        lambda: answering(500, "InternalError"),
        lambda: answering(404, "NoSuchKey"),
        lambda: {"Body": Breaking()},
    ],
)
def test_an_object_that_cannot_be_read_keeps_none_behind_it_unseen(
    monkeypatch: pytest.MonkeyPatch, get: Callable[[], Any]
) -> None:
    first, second = public_asset(), public_asset()
    with unreadable(monkeypatch, key(first), get):
        found = audit()
    (fault,) = found.standing
    assert (fault.key, fault.kind, found.ladders) == (key(first), Kind.UNREADABLE, 2)
    for asset in (first, second):
        asset.ladder.refresh_from_db()
        assert asset.ladder.audited_at is not None
    assert [told["kind"] for told in first.ladder.faults] == ["unreadable"]
    with unreadable(monkeypatch, key(first), get, times=1):
        (fault,) = audit(again=True).faults
    assert (fault.kind, fault.repaired) == (Kind.UNREADABLE, True)
    is_whole(first)


def test_what_is_withdrawn_while_it_is_read_is_no_fault(
    asset: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def withdrawn() -> Any:
        demote(Ladder.objects.get())
        return answering(404, "NoSuchKey")

    with unreadable(monkeypatch, key(asset), withdrawn, times=1):
        assert audit().faults == ()
    assert storage.list_keys(Bucket.MEDIA, f"{asset.uuid}/") == []


@contextmanager
def edge(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A public address of our own; what it stands at."""
    handler = type("Edge", (BaseHTTPRequestHandler,), {"do_GET": answer})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_edge_that_breaks_off_for_one_object_is_a_fault_of_that_one(
    asset: Asset, settings: Any
) -> None:
    asked: list[str] = []

    def broken(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.path)
        once = request.path.endswith("m3u8") and asked.count(request.path) == 1
        if once or request.path.endswith("144p.mp4"):
            request.close_connection = True
            return
        request.send_response(206)
        request.send_header("Content-Length", "0")
        request.end_headers()

    with edge(broken) as settings.MEDIA_BASE_URL:
        (fault,) = audit().standing
    assert (fault.key, fault.kind) == (key(asset), Kind.UNREACHABLE)
    asset.ladder.refresh_from_db()
    assert asset.ladder.audited_at is not None


def test_an_edge_that_knows_no_ranges_is_not_read_to_the_end(asset: Asset, settings: Any) -> None:
    sent: list[int] = []

    def whole(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(64 * 1024 * 1024))
        request.end_headers()
        sent.append(0)
        this = len(sent) - 1
        try:
            for _ in range(64):
                sent[this] += request.wfile.write(b"f" * 1024 * 1024)
        except OSError:
            request.close_connection = True

    with edge(whole) as settings.MEDIA_BASE_URL:
        assert audit().faults == ()
    # What lies in the buffers of the two ends.
    assert max(sent) < 32 * 1024 * 1024


def test_strangers_are_told_of_and_what_is_private_is_taken_away(asset: Asset) -> None:
    private = ready_asset()
    put(key(private), FILES["144p.mp4"])
    put("notes.txt", b"?", "text/plain")
    put(key(asset, "candidate-1.jpg"), b"?", "image/jpeg")
    assert audit().faults == ()
    found = audit(settled=AT_ONCE)
    told = {(fault.key, fault.kind, fault.repaired) for fault in found.faults}
    assert told == {
        (key(private), Kind.EXPOSED, True),
        ("notes.txt", Kind.FOREIGN, False),
        (key(asset, "candidate-1.jpg"), Kind.FOREIGN, False),
    }
    assert storage.head(Bucket.MEDIA, key(private)) is None
    assert storage.head(Bucket.MEDIA, "notes.txt") is not None
    is_whole(asset)


def test_an_audit_that_is_stopped_goes_on_with_what_was_unseen_longest() -> None:
    assets = [public_asset() for _ in range(3)]
    first = audit(seconds=0)
    assert (first.ladders, first.remaining) == (1, 2)
    seen = Ladder.objects.get(audited_at__isnull=False)
    assert audit(seconds=0).remaining == 1
    assert audit().remaining == 0
    assert audit().ladders == 0
    Ladder.objects.filter(pk=seen.pk).update(audited_at=timezone.now() - timedelta(days=2))
    assert audit().ladders == 1
    assert audit(again=True).ladders == len(assets)


def test_it_reads_no_faster_than_it_is_told(asset: Asset) -> None:
    size = sum(map(len, FILES.values())) + asset.captions.get().size
    began = time.monotonic()
    audit(rate=size / 1.0)
    assert 0.9 < time.monotonic() - began < 20


def test_what_is_withdrawn_while_it_is_mended_does_not_stay_public(
    asset: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    harmed = missing(asset)
    publish = storage.publish

    def withdraw_and_publish(*arguments: Any, **options: Any) -> None:
        demote(Ladder.objects.get())
        publish(*arguments, **options)

    monkeypatch.setattr(storage, "publish", withdraw_and_publish)
    (fault,) = audit().faults
    assert fault.repaired
    assert storage.list_keys(Bucket.MEDIA, f"{asset.uuid}/") == []
    assert storage.head(Bucket.MEDIA, harmed) is None


def test_captions_corrected_while_they_are_mended_do_not_come_back(
    asset: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = captionless(asset)
    put_bytes = storage.put_bytes

    def correct_and_put(*arguments: Any, **options: Any) -> None:
        monkeypatch.setattr(storage, "put_bytes", put_bytes)
        captions = asset.captions.get()
        captions.text = captions.text.replace("siang", "malam")
        captions.is_public = False
        captions.save()
        publish_captions(asset)
        put_bytes(*arguments, **options)

    monkeypatch.setattr(storage, "put_bytes", correct_and_put)
    (fault,) = audit().faults
    assert (fault.key, fault.repaired) == (former, True)
    assert asset.captions.get().key != former
    assert storage.head(Bucket.MEDIA, former) is None
    is_whole(asset)


def test_captions_that_another_ladder_shows_stay_when_one_is_withdrawn_while_they_are_mended(
    asset: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = asset.ladder
    captionless(asset)
    promote(add_ladder(asset, 2))
    put_bytes = storage.put_bytes

    def withdraw_and_put(*arguments: Any, **options: Any) -> None:
        demote(former)
        put_bytes(*arguments, **options)

    monkeypatch.setattr(storage, "put_bytes", withdraw_and_put)
    # The other ladder finds them whole.
    (fault,) = audit().faults
    assert fault.repaired
    captions = asset.captions.get()
    assert httpx.get(media_url(captions.key)).text == captions.text


def test_what_a_killed_audit_wrote_of_a_video_withdrawn_since_is_taken_away(asset: Asset) -> None:
    harmed = key(asset)
    Ladder.objects.update(faults=[{"key": harmed, "kind": "missing", "detail": "gone"}])
    demote(asset.ladder)
    put(harmed, FILES["144p.mp4"])
    undo_mending()
    assert storage.list_keys(Bucket.MEDIA, f"{asset.uuid}/") == []
    assert Ladder.objects.get().faults == []
    assert Ladder.objects.get().placement == Placement.PRIVATE


@pytest.mark.parametrize("killed", [True, False])
def test_captions_corrected_while_a_killed_audit_wrote_them_again_are_taken_away(
    asset: Asset, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    former = captionless(asset)
    put_bytes = storage.put_bytes

    def put_and_correct(*arguments: Any, **options: Any) -> None:
        monkeypatch.undo()
        put_bytes(*arguments, **options)
        captions = asset.captions.get()
        captions.text, captions.is_public = "WEBVTT\n\n00:00.000 --> 00:01.000\nBenar\n", False
        captions.save()
        publish_captions(asset)
        if killed:
            raise SystemExit

    monkeypatch.setattr(storage, "put_bytes", put_and_correct)
    with pytest.raises(SystemExit) if killed else nullcontext():
        audit()
    if killed:
        assert storage.head(Bucket.MEDIA, former) is not None
        assert audit(again=True).faults == ()
    assert storage.head(Bucket.MEDIA, former) is None
    is_whole(asset)


class TestCommand:
    """`manage.py audit_media`, as operators and their programs call it."""

    def run(self, *arguments: str) -> tuple[int, str]:
        out = io.StringIO()
        try:
            call_command("audit_media", *arguments, stdout=out)
        except SystemExit as ended:
            return int(ended.code or 0), out.getvalue()
        return 0, out.getvalue()

    def test_it_ends_with_0_when_all_is_well_or_was_mended(self, asset: Asset) -> None:
        status, told = self.run()
        assert status == 0
        assert "1 ladders, 3 files" in told
        assert "0 stand" in told
        spoilt(asset)
        status, told = self.run("--again", "--json")
        found = json.loads(told)
        assert (status, found["standing"]) == (0, 0)
        assert found["faults"][0]["kind"] == "corrupt"

    def test_it_ends_with_1_while_something_stands_and_the_report_repeats_it(
        self, asset: Asset
    ) -> None:
        harmed = missing(asset)
        status, told = self.run("--no-repair")
        assert status == 1
        assert f"STANDS  missing      {harmed}" in told
        asset.state = AssetState.FAILED
        asset.save(update_fields=["state"])
        status, told = self.run("--report")
        assert (status, harmed in told, "1 files failed" in told) == (1, True, True)
        status, told = self.run("--report", "--json")
        assert json.loads(told)["standing"][0]["key"] == harmed
        self.run("--again")
        status, told = self.run("--report", "--json")
        assert (status, json.loads(told)["standing"]) == (0, [])

    def test_it_ends_with_2_when_the_store_is_down(self, asset: Asset, settings: Any) -> None:
        address, settings.S3_ENDPOINT_URL = settings.S3_ENDPOINT_URL, "http://127.0.0.1:1"
        with pytest.raises(CommandError) as caught:
            self.run()
        settings.S3_ENDPOINT_URL = address
        assert caught.value.returncode == 2
