"""What several rooms of the CMS need for their tests."""

from __future__ import annotations

import secrets

import pytest
from pytest_django.fixtures import Settings

from cms.embedded.object_storage import RunningStore
from cms.media.interface import setup_storage


@pytest.fixture
def buckets(object_storage: RunningStore, settings: Settings) -> str:
    """The four buckets in the real store, of this test alone; returns their prefix."""
    settings.S3_ENDPOINT_URL = object_storage.endpoint_url
    settings.S3_ACCESS_KEY_ID = object_storage.access_key
    settings.S3_SECRET_ACCESS_KEY = object_storage.secret_key
    settings.S3_BUCKET_PREFIX = f"t{secrets.token_hex(5)}"
    settings.MEDIA_BASE_URL = f"{object_storage.endpoint_url}/{settings.S3_BUCKET_PREFIX}-media"
    setup_storage()
    return settings.S3_BUCKET_PREFIX
