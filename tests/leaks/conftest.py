"""One newsroom, site, edge and store for all hunts of a module; each test gives it back whole."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from cms.embedded.object_storage import RunningStore
from cms.media import storage
from cms.media.interface import setup_storage
from tests.leaks import newsroom
from tests.leaks.marks import Marks, marks
from tests.leaks.newsroom import Newsroom
from tests.static_export.edges import running_edge


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A whole platform, what is hidden in it, and where its doors are."""

    room: Newsroom
    marks: Marks
    store: RunningStore
    edge: str
    root: Path


@pytest.fixture(scope="module")
def furnished(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    object_storage: RunningStore,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("leaks")
    prefix = f"l{secrets.token_hex(5)}"
    library = {
        "endpoint_url": object_storage.endpoint_url,
        "region_name": "us-east-1",
        "access_key": object_storage.access_key,
        "secret_key": object_storage.secret_key,
        "bucket_name": f"{prefix}-originals",
        "location": "library",
        "addressing_style": "path",
    }
    with (
        django_db_blocker.unblock(),
        override_settings(
            STORAGES=settings.STORAGES
            | {"default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": library}},
            STATE_DIR=folder,
            SITE_BUILD_DIR=folder / "dist",
            SITE_TARGETS=[f"file:{folder / 'edge'}"],
            SITE_EDGE_URL="",
            S3_ENDPOINT_URL=object_storage.endpoint_url,
            S3_ACCESS_KEY_ID=object_storage.access_key,
            S3_SECRET_ACCESS_KEY=object_storage.secret_key,
            S3_BUCKET_PREFIX=prefix,
            MEDIA_BASE_URL=f"{object_storage.endpoint_url}/{prefix}-media",
        ),
        running_edge(folder / "edge", folder / "caddy") as edge,
    ):
        names = setup_storage()
        with transaction.atomic():
            room = newsroom.furnish()
            yield House(
                room=room, marks=marks(), store=object_storage, edge=edge, root=folder / "edge"
            )
            transaction.set_rollback(True)
        for bucket, name in zip(storage.Bucket, names, strict=True):
            storage.delete_prefix(bucket, "")
            storage.client().delete_bucket(Bucket=name)


@pytest.fixture
def db(furnished: House, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The furnished database, for each test as it was."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def house(db: None, furnished: House) -> House:
    """A house that a test may take apart, as far as its database goes."""
    return furnished
