"""The doors of uploads in parts: for a session and for a token, and closed to everybody else."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone
from pytest_django.fixtures import Settings
from wagtail.models import APIToken

from cms.media import finishing, storage
from cms.media.storage import Bucket, bucket_name
from content_models.models import Asset, Upload, UploadState

FILM = b"\x00\x00\x00\x18ftypisom" + bytes(range(256)) * 64
ASKED = {"name": "VID_2026 operasi.mp4", "size": len(FILM), "fingerprint": "abc"}

pytestmark = pytest.mark.storage


def door(name: str = "", upload: str = "", *, script: bool = False) -> str:
    space = "script_uploads" if script else "video_files:uploads"
    return reverse(f"{space}{name}", args=[upload] if upload else [])


def post(client: Client, url: str, body: Any = None, **options: Any) -> Any:
    return client.post(url, body or {}, content_type="application/json", **options)


def begin(client: Client, **fields: Any) -> dict[str, Any]:
    answer = post(client, door(), ASKED | fields)
    assert answer.status_code == 201, answer.content
    return answer.json()


def send(client: Client, upload: dict[str, Any], data: bytes = FILM) -> str:
    """One part is enough for this film; returns its checksum."""
    digest = hashlib.md5(data).digest()
    md5 = base64.b64encode(digest).decode()
    url = door("_sign", upload["id"])
    (part,) = post(client, url, {"parts": [{"number": 1, "md5": md5}]}).json()["parts"]
    assert httpx.put(part["url"], content=data, headers=part["headers"]).status_code == 200
    return f"{hashlib.md5(digest).hexdigest()}-1"


def finish(client: Client, upload: dict[str, Any], checksum: str) -> Any:
    return post(client, door("_finish", upload["id"]), {"checksum": checksum})


def arrive(client: Client, **fields: Any) -> dict[str, Any]:
    """A whole upload; how it stands when a worker was there."""
    upload = begin(client, **fields)
    assert finish(client, upload, send(client, upload)).status_code == 202
    finishing.finish(Upload.objects.get(uuid=upload["id"]).pk)
    return client.get(door("_one", upload["id"])).json()


def test_a_film_goes_from_the_desk_to_storage_without_passing_the_cms(
    desk: SimpleNamespace, buckets: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[int] = []
    monkeypatch.setattr(
        "cms.editorial.views.uploads._body",
        lambda request: received.append(len(request.body)) or _json(request),
    )
    shown = arrive(desk.clients["denpasar_editor"])
    asset = Asset.objects.get()
    assert shown["state"] == "done"
    assert shown["asset"]["url"] == reverse("video_files:edit", args=[asset.pk])
    assert shown["sha256"] == asset.sha256 == hashlib.sha256(FILM).hexdigest()
    assert asset.collection == desk.denpasar.collection
    assert asset.uploaded_by == desk.people["denpasar_editor"]
    assert (asset.title, asset.original_name) == ("VID_2026 operasi", ASKED["name"])
    assert sum(received) < 500 < len(FILM)


def _json(request: Any) -> dict[str, Any]:
    import json

    return json.loads(request.body)


def test_the_answer_to_a_repeated_finish_is_the_asset(desk: SimpleNamespace, buckets: str) -> None:
    client = desk.clients["denpasar_editor"]
    upload = begin(client)
    checksum = send(client, upload)
    assert [finish(client, upload, checksum).json()["state"] for _ in range(2)] == ["finishing"] * 2
    finishing.finish(Upload.objects.get().pk)
    again = finish(client, upload, checksum)
    assert (again.status_code, again.json()["state"]) == (200, "done")
    assert again.json()["asset"]["id"] == Asset.objects.get().pk


def test_what_is_unfinished_is_listed_with_its_parts_and_its_end(
    desk: SimpleNamespace, buckets: str
) -> None:
    client = desk.clients["bali_editor"]
    upload = begin(client)
    send(client, upload)
    (listed,) = client.get(door()).json()["uploads"]
    assert listed["id"] == upload["id"]
    assert listed["expires"]
    shown = client.get(door("_one", upload["id"])).json()
    assert [(part["number"], part["size"]) for part in shown["stored"]] == [(1, len(FILM))]
    assert begin(client)["id"] == upload["id"], "the same file picked again goes on"


def test_the_page_shows_what_is_unfinished_and_until_when(
    desk: SimpleNamespace, buckets: str
) -> None:
    upload = begin(desk.clients["bali_editor"])
    html = desk.clients["bali_editor"].get(reverse("video_files:add")).content.decode()
    assert f'data-upload="{upload["id"]}"' in html
    assert "Disimpan sampai" in html
    assert (
        upload["id"] not in desk.clients["admin"].get(reverse("video_files:add")).content.decode()
    )


def test_the_page_shows_what_is_being_checked_and_what_must_be_sent_again(
    desk: SimpleNamespace, buckets: str
) -> None:
    client = desk.clients["denpasar_editor"]
    upload = begin(client, title="Operasi Lilin")
    finish(client, upload, send(client, upload))
    html = page_of(client)
    assert "Sudah tiba. Sedang diperiksa…" in html
    assert f'data-collection="{desk.denpasar.collection.pk}"' in html
    assert 'data-title="Operasi Lilin"' in html
    Upload.objects.update(state=UploadState.REFUSED, message_code="damaged")
    html = page_of(client)
    assert upload["id"] in html
    assert "Berkas tiba dalam keadaan rusak" in html
    assert 'data-action="cancel"' not in html
    assert upload["id"] not in page_of(desk.clients["bali_editor"])
    Upload.objects.update(touched_at=timezone.now() - timedelta(days=15))
    assert upload["id"] not in page_of(client)
    Upload.objects.update(touched_at=timezone.now())
    again = begin(client)
    html = page_of(client)
    assert again["id"] in html
    assert upload["id"] not in html, "it is sent again already"


def page_of(client: Client) -> str:
    return client.get(reverse("video_files:add")).content.decode()


def test_a_file_that_arrived_in_parts_is_chosen_by_its_number(
    desk: SimpleNamespace, buckets: str
) -> None:
    shown = arrive(desk.clients["denpasar_editor"])
    url = reverse("video_file_chooser:create")
    chosen = desk.clients["denpasar_editor"].post(url, {"arrived": shown["asset"]["id"]}).json()
    assert chosen["step"] == "chosen"
    assert chosen["result"]["id"] == str(shown["asset"]["id"])
    for number in (shown["asset"]["id"], "x", ""):
        answer = desk.clients["jabar_editor"].post(url, {"arrived": number})
        assert answer.status_code == 404 or answer.json()["step"] != "chosen"


@pytest.mark.parametrize("other", ["jabar_editor", "bali_chief", "admin"])
def test_nobody_reaches_another_users_upload(
    desk: SimpleNamespace, buckets: str, other: str
) -> None:
    mine = desk.clients["bali_editor"]
    upload = begin(mine)
    stranger = desk.clients[other]
    md5 = base64.b64encode(hashlib.md5(FILM).digest()).decode()
    answers = [
        stranger.get(door("_one", upload["id"])),
        stranger.delete(door("_one", upload["id"])),
        post(stranger, door("_sign", upload["id"]), {"parts": [{"number": 1, "md5": md5}]}),
        post(stranger, door("_finish", upload["id"]), {"checksum": ""}),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert upload["id"] not in stranger.get(door()).content.decode()
    assert Upload.objects.get().state == UploadState.OPEN
    assert begin(stranger)["id"] != upload["id"]


def test_a_stranger_gets_nothing_at_any_door(desk: SimpleNamespace, buckets: str) -> None:
    upload = begin(desk.clients["bali_editor"])
    anybody = Client()
    for name in ("", "_one", "_sign", "_finish"):
        for script in (False, True):
            url = door(name, upload["id"] if name else "", script=script)
            for answer in (anybody.get(url), post(anybody, url, ASKED)):
                assert answer.status_code in {302, 401, 403}
                assert upload["id"] not in answer.content.decode()
    assert Upload.objects.count() == 1


def test_nothing_is_begun_in_a_collection_of_another_unit(
    desk: SimpleNamespace, buckets: str
) -> None:
    answer = post(
        desk.clients["bali_editor"], door(), ASKED | {"collection": desk.jabar.collection.pk}
    )
    assert answer.status_code == 404
    chosen = begin(desk.clients["bali_editor"], collection=desk.denpasar.collection.pk)
    assert Upload.objects.get(uuid=chosen["id"]).collection == desk.denpasar.collection


def test_who_may_add_nothing_begins_nothing(desk: SimpleNamespace, buckets: str) -> None:
    desk.people["jabar_editor"].groups.clear()
    assert post(desk.clients["jabar_editor"], door(), ASKED).status_code in {302, 403}
    _token, key = APIToken.create_token(user=desk.people["jabar_editor"], name="skrip")
    answer = post(Client(), door(script=True), ASKED, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 403
    assert not Upload.objects.exists()


def test_known_bytes_are_offered_within_what_one_may_choose_and_only_there(
    desk: SimpleNamespace, buckets: str
) -> None:
    first = arrive(desk.clients["denpasar_editor"])
    offered = post(desk.clients["bali_editor"], door(), ASKED).json()
    assert (offered["known"], offered["asset"]["id"]) == (True, first["asset"]["id"])
    again = arrive(desk.clients["bali_editor"], again=True)
    assert (again["known"], again["asset"]["id"]) == (True, first["asset"]["id"])
    other = arrive(desk.clients["jabar_editor"])
    assert (other["known"], other["asset"]["id"] != first["asset"]["id"]) == (False, True)
    assert Asset.objects.count() == 2


def test_a_units_script_does_the_same_with_its_token_and_as_its_user(
    desk: SimpleNamespace, buckets: str
) -> None:
    token, key = APIToken.create_token(user=desk.people["denpasar_editor"], name="skrip")
    header = {"Authorization": f"Bearer {key}"}
    # A cookie is no help here, and no danger: this door asks for no CSRF token.
    client = Client(enforce_csrf_checks=True)
    client.force_login(desk.people["admin"])
    answer = post(client, door(script=True), ASKED, headers=header)
    assert answer.status_code == 201
    assert Upload.objects.get().user == desk.people["denpasar_editor"]
    listed = client.get(door(script=True), headers=header).json()
    names = [found["name"] for found in listed["collections"]]
    assert names == [desk.denpasar.title]
    assert post(client, door(script=True), ASKED).status_code == 401
    token.revoke()
    assert post(client, door(script=True), ASKED, headers=header).status_code == 401


def test_the_doors_of_the_admin_ask_for_the_csrf_token(desk: SimpleNamespace) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(desk.people["bali_editor"])
    assert post(client, door(), ASKED).status_code == 403
    assert not Upload.objects.exists()


def test_limits_are_told_in_plain_words(
    desk: SimpleNamespace, buckets: str, settings: Settings
) -> None:
    client = desk.clients["bali_editor"]
    settings.MEDIA_MAX_OPEN_UPLOADS = 1
    large = post(client, door(), ASKED | {"size": settings.MEDIA_MAX_UPLOAD_BYTES + 1})
    assert large.status_code == 413
    assert "10" in large.json()["error"]["message"]
    assert post(client, door(), ASKED | {"size": 0}).json()["error"]["code"] == "empty"
    upload = begin(client)
    most = post(client, door(), ASKED | {"fingerprint": "other"})
    assert (most.status_code, most.json()["error"]["code"]) == (429, "too_many")
    assert client.delete(door("_one", upload["id"])).json()["state"] == "abandoned"
    begin(client, fingerprint="other")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"name": "a", "size": "x", "fingerprint": "f"}',
        b'{"name": "a", "size": true, "fingerprint": "f"}',
        b'{"name": "", "size": 1, "fingerprint": "f"}',
        b'{"name": "a", "size": 1}',
        b'{"name": "a\\u0000", "size": 1, "fingerprint": "f"}',
        b'{"name": "a", "size": 99999999999999999999, "fingerprint": "f"}',
        b'{"name": "a", "size": 1, "fingerprint": "%s"}' % (b"f" * 129),
        b"\xff",
        b'{"name": "a", "size": 1, "fingerprint": "f", "collection": []}',
        b'{"name": "a", "size": 1, "fingerprint": "f", "collection": {}}',
        b'{"name": "\\ud800", "size": 1, "fingerprint": "f"}',
        b'{"name": "a", "size": 1, "fingerprint": "\\ud800"}',
        b'{"name": "a", "size": 1, "fingerprint": "f", "title": "\\ud800"}',
        pytest.param(b'{"name": ' + b"[" * 100_000, id="deep"),
    ],
)
def test_nonsense_is_a_bad_request(desk: SimpleNamespace, body: bytes) -> None:
    answer = desk.clients["bali_editor"].post(door(), body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid"


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        [],
        ["x"],
        [{"number": 0, "md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}],
        [{"number": 2, "md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}],
        [{"number": 1, "md5": "nonsense"}],
        [{"number": 1, "md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}] * 33,
    ],
)
def test_only_parts_of_the_file_are_signed_for(
    desk: SimpleNamespace, buckets: str, wanted: Any
) -> None:
    client = desk.clients["bali_editor"]
    upload = begin(client)
    answer = post(client, door("_sign", upload["id"]), {"parts": wanted})
    assert answer.status_code == 400


def test_storage_that_is_down_is_told_as_such(desk: SimpleNamespace) -> None:
    answer = post(desk.clients["bali_editor"], door(), ASKED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage")


def test_no_door_holds_a_transaction_while_storage_is_asked() -> None:
    for script in (False, True):
        view = resolve(door(script=script)).func
        assert view._non_atomic_requests == {"default"}


def test_browsers_of_the_cms_alone_may_write_parts(buckets: str, settings: Settings) -> None:
    rules = storage.client().get_bucket_cors(Bucket=bucket_name(Bucket.ORIGINALS))["CORSRules"]
    assert rules[0]["AllowedOrigins"] == [settings.CMS_BASE_URL]
    assert (rules[0]["AllowedMethods"], rules[0]["ExposeHeaders"]) == (["PUT"], ["ETag"])
