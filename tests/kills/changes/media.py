"""Video files and captions, as far as pages show them."""

from __future__ import annotations

from django.db import transaction

from content_models.models import Asset, Captions, Placement
from tests.cms.factories import make_asset, make_captions, make_ladder, make_video
from tests.kills.changes import world
from tests.kills.changes.scenario import Facts, How, scenario

TEXT = "WEBVTT\n\n00:00.000 --> 00:02.000\nSelamat sore.\n"


def _asset(facts: Facts) -> Asset:
    return Asset.objects.get(pk=facts["asset_pk"])


def _captioned(facts: Facts) -> None:
    facts["captions_pk"] = make_captions(_asset(facts)).pk


def _with_other_asset(facts: Facts) -> None:
    facts["other_asset_pk"] = make_asset().pk
    world.edit_form(facts)


def _with_private_asset(facts: Facts) -> None:
    facts["other_asset_pk"] = make_asset(placement=Placement.PRIVATE).pk
    world.edit_form(facts)


def _waiting(facts: Facts) -> None:
    """A released page whose files are still on their way."""
    asset = make_asset(placement=Placement.PROMOTING)
    page = make_video(world.unit(facts, "upper"), asset)
    facts |= {"waiting": page.public_id, "waiting_asset_pk": asset.pk}


def _with_new_ladder(facts: Facts) -> None:
    """Encoded anew and in use, but the new files are still private."""
    asset = _asset(facts)
    asset.ladder = make_ladder(asset, placement=Placement.PRIVATE, attempt=2)
    asset.save()


@scenario("UPSERT video:{waiting}", arrange=_waiting)
def files_have_become_public(facts: Facts) -> None:
    """As `promote` ends."""
    ladder = Asset.objects.get(pk=facts["waiting_asset_pk"]).ladder
    assert ladder is not None
    with transaction.atomic():
        ladder.placement = Placement.PUBLIC
        ladder.save(update_fields=["placement"])


@scenario("UPSERT video:{video}", arrange=_with_other_asset)
def a_page_chooses_another_file(facts: Facts) -> None:
    world.published(facts, asset=facts["other_asset_pk"])


@scenario(arrange=_with_private_asset)
def a_page_chooses_a_file_that_is_not_public_yet(facts: Facts) -> None:
    world.published(facts, asset=facts["other_asset_pk"])


@scenario("UPSERT video:{video}", arrange=_with_other_asset)
def a_page_gets_a_sign_language_video(facts: Facts) -> None:
    world.published(facts, signer=facts["other_asset_pk"])


@scenario(arrange=_with_private_asset)
def a_page_gets_a_sign_language_video_that_is_not_public_yet(facts: Facts) -> None:
    world.published(facts, signer=facts["other_asset_pk"])


@scenario()
def a_file_is_encoded_anew(facts: Facts) -> None:
    """As `process` ends: the page shows what it showed until the new files are public."""
    with transaction.atomic():
        _with_new_ladder(facts)


@scenario("UPSERT video:{video}", arrange=_with_new_ladder)
def the_new_encoding_has_become_public(facts: Facts) -> None:
    ladder = _asset(facts).ladder
    assert ladder is not None
    with transaction.atomic():
        ladder.placement = Placement.PUBLIC
        ladder.save(update_fields=["placement"])


@scenario()
def a_file_gets_another_name(facts: Facts) -> None:
    collection = _asset(facts).collection_id
    data = {"title": "Nama berkas", "collection": collection}
    world.post("video_files:edit", facts["asset_pk"], data=data)


@scenario()
def captions_are_added(facts: Facts) -> None:
    """They are told once a copy lies in the public bucket."""
    data = {"language": "id", "kind": "captions", "text": TEXT}
    world.post("video_files:captions_add", facts["asset_pk"], data=data)


def _captioned_in_private(facts: Facts) -> None:
    facts["captions_pk"] = make_captions(_asset(facts), is_public=False).pk


@scenario("UPSERT video:{video}", arrange=_captioned_in_private)
def captions_have_become_public(facts: Facts) -> None:
    """As `publish_captions` ends."""
    with transaction.atomic():
        captions = Captions.objects.get(pk=facts["captions_pk"])
        captions.is_public = True
        captions.save(update_fields=["is_public"])


@scenario("UPSERT video:{video}", arrange=_captioned)
def captions_are_changed(facts: Facts) -> None:
    """The old text goes at once; the new one comes with its public copy."""
    data = {"language": "id", "kind": "captions", "text": TEXT}
    args = (facts["asset_pk"], facts["captions_pk"])
    world.post("video_files:captions_edit", *args, data=data)


@scenario("UPSERT video:{video}", arrange=_captioned)
def captions_are_deleted(facts: Facts) -> None:
    world.post("video_files:captions_delete", facts["asset_pk"], facts["captions_pk"])


@scenario("REMOVE video:{video}", "REMOVE tag:{tag}", how=How.SIGNALLED)
def a_ladder_is_deleted(facts: Facts) -> None:
    ladder = _asset(facts).ladder
    assert ladder is not None
    ladder.delete()


def _unused(facts: Facts) -> None:
    facts["unused_pk"] = make_asset().pk


@scenario(arrange=_unused, how=How.SIGNALLED)
def a_file_that_no_page_uses_is_deleted(facts: Facts) -> None:
    Asset.objects.get(pk=facts["unused_pk"]).delete()
