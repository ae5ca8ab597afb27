"""The log is gap-free and chained."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from cms.publishing.models import Change, OutboxRow
from cms.publishing.relay import chained, head, relay
from tests.cms.factories import make_video

pytestmark = pytest.mark.django_db


def test_numbers_have_no_gaps_and_every_hash_follows_from_the_one_before(
    newsroom: SimpleNamespace,
) -> None:
    for _ in range(5):
        make_video(newsroom.bali)
    assert relay() == 5
    changes = list(Change.objects.order_by("sequence"))
    assert [change.sequence for change in changes] == list(range(1, len(changes) + 1))
    previous = "0" * 64
    for change in changes:
        assert change.hash == chained(previous, change.sequence, change)
        previous = change.hash
    assert (head().sequence, head().hash) == (len(changes), previous)


def test_what_is_numbered_leaves_the_outbox_and_is_not_numbered_again(
    newsroom: SimpleNamespace,
) -> None:
    make_video(newsroom.bali)
    assert relay() == 1
    assert relay() == 0
    assert OutboxRow.objects.count() == 0


def test_an_altered_past_no_longer_fits_its_hash(newsroom: SimpleNamespace) -> None:
    make_video(newsroom.bali)
    relay()
    change = Change.objects.order_by("sequence").last()
    before = Change.objects.get(sequence=change.sequence - 1)
    change.operation = "REMOVE"
    assert chained(before.hash, change.sequence, change) != change.hash
