"""What headquarters announces is public from its beginning to its end, and not a moment longer."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from cms.media.interface import MediaError
from cms.publishing import banner, media, outbox
from cms.publishing.models import Change, OutboxRow, PublicState
from cms.publishing.relay import relay
from cms.publishing.sweep import glance, sweep
from content_models.models import EmergencyBanner
from tests.cms.factories import make_asset, make_draft, make_video, publish

pytestmark = pytest.mark.django_db

TEXT = "Gempa di Bali. Jauhi pantai."


def announce(**fields: Any) -> EmergencyBanner:
    """As the form would save it: cleaned, in the editor's own transaction."""
    row = EmergencyBanner.objects.first() or EmergencyBanner()
    known = {"text": TEXT, "ends_at": timezone.now() + timedelta(hours=1)}
    for name, value in (known | fields).items():
        setattr(row, name, value)
    row.full_clean()
    with outbox.transaction():
        row.save()
    return row


def told() -> dict[str, Any] | None:
    """What the world was told of it."""
    state = PublicState.objects.filter(pk=banner.NODE).first()
    return state.record if state else None


def changes() -> list[str]:
    relay()
    rows = Change.objects.filter(node_id=banner.NODE).order_by("sequence")
    return list(rows.values_list("operation", flat=True))


def test_an_announcement_is_one_change_and_its_end_another(newsroom: SimpleNamespace) -> None:
    announce(text_english="Stay off the beach.", urgency="CRITICAL")
    assert told() == {
        "text": TEXT,
        "textEnglish": "Stay off the beach.",
        "urgency": "CRITICAL",
        "href": "",
        "until": EmergencyBanner.objects.get().ends_at.isoformat(),
    }
    announce(text="")

    assert told() is None
    relay()
    rows = Change.objects.order_by("sequence").values_list("node_id", "operation", "ledger")
    assert list(rows)[-2:] == [(banner.NODE, "UPSERT", ""), (banner.NODE, "REMOVE", "")]


def test_saving_it_again_unchanged_tells_nothing(newsroom: SimpleNamespace) -> None:
    end = timezone.now() + timedelta(hours=1)
    for _ in range(2):
        announce(ends_at=end)
    assert changes() == ["UPSERT"]


def test_it_begins_and_ends_by_itself(
    newsroom: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    announce(starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2))
    assert told() is None
    assert glance() == 0
    for hours, is_told in ((0.9, False), (1.1, True), (1.9, True), (2.1, False)):
        monkeypatch.setattr(timezone, "now", lambda hours=hours: now + timedelta(hours=hours))
        glance()
        assert (told() is not None) == is_told, hours
    assert changes() == ["UPSERT", "REMOVE"]


@pytest.mark.parametrize("look", [glance, sweep])
def test_what_a_shell_changed_is_found(newsroom: SimpleNamespace, look: Any) -> None:
    announce()
    EmergencyBanner.objects.update(text="Gempa susulan.")
    look()
    assert (told() or {})["text"] == "Gempa susulan."
    EmergencyBanner.objects.all().delete()
    assert told() is None


def test_it_leads_to_a_page_as_long_as_that_is_public(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    announce(link_page=page)
    assert (told() or {})["href"] == page.public_path

    page.slug = "lain"
    page = publish(page)
    assert (told() or {})["href"] == f"/video/{page.public_id}/lain/"
    page.unpublish()
    assert (told() or {})["href"] == ""
    page = publish(type(page).objects.get(pk=page.pk))
    assert (told() or {})["href"] == page.public_path
    page.delete()
    assert (told() or {})["href"] == ""


def test_it_leads_to_no_draft_and_not_before_a_pages_files_are_public(
    newsroom: SimpleNamespace,
) -> None:
    for page in (
        make_draft(newsroom.bali),
        make_video(newsroom.bali, make_asset(placement="private")),
    ):
        announce(link_page=page)
        assert (told() or {})["href"] == ""


def test_an_address_elsewhere_that_no_page_may_carry_is_left_out(
    newsroom: SimpleNamespace,
) -> None:
    announce(link_url="https://www.bmkg.go.id/gempa?id=1")
    assert (told() or {})["href"] == "https://www.bmkg.go.id/gempa?id=1"
    for wrong in ("javascript:alert(1)", "http://example.org/", "https://a b/"):
        EmergencyBanner.objects.update(link_url=wrong)
        glance()
        assert (told() or {})["href"] == ""


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"ends_at": None}, "ends_at"),
        ({"ends_at": timezone.now() - timedelta(minutes=1)}, "ends_at"),
        ({"starts_at": timezone.now() + timedelta(days=3)}, "ends_at"),
        ({"text": "", "text_english": "Stay inside."}, "text"),
        ({"text": "a" * 201}, "text"),
        ({"link_url": "http://www.bmkg.go.id/"}, "link_url"),
        ({"link_url": "javascript:alert(1)"}, "link_url"),
    ],
)
def test_what_cannot_be_announced_is_refused_with_its_field(
    newsroom: SimpleNamespace, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        announce(**fields)
    assert field in caught.value.message_dict


def test_two_goals_at_once_are_refused(newsroom: SimpleNamespace) -> None:
    with pytest.raises(ValidationError, match=r"jangan keduanya|not both"):
        announce(link_page=newsroom.bali, link_url="https://www.bmkg.go.id/")


def test_text_is_one_line_without_anything_unseen(newsroom: SimpleNamespace) -> None:
    announce(text=" Gempa\n di\tBali\u202e\u200b <b>x</b> ")
    assert (told() or {})["text"] == "Gempa di Bali <b>x</b>"


def test_a_file_that_is_being_copied_lets_an_announcement_go_first(
    newsroom: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_video(newsroom.bali, make_asset(placement="private"))
    relay()
    tried = []

    def promote(ladder: object, *, between: Any) -> None:
        tried.append(ladder)
        announce()
        between()
        raise MediaError("never reached")

    monkeypatch.setattr(media, "promote", promote)
    report = media.MediaReport(patience=media.Patience())
    media.promote_media(report, most=5)

    assert len(tried) == 1
    assert report.failures == []
    assert OutboxRow.objects.filter(node_id=banner.NODE).exists()
