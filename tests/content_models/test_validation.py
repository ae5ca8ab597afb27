"""What the models refuse, and what they keep."""

from __future__ import annotations

import hashlib
import io
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from wagtail.models import Page

from content_models.models import AssetState, Captions, UnitPage, VideoPage
from content_models.public_id import PATTERN, new_public_id
from content_models.validators import (
    validate_language_tag,
    validate_not_in_future,
    validate_region_code,
    validate_unit_code,
    validate_webvtt,
)
from tests.cms import factories


@pytest.mark.parametrize(
    ("validate", "good", "bad"),
    [
        (validate_unit_code, ["polda-bali", "a1"], ["Polda", "a--b", "-a", "a-", "a b", "a\n"]),
        (validate_region_code, ["31", "31.74", "31.74.07"], ["3", "31.", "31.7", "31.74.07\n"]),
        (validate_language_tag, ["id", "jv", "zh-Hant", "en-US"], ["ID", "i", "id_ID"]),
        (validate_webvtt, ["WEBVTT\n\n", "﻿WEBVTT\n", "WEBVTT"], ["", "WEBVTTX", "1\n00:"]),
        (
            validate_not_in_future,
            [date(2026, 1, 1)],
            [timezone.localdate() + timedelta(days=1)],
        ),
    ],
)
def test_single_values(validate: object, good: list[object], bad: list[object]) -> None:
    for value in good:
        validate(value)
    for value in bad:
        with pytest.raises(ValidationError):
            validate(value)


def test_public_ids_can_be_read_aloud_and_do_not_repeat() -> None:
    drawn = {new_public_id() for _ in range(2000)}
    assert len(drawn) == 2000
    assert all(PATTERN.match(one) for one in drawn)
    assert not any(set(one) & set("aeiou01l") for one in drawn)


def test_units_stand_only_where_their_level_belongs(db: None) -> None:
    home = factories.make_home()
    mabes = factories.make_unit(home, "mabes-polri", "mabes")
    polda = factories.make_unit(mabes, "polda-bali", "polda")
    satker = factories.make_unit(polda, "bidhumas", "satker")
    for parent, level in (
        (home, "polda"),
        (mabes, "mabes"),
        (mabes, "polres"),
        (polda, "polsek"),
        (satker, "polres"),
    ):
        with pytest.raises(ValidationError), transaction.atomic():
            factories.make_unit(Page.objects.get(pk=parent.pk), f"salah-{level}", level)


def test_two_units_cannot_share_a_code(db: None) -> None:
    home = factories.make_home()
    mabes = factories.make_unit(home, "mabes-polri", "mabes")
    factories.make_unit(mabes, "polda-bali")
    with pytest.raises(ValidationError):
        factories.make_unit(mabes, "polda-bali", title="Kembar")


@pytest.fixture
def unit(db: None) -> UnitPage:
    return factories.make_unit(factories.make_home(), "mabes-polri", "mabes")


@pytest.mark.parametrize("state", [AssetState.REFUSED, AssetState.FAILED])
def test_a_page_takes_no_file_that_cannot_be_shown(unit: UnitPage, state: str) -> None:
    page = factories.make_draft(unit, factories.make_asset(state=state))
    # What an earlier attempt made of it can still be shown.
    page.full_clean()
    page.asset.ladder = None
    with pytest.raises(ValidationError) as refused:
        page.full_clean()
    assert "asset" in refused.value.message_dict


def test_a_file_in_use_cannot_be_deleted(unit: UnitPage) -> None:
    page = factories.make_draft(unit)
    with pytest.raises(ProtectedError):
        page.asset.delete()


def test_a_copy_is_another_video_with_an_id_of_its_own(unit: UnitPage) -> None:
    page = factories.make_draft(unit)
    copy = page.copy(update_attrs={"slug": "salinan"})
    assert PATTERN.match(copy.public_id)
    assert copy.public_id != page.public_id


def test_addresses_are_made_of_codes_and_survive_a_move(unit: UnitPage) -> None:
    polda = factories.make_unit(unit, "polda-bali")
    other = factories.make_unit(unit, "polda-jabar")
    page = factories.make_draft(polda, slug="patroli")
    before = page.full_url
    assert page.public_path == f"/video/{page.public_id}/patroli/"
    assert before.endswith(page.public_path)
    page.move(other, pos="last-child")
    assert VideoPage.objects.get(pk=page.pk).full_url == before


def test_changed_captions_are_private_again_under_a_new_key(unit: UnitPage) -> None:
    captions = factories.make_captions(factories.make_asset())
    key = captions.key
    assert captions.sha256 == hashlib.sha256(captions.text.encode()).hexdigest()
    captions.text += "\n00:02.000 --> 00:03.000\nLagi.\n"
    captions.save()
    assert not captions.is_public
    assert captions.key != key


def test_captions_saved_in_part_say_nothing_that_is_not_so(unit: UnitPage) -> None:
    captions = factories.make_captions(factories.make_asset())
    text = captions.text + "\n00:02.000 --> 00:03.000\nLagi.\n"
    Captions.objects.update_or_create(pk=captions.pk, defaults={"text": text})
    captions.refresh_from_db()
    assert captions.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert captions.size == len(text.encode())
    assert not captions.is_public


def test_one_set_of_captions_for_each_language_and_kind(unit: UnitPage) -> None:
    asset = factories.make_asset()
    factories.make_captions(asset)
    with pytest.raises(IntegrityError), transaction.atomic():
        Captions.objects.create(asset=asset, language="id", kind="captions", text="WEBVTT\n")


def test_migrations_say_all_that_the_models_say(db: None) -> None:
    call_command("makemigrations", "--check", "--dry-run", stdout=io.StringIO())


@pytest.mark.django_db
def test_the_alias_of_a_draft_has_an_id_of_its_own() -> None:
    unit = factories.make_unit(factories.make_home(), "mabes-polri", "mabes")
    draft = factories.make_draft(unit)
    alias = draft.create_alias(update_slug="salinan")
    assert alias.public_id != draft.public_id
    assert PATTERN.fullmatch(alias.public_id)
