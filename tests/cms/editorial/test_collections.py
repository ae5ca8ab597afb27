"""A unit's collection cannot be deleted from under its files."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.urls import reverse
from wagtail.models import Collection

from content_models.models import Asset, Upload, UploadState
from tests.cms import factories


@pytest.fixture
def collection(desk: SimpleNamespace) -> Collection:
    """Of no unit, and empty."""
    top = Collection.get_first_root_node()
    made: Collection = top.add_child(instance=Collection(name="Arsip"))
    return made


def upload_to(collection: Collection, state: UploadState) -> Upload:
    return Upload.objects.create(
        title="Patroli",
        name="patroli.mp4",
        size=1,
        fingerprint="f",
        key="k",
        part_size=1,
        state=state,
        collection=collection,
    )


def address(collection: Collection) -> str:
    return reverse("wagtailadmin_collections:delete", args=[collection.pk])


def test_a_collection_with_a_file_is_not_deleted_and_leads_to_the_file(
    desk: SimpleNamespace, collection: Collection
) -> None:
    asset = factories.make_asset(collection=collection, title="Patroli laut")
    admin = desk.clients["admin"]
    page = admin.get(address(collection)).content.decode()
    files = f"{reverse('video_files:index')}?unit={collection.pk}"
    assert f'<a href="{files}">1 berkas media</a>' in page
    assert "Patroli laut" in admin.get(files).content.decode()
    assert admin.post(address(collection)).status_code == 403
    assert Collection.objects.filter(pk=collection.pk).exists()
    assert Asset.objects.filter(pk=asset.pk).exists()


@pytest.mark.parametrize("state", [UploadState.OPEN, UploadState.FINISHING])
def test_a_collection_that_awaits_a_file_is_not_deleted(
    desk: SimpleNamespace, collection: Collection, state: UploadState
) -> None:
    upload = upload_to(collection, state)
    page = desk.clients["admin"].get(address(collection)).content.decode()
    assert "1 unggahan belum selesai" in page
    assert desk.clients["admin"].post(address(collection)).status_code == 403
    assert Upload.objects.filter(pk=upload.pk).exists()


def test_a_collection_without_files_can_be_deleted(
    desk: SimpleNamespace, collection: Collection
) -> None:
    upload_to(collection, UploadState.REFUSED)
    page = desk.clients["admin"].get(address(collection))
    assert "collections/delete_not_empty" not in str(page.templates)
    assert desk.clients["admin"].post(address(collection)).status_code == 302
    assert not Collection.objects.filter(pk=collection.pk).exists()
