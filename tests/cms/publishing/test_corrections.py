"""What the ledger says of a change, decided from what was told before and after."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from taggit.models import Tag

from cms.publishing import corrections
from cms.publishing.corrections import LedgerField, changed_fields, kind_of
from cms.publishing.kinds import KINDS
from cms.publishing.models import Change, PublicState
from cms.publishing.relay import chained, relay
from cms.publishing.sweep import sweep
from tests.cms.factories import make_asset, make_captions, make_draft, make_video, publish

pytestmark = pytest.mark.django_db

BEFORE: dict[str, Any] = {
    "path": "/video/7k3m/lama/",
    "title": "Lama",
    "synopsis": "",
    "bodyHtml": '<p>Lihat <a href="/video/a/b/">ini</a>.</p>',
    "incidentDate": None,
    "incidentPlace": "Denpasar",
    "publishedAt": "2026-11-21T09:30:00+00:00",
    "updatedAt": "2026-11-21T09:30:00+00:00",
    "credit": "",
    "rights": {"code": "cc-by", "label": "CC BY", "url": ""},
    "language": "id",
    "unit": "polda-bali",
    "categories": ["narkoba"],
    "tags": ["helm"],
    "media": {
        "originalSha256": "a",
        "poster": {"sha256": "p", "url": "https://media/p"},
        "renditions": [{"sha256": "r"}],
        "captions": [{"language": "id", "kind": "captions", "sha256": "c", "url": "https://m/c"}],
        "signLanguage": None,
    },
}
LATER = "2026-11-22T00:00:00+00:00"


def changed(media: dict[str, Any] | None = None, **fields: Any) -> list[str]:
    """What differs after a change of fields, or of fields of the media."""
    return changed_fields(BEFORE, BEFORE | fields | {"media": BEFORE["media"] | (media or {})})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"title": "Baru"}, ["TITLE"]),
        ({"title": "Baru", "path": "/video/7k3m/baru/"}, ["TITLE", "ADDRESS"]),
        ({"bodyHtml": "<p>Lain.</p>"}, ["TEXT"]),
        ({"incidentPlace": "Badung"}, ["INCIDENT"]),
        ({"rights": {"code": "cc0", "label": "", "url": ""}}, ["RIGHTS"]),
        ({"media": {"originalSha256": "b", "renditions": [{"sha256": "s"}]}}, ["RECORDING"]),
        ({"media": {"captions": []}}, ["CAPTIONS"]),
        ({"media": {"signLanguage": {"originalSha256": "t"}}}, ["SIGN_LANGUAGE"]),
        ({"media": {"poster": {"sha256": "q"}}}, ["POSTER"]),
    ],
)
def test_each_part_that_readers_see_is_named(fields: dict[str, Any], expected: list[str]) -> None:
    assert changed(**fields) == expected


@pytest.mark.parametrize("part", ["originalSha256", "alternativeText", "caption", "credit"])
def test_another_photograph_or_another_word_under_it_is_a_correction(part: str) -> None:
    photograph = dict.fromkeys(("originalSha256", "alternativeText", "caption", "credit"), "a")
    story = {key: value for key, value in BEFORE.items() if key != "media"}
    before = story | {"photographs": [photograph | {"copies": [{"sha256": "a"}]}]}
    anew = story | {"photographs": [photograph | {"copies": [{"sha256": "b"}]}]}
    other = story | {"photographs": [photograph | {part: "b", "copies": []}]}

    assert changed_fields(before, anew) == []
    assert changed_fields(before, other) == ["PHOTOGRAPHS"]


def test_the_ledger_speaks_of_every_kind_of_publication() -> None:
    assert {kind.prefix for kind in KINDS} == set(corrections.KINDS)


def test_a_later_date_alone_is_no_correction() -> None:
    assert changed(updatedAt=LATER) == []


def test_other_addresses_of_the_same_bytes_are_no_correction() -> None:
    captions = [BEFORE["media"]["captions"][0] | {"url": "https://other/c"}]
    poster = {"sha256": "p", "url": "https://other/p"}
    assert changed(media={"captions": captions, "poster": poster}) == []


def test_files_encoded_anew_from_one_original_are_files_with_all_that_came_along() -> None:
    media = {"renditions": [{"sha256": "s"}], "poster": {"sha256": "q"}}
    assert changed(media=media) == ["FILES"]


@pytest.mark.parametrize(
    ("fields", "own"),
    [
        ({"tags": ["topi"]}, ["TAGS"]),
        ({"unit": "polda-aceh"}, ["UNIT"]),
        ({"categories": []}, ["CATEGORIES"]),
        ({"bodyHtml": '<p>Lihat <a href="/video/a/c/">ini</a>.</p>'}, ["TEXT"]),
    ],
)
def test_what_follows_from_elsewhere_counts_only_if_the_item_is_published_again(
    fields: dict[str, Any], own: list[str]
) -> None:
    assert changed(**fields) == []
    assert changed(updatedAt=LATER, **fields) == own


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"is_new": True}, ""),
        ({"is_new": True, "was_withdrawn": True}, "RETURN"),
        ({"is_removed": True}, "WITHDRAWAL"),
        ({"changed": ["TITLE"]}, "CORRECTION"),
        ({"changed": ["FILES"]}, ""),
        ({"changed": ["FILES", "CAPTIONS"]}, "CORRECTION"),
        ({"changed": []}, ""),
        ({"changed": None}, ""),
    ],
)
def test_a_change_has_one_kind(known: dict[str, Any], expected: str) -> None:
    facts: dict[str, Any] = {
        "is_removed": False,
        "is_new": False,
        "was_withdrawn": False,
        "changed": None,
    }
    assert kind_of("video:7k3m", **(facts | known)) == expected
    assert kind_of("unit:polda-bali", **(facts | known)) == ""


def entries() -> list[tuple[str, list[str] | None]]:
    """What the ledger says, in order."""
    relay()
    return [
        (change.ledger, change.changed)
        for change in Change.objects.exclude(ledger="").order_by("sequence")
    ]


def test_a_first_publication_is_not_on_the_ledger_and_all_that_follows_is(
    newsroom: SimpleNamespace,
) -> None:
    page = make_video(newsroom.bali)
    assert entries() == []
    page.title = "Judul yang benar"
    publish(page)
    page.unpublish()
    publish(page)

    assert entries() == [("CORRECTION", ["TITLE"]), ("WITHDRAWAL", None), ("RETURN", None)]


def test_withdrawn_and_published_again_before_anything_is_numbered_is_both(
    newsroom: SimpleNamespace,
) -> None:
    page = make_video(newsroom.bali)
    page.unpublish()
    publish(page)

    assert [kind for kind, _ in entries()] == ["WITHDRAWAL", "RETURN"]


def test_publishing_again_without_a_change_corrects_nothing(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    publish(page)

    assert entries() == []
    assert Change.objects.filter(node_id=f"video:{page.public_id}").count() == 2


def test_captions_that_come_later_are_a_correction(newsroom: SimpleNamespace) -> None:
    asset = make_asset()
    make_video(newsroom.bali, asset)
    make_captions(asset)

    assert entries() == [("CORRECTION", ["CAPTIONS"])]


def test_captions_that_are_corrected_are_gone_at_once_and_told_so_and_told_again_when_they_are_back(
    newsroom: SimpleNamespace,
) -> None:
    asset = make_asset()
    captions = make_captions(asset)
    page = make_video(newsroom.bali, asset)
    captions.text = captions.text.replace("pagi", "malam")
    captions.save()
    assert PublicState.objects.get(pk=page.node_id).record["media"]["captions"] == []
    assert entries() == [("CORRECTION", ["CAPTIONS"])]
    captions.is_public = True
    captions.save()
    assert entries() == [("CORRECTION", ["CAPTIONS"])] * 2


def test_a_renamed_tag_corrects_no_video(newsroom: SimpleNamespace) -> None:
    page = make_draft(newsroom.bali)
    page.tags.add("patroli")
    publish(page)
    tag = Tag.objects.get()
    tag.slug = "ronda"
    tag.save()
    sweep()

    assert entries() == []
    assert Change.objects.filter(node_id="tag:ronda").exists()


def test_a_change_made_past_the_editors_is_a_correction_too(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    type(page).objects.filter(pk=page.pk).update(title="Diubah diam-diam")
    sweep()

    assert entries() == [("CORRECTION", ["TITLE"])]


def test_what_was_corrected_cannot_be_altered_unseen(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    page.title = "Judul yang benar"
    publish(page)
    relay()
    change = Change.objects.order_by("sequence").last()
    assert change is not None
    before = Change.objects.get(sequence=change.sequence - 1)
    assert change.hash == chained(before.hash, change.sequence, change)
    change.changed = [LedgerField.TAGS.value]

    assert change.hash != chained(before.hash, change.sequence, change)


def test_a_row_from_before_fields_were_compared_keeps_its_hash() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    row = Change(sequence=1, node_id="video:a", operation="UPSERT", at=at)
    parts = ["0" * 64, 1, "video:a", "UPSERT", None, None, at.isoformat()]
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))

    assert chained("0" * 64, 1, row) == hashlib.sha256(text.encode()).hexdigest()
