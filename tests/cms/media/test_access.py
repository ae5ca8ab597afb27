"""The CMS's key opens its own buckets and nothing of the site; those who publish have another."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from cms.media import access, storage
from cms.media.interface import Bucket, MediaError, setup_storage
from cms.media.storage import bucket_name
from cms.publishing.checks import insist_on_own_keys
from tests.identities import Identities, is_denied, store_with_identities

pytestmark = pytest.mark.storage


@pytest.fixture(scope="module")
def identities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identities]:
    with store_with_identities(tmp_path_factory.mktemp("iam")) as found:
        yield found


@pytest.fixture
def store(identities: Identities, settings: Settings) -> Identities:
    settings.S3_ENDPOINT_URL = identities.store.endpoint_url
    settings.S3_BUCKET_PREFIX = "apart"
    return identities


def use(settings: Settings, keys: tuple[str, str]) -> None:
    settings.S3_ACCESS_KEY_ID, settings.S3_SECRET_ACCESS_KEY = keys


def test_the_cms_key_fills_its_buckets_and_neither_makes_one_nor_touches_the_site(
    store: Identities, settings: Settings
) -> None:
    cms = store.make("cms", access.for_seaweedfs(access.cms_policy()))
    use(settings, cms)
    with pytest.raises(MediaError):
        setup_storage()
    use(settings, (store.store.access_key, store.store.secret_key))
    assert len(setup_storage()) == 4
    use(settings, cms)
    client: Any = storage.client()
    for bucket in access.KEPT:
        name = bucket_name(bucket)
        storage.put_bytes(bucket, "a/b", b"data", content_type="text/plain")
        assert b"".join(storage.read(bucket, "a/b")) == b"data"
        assert storage.head(bucket, "none") is None
        assert storage.list_keys(bucket, "a/") == ["a/b"]
        part = client.create_multipart_upload(Bucket=name, Key="a/long")["UploadId"]
        given = {"Bucket": name, "Key": "a/long", "UploadId": part}
        client.upload_part(**given, PartNumber=1, Body=b"x")
        assert len(client.list_parts(**given)["Parts"]) == 1
        client.list_multipart_uploads(Bucket=name)
        client.abort_multipart_upload(**given)
        assert is_denied(client.put_bucket_policy, Bucket=name, Policy="{}")
    digest = hashlib.sha256(b"data").hexdigest()
    storage.publish("a/b", size=4, sha256=digest, content_type="text/plain")
    for bucket in access.KEPT:
        storage.delete(bucket, ["a/b"])
        storage.insist_on_reading(bucket)
    site = bucket_name(Bucket.SITE)
    assert is_denied(client.put_object, Bucket=site, Key="index.html", Body=b"defaced")
    assert is_denied(client.delete_object, Bucket=site, Key="index.html")
    assert is_denied(client.list_objects_v2, Bucket=site)
    assert is_denied(client.create_bucket, Bucket="apart-more")


def test_the_setup_policy_names_what_the_setup_asks_of_the_store(
    store: Identities, settings: Settings
) -> None:
    """By its calls: this store makes buckets for administrators alone."""
    settings.S3_BUCKET_PREFIX = "fresh"
    use(settings, (store.store.access_key, store.store.secret_key))
    asked: set[str] = set()
    events = storage.client().meta.events

    def note(model: Any, **_: Any) -> None:
        asked.add(model.name)

    events.register("before-call.s3", note)
    try:
        setup_storage()
    finally:
        events.unregister("before-call.s3", note)
    names = {"ListBuckets": "ListAllMyBuckets", "PutBucketCors": "PutBucketCORS"}
    allowed = {
        action.removeprefix("s3:")
        for statement in access.setup_policy()["Statement"]
        for action in statement["Action"]
    }
    assert {names.get(name, name) for name in asked} == allowed


def printed(identity: str, *words: str) -> Any:
    out = io.StringIO()
    call_command("storage_policies", identity, *words, stdout=out)
    return json.loads(out.getvalue())


def test_the_command_prints_each_policy(settings: Settings) -> None:
    settings.SITE_TARGETS = ["file:/edge", "s3://one", "s3://two"]
    assert printed("cms") == access.cms_policy()
    assert "s3:List*" in printed("cms", "--seaweedfs")["Statement"][0]["Action"]
    assert printed("setup") == access.setup_policy()
    for identity in ("deployer", "public"):
        told = json.dumps(printed(identity))
        assert ":::one" in told
        assert ":::two" in told
        assert "Sid" not in told
    settings.SITE_TARGETS = ["file:/edge"]
    with pytest.raises(CommandError, match="SITE_TARGETS"):
        printed("deployer")


@pytest.mark.parametrize("worker", ["publish_worker", "takedown_worker"])
def test_in_production_who_pushes_to_a_bucket_must_have_a_key_of_its_own(
    settings: Settings, worker: str
) -> None:
    settings.SITE_KEYS_APART = True
    settings.SITE_TARGETS = ["file:/edge"]
    insist_on_own_keys()
    settings.SITE_TARGETS = ["s3://site"]
    for own in ("", settings.S3_ACCESS_KEY_ID):
        settings.SITE_S3_ACCESS_KEY_ID = own
        with pytest.raises(ImproperlyConfigured, match="storage_policies deployer"):
            call_command(worker)
    settings.SITE_S3_ACCESS_KEY_ID = "deployer"
    insist_on_own_keys()
