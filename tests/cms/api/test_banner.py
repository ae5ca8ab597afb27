"""The emergency announcement over GraphQL."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from cms.publishing import outbox
from content_models.models import EmergencyBanner
from tests.cms.api.test_api import ask

pytestmark = pytest.mark.django_db

FIELDS = "{ id version text textEnglish urgency href until }"


def announce(minutes: int = 60) -> EmergencyBanner:
    with outbox.transaction():
        return EmergencyBanner.objects.create(
            text="Jauhi pantai.", ends_at=timezone.now() + timedelta(minutes=minutes)
        )


def test_there_is_none_until_one_is_announced(newsroom: SimpleNamespace) -> None:
    assert ask(f"{{ banner {FIELDS} }}") == {"banner": None}
    announce()

    [by_name, by_id] = (
        ask(f"{{ banner {FIELDS} }}")["banner"],
        ask(f'{{ nodes(ids: ["banner:banner"]) {{ ... on Banner {FIELDS} }} }}')["nodes"][0],
    )

    assert by_name == by_id
    assert by_name["id"] == "banner:banner"
    assert (by_name["text"], by_name["textEnglish"]) == ("Jauhi pantai.", "")
    assert (by_name["urgency"], by_name["href"]) == ("WARNING", "")


def test_one_that_is_over_is_answered_no_more_whatever_was_told(newsroom: SimpleNamespace) -> None:
    announce()
    EmergencyBanner.objects.update(ends_at=timezone.now() - timedelta(seconds=1))

    assert ask("{ banner { id } }") == {"banner": None}
    assert ask('{ nodes(ids: ["banner:banner"]) { id } }') == {"nodes": [None]}
