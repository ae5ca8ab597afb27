"""What several rooms of the CMS need for their tests."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from cms.embedded.object_storage import RunningStore
from cms.media import storage
from cms.media.interface import setup_storage


@pytest.fixture
def buckets(object_storage: RunningStore, settings: Settings) -> Iterator[str]:
    """The four buckets in the real store, of this test alone; returns their prefix."""
    settings.S3_ENDPOINT_URL = object_storage.endpoint_url
    settings.S3_ACCESS_KEY_ID = object_storage.access_key
    settings.S3_SECRET_ACCESS_KEY = object_storage.secret_key
    settings.S3_BUCKET_PREFIX = f"t{secrets.token_hex(5)}"
    settings.MEDIA_BASE_URL = f"{object_storage.endpoint_url}/{settings.S3_BUCKET_PREFIX}-media"
    names = setup_storage()
    yield settings.S3_BUCKET_PREFIX
    # Every bucket holds volumes of the store, of which there are not many.
    for bucket, name in zip(storage.Bucket, names, strict=True):
        storage.delete_prefix(bucket, "")
        storage.client().delete_bucket(Bucket=name)
