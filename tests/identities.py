"""A real store that gives keys to identities of its own, each with an AWS policy document."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from cms.embedded import object_storage
from cms.embedded.object_storage import RunningStore

DENIED = {"AccessDenied", "403"}


class Identities:
    """The store's IAM: who has which policy."""

    def __init__(self, store: RunningStore) -> None:
        self.store = store
        self.root = self.client("s3", store.access_key, store.secret_key)
        self._iam = self.client("iam", store.access_key, store.secret_key)

    def client(self, kind: str, identity: str, secret: str) -> Any:
        return boto3.client(
            kind,
            endpoint_url=self.store.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=identity,
            aws_secret_access_key=secret,
            config=Config(
                s3={"addressing_style": "path"},
                retries={"total_max_attempts": 1},
                request_checksum_calculation="when_required",
            ),
        )

    def make(self, name: str, policy: Mapping[str, Any]) -> tuple[str, str]:
        """A new identity with this policy; its key and secret."""
        self._iam.create_user(UserName=name)
        key = self._iam.create_access_key(UserName=name)["AccessKey"]
        self._iam.put_user_policy(
            UserName=name, PolicyName="least", PolicyDocument=json.dumps(policy)
        )
        made = str(key["AccessKeyId"]), str(key["SecretAccessKey"])
        self._wait_until_known(*made)
        return made

    def _wait_until_known(self, identity: str, secret: str) -> None:
        """The store hears of its new identities a moment later."""
        client, deadline = self.client("s3", identity, secret), time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                client.list_buckets()
            except ClientError as error:
                if error.response["Error"]["Code"] in DENIED:
                    return
                time.sleep(0.1)
            else:
                return
        raise AssertionError(f"{identity} is not known")


@contextmanager
def store_with_identities(folder: Path) -> Iterator[Identities]:
    """A store of its own whose IAM can be written to."""
    command = object_storage.weed_command

    def with_iam(
        data: Path, ports: object_storage.Ports = object_storage.DEFAULT_PORTS
    ) -> list[str]:
        return [*command(data, ports), "-s3.iam.readOnly=false"]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(object_storage, "weed_command", with_iam)
        with object_storage.running(folder) as store:
            yield Identities(store)
            store.process.kill()


def is_denied(act: Any, **given: Any) -> bool:
    """Whether the store refuses that for want of a right."""
    try:
        act(**given)
    except ClientError as error:
        return error.response["Error"]["Code"] in DENIED
    return False
