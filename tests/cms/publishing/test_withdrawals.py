"""A reason travels with the withdrawal that it is given for, and with nothing else."""

from __future__ import annotations

import hashlib
import json
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from cms.publishing import outbox
from cms.publishing.models import Change, OutboxRow, PublicState
from cms.publishing.relay import chained, relay
from cms.publishing.sweep import sweep
from cms.publishing.withdrawals import Reason, withdraw, withdrawal_of
from content_models.models import Withdrawal, WithdrawalReason
from tests.cms.factories import make_draft, make_story, make_video, publish

pytestmark = pytest.mark.django_db

PRIVACY = Reason(
    code=WithdrawalReason.PRIVACY, explanation="Wajah seorang anak terlihat.", note="Surat B/12"
)
TOLD = {"code": "PRIVACY", "explanation": "Wajah seorang anak terlihat."}


def withdrawals() -> list[tuple[str, dict[str, str] | None]]:
    """Withdrawals on the ledger, with the reason of each."""
    relay()
    rows = Change.objects.filter(ledger="WITHDRAWAL").order_by("sequence")
    return list(rows.values_list("node_id", "withdrawal"))


@pytest.mark.parametrize("make", [make_video, make_story])
def test_a_page_goes_with_its_reason_and_nothing_else_goes(
    newsroom: SimpleNamespace, make: object
) -> None:
    page, other = make(newsroom.bali), make(newsroom.bali)

    withdraw(page, PRIVACY, by=None)

    assert withdrawals() == [(page.node_id, TOLD)]
    page.refresh_from_db()
    other.refresh_from_db()
    assert (page.live, other.live) == (False, True)
    assert PublicState.objects.filter(pk=other.node_id).exists()


def test_the_internal_note_is_in_no_row_that_is_told(newsroom: SimpleNamespace) -> None:
    withdraw(make_video(newsroom.bali), PRIVACY, by=None)

    for model in (OutboxRow, Change):
        assert "Surat" not in str(list(model.objects.values()))
        relay()
    assert Withdrawal.objects.get().note == "Surat B/12"


def test_only_what_the_reason_is_given_for_carries_it(newsroom: SimpleNamespace) -> None:
    page, other = make_video(newsroom.bali), make_video(newsroom.bali)
    page.tags.add("patroli")
    publish(page)

    with outbox.transaction():
        withdraw(page, PRIVACY, by=None)
        other.unpublish()

    relay()
    told = dict(Change.objects.filter(operation="REMOVE").values_list("node_id", "withdrawal"))
    assert told == {page.node_id: TOLD, other.node_id: None, "tag:patroli": None}


def test_a_mirror_goes_for_the_reason_of_its_page(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    mirror = page.create_alias(parent=newsroom.jabar, update_slug="cermin").specific
    sweep()
    assert PublicState.objects.filter(pk=mirror.node_id).exists()

    withdraw(page, PRIVACY, by=None)

    assert dict(withdrawals()) == {page.node_id: TOLD, mirror.node_id: TOLD}
    assert withdrawal_of(type(mirror).objects.get(pk=mirror.pk)) is not None


def test_whatever_goes_in_another_way_has_no_reason(newsroom: SimpleNamespace) -> None:
    unpublished, deleted = make_video(newsroom.bali), make_video(newsroom.bali)
    unpublished.unpublish()
    deleted.delete()

    assert dict(withdrawals()) == {unpublished.node_id: None, deleted.node_id: None}


def test_the_reason_of_one_time_is_not_told_the_next(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    withdraw(page, PRIVACY, by=None)
    page = publish(page)
    assert withdrawal_of(page) is None
    page.unpublish()
    page.refresh_from_db()

    relay()
    rows = Change.objects.exclude(ledger="").order_by("sequence")
    assert list(rows.values_list("ledger", "withdrawal")) == [
        ("WITHDRAWAL", TOLD),
        ("RETURN", None),
        ("WITHDRAWAL", None),
    ]
    assert withdrawal_of(page) is None


def test_a_reason_counts_only_together_with_the_withdrawal(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)

    with outbox.transaction():
        withdraw(page, PRIVACY, by=None)
        transaction.set_rollback(True)

    page.refresh_from_db()
    assert page.live
    assert not OutboxRow.objects.filter(operation="REMOVE").exists()
    assert not Withdrawal.objects.exists()


def test_a_reason_that_no_transaction_would_carry_is_refused(newsroom: SimpleNamespace) -> None:
    with pytest.raises(RuntimeError, match="within"):
        outbox.give_reason("video:a", TOLD)


def test_what_is_not_live_cannot_be_taken_back(newsroom: SimpleNamespace) -> None:
    with pytest.raises(ValueError, match="not live"):
        withdraw(make_draft(newsroom.bali), PRIVACY, by=None)
    assert not Withdrawal.objects.exists()


def test_nobody_withdraws_past_wagtails_own_question(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    stranger = get_user_model().objects.create_user("penyunting", password="rahasia")

    with pytest.raises(PermissionDenied):
        withdraw(page, PRIVACY, by=stranger)

    page.refresh_from_db()
    assert page.live
    assert not Withdrawal.objects.exists()


def test_another_reason_without_an_explanation_is_refused_by_the_database(
    newsroom: SimpleNamespace,
) -> None:
    page = make_video(newsroom.bali)
    with pytest.raises(IntegrityError), transaction.atomic():
        withdraw(page, Reason(code=WithdrawalReason.OTHER), by=None)


def last_change() -> tuple[str, Change]:
    """The last change, and the hash before it."""
    relay()
    change = Change.objects.order_by("-sequence")[0]
    before = Change.objects.filter(sequence=change.sequence - 1).first()
    return (before.hash if before else "0" * 64), change


@pytest.mark.parametrize("other", [None, {"code": "MISTAKE", "explanation": ""}])
def test_a_reason_cannot_be_altered_unseen(
    newsroom: SimpleNamespace, other: dict[str, str] | None
) -> None:
    withdraw(make_video(newsroom.bali), PRIVACY, by=None)
    before, change = last_change()
    assert change.hash == chained(before, change.sequence, change)

    change.withdrawal = other

    assert change.hash != chained(before, change.sequence, change)


def test_a_withdrawal_of_before_there_were_reasons_keeps_its_hash(
    newsroom: SimpleNamespace,
) -> None:
    make_video(newsroom.bali).unpublish()
    before, change = last_change()
    parts = [before, change.sequence, change.node_id, "REMOVE", change.before, None]
    parts.append(change.at.isoformat())
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))

    assert change.hash == hashlib.sha256(text.encode()).hexdigest()
