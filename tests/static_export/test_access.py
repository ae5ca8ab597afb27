"""Each key opens what it is for and nothing else, at a real store with a real IAM."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from static_export import ExportError, deployer_policy, public_policy, push, rollback
from static_export.cli import main
from static_export.gc import collect_garbage
from static_export.targets import open_target
from tests.identities import Identities, is_denied, store_with_identities
from tests.static_export.sites import Site, video

pytestmark = pytest.mark.storage

SITE, PUBLIC, OTHER = "x-site", "x-public", "x-originals"


@pytest.fixture(scope="module")
def identities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identities]:
    with store_with_identities(tmp_path_factory.mktemp("iam")) as found:
        for bucket in (SITE, PUBLIC, OTHER):
            found.root.create_bucket(Bucket=bucket)
        found.root.put_bucket_policy(
            Bucket=PUBLIC, Policy=json.dumps(public_policy(f"s3://{PUBLIC}"))
        )
        found.root.put_object(Bucket=OTHER, Key="original", Body=b"secret")
        found.root.put_object(Bucket=SITE, Key="elsewhere", Body=b"another's")
        yield found


@pytest.fixture(scope="module", params=["", "mirror"])
def deployer(request: pytest.FixtureRequest, identities: Identities) -> tuple[str, Any]:
    """The address of a target, and the client of whoever may push there and no more."""
    address = f"s3://{SITE}/{request.param}".rstrip("/")
    keys = identities.make(f"deployer-{request.param or 'whole'}", deployer_policy(address))
    client = identities.client("s3", *keys)
    client.keys = keys
    return address, client


@pytest.fixture
def as_deployer(
    deployer: tuple[str, Any], identities: Identities, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The environment of a process that pushes: the CMS's key beside its own."""
    address, client = deployer
    monkeypatch.setenv("S3_ENDPOINT_URL", identities.store.endpoint_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "cms")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not of this bucket")
    monkeypatch.setenv("SITE_S3_ACCESS_KEY_ID", client.keys[0])
    monkeypatch.setenv("SITE_S3_SECRET_ACCESS_KEY", client.keys[1])
    return address


def test_a_deployer_can_do_all_that_an_exporter_does(
    as_deployer: str, site: Site, tmp_path: Path
) -> None:
    push(dist=site.write(), target=as_deployer)
    site.files["index.html"] = b"<h1>Baru</h1>"
    del site.files[video(1) + "index.html"]
    site.gone.add(f"/{video(1)}")
    site.redirects["/lama/"] = ("/about/", 301)
    push(dist=site.next().write(), target=as_deployer)
    assert push(dist=site.folder, target=as_deployer).changed == 0
    rollback(target=as_deployer, sequence=1, state=tmp_path / "state")
    collect_garbage(target=as_deployer, state=tmp_path / "state")


def test_a_deployer_opens_nothing_but_the_site(deployer: tuple[str, Any]) -> None:
    address, client = deployer
    assert is_denied(client.get_object, Bucket=OTHER, Key="original")
    assert is_denied(client.put_object, Bucket=OTHER, Key="new", Body=b"x")
    assert is_denied(client.delete_object, Bucket=OTHER, Key="original")
    assert is_denied(client.list_objects_v2, Bucket=OTHER)
    assert is_denied(client.put_bucket_policy, Bucket=SITE, Policy="{}")
    assert is_denied(client.put_bucket_cors, Bucket=SITE, CORSConfiguration={"CORSRules": []})
    assert is_denied(client.delete_bucket, Bucket=OTHER)
    assert is_denied(client.create_bucket, Bucket="x-new")
    if address.endswith("/mirror"):
        assert is_denied(client.put_object, Bucket=SITE, Key="elsewhere", Body=b"x")
        assert is_denied(client.list_objects_v2, Bucket=SITE)


def test_the_public_gets_what_it_knows_the_address_of_and_can_do_nothing_else(
    identities: Identities, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = identities.store
    monkeypatch.setenv("S3_ENDPOINT_URL", store.endpoint_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", store.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", store.secret_key)
    monkeypatch.delenv("SITE_S3_ACCESS_KEY_ID", raising=False)
    push(dist=site.write(), target=f"s3://{PUBLIC}")
    with httpx.Client(base_url=store.endpoint_url) as anyone:
        assert anyone.get(f"/{PUBLIC}/about/index.html").status_code == 200
        for method, path in (
            ("GET", f"/{PUBLIC}/"),
            ("GET", f"/{PUBLIC}?list-type=2"),
            ("GET", f"/{PUBLIC}?policy"),
            ("GET", f"/{PUBLIC}/.policetube/state.json"),
            ("GET", f"/{OTHER}/original"),
            ("GET", f"/{OTHER}/"),
            ("PUT", f"/{PUBLIC}/index.html"),
            ("PUT", f"/{PUBLIC}/new"),
            ("DELETE", f"/{PUBLIC}/index.html"),
            ("POST", f"/{PUBLIC}?delete"),
        ):
            assert anyone.request(method, path, content=b"x").status_code == 403, (method, path)
        assert anyone.get(f"/{PUBLIC}/index.html").content == site.files["index.html"]


def test_half_a_key_is_named_and_an_own_store_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_ENDPOINT_URL", "http://cms.example")
    monkeypatch.setenv("SITE_S3_ENDPOINT_URL", "http://site.example")
    monkeypatch.setenv("SITE_S3_ACCESS_KEY_ID", "deployer")
    monkeypatch.delenv("SITE_S3_SECRET_ACCESS_KEY", raising=False)
    with pytest.raises(ExportError, match="Set SITE_S3_SECRET_ACCESS_KEY"):
        open_target(f"s3://{SITE}")
    monkeypatch.setenv("SITE_S3_SECRET_ACCESS_KEY", "secret")
    target: Any = open_target(f"s3://{SITE}")
    assert target.client.meta.endpoint_url == "http://site.example"
    target.close()


def test_the_command_prints_what_a_store_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", f"s3://{SITE}/mirror"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == deployer_policy(f"s3://{SITE}/mirror")
    assert main(["policy", f"s3://{SITE}", "--for", "public"]) == 0
    assert json.loads(capsys.readouterr().out) == public_policy(f"s3://{SITE}")
    for words in (["policy", "file:/x"], ["policy", f"s3://{SITE}/mirror", "--for", "public"]):
        assert main(words) == 3
        assert "bad-target" in capsys.readouterr().err
