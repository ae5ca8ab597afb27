"""However many pages are restricted, the site goes on, and none of them is public."""

from __future__ import annotations

import uuid
from types import SimpleNamespace

import pytest
from django.contrib.contenttypes.models import ContentType
from wagtail.models import Page, PageViewRestriction

from cms.publishing import visibility
from content_models.models import VideoPage
from tests.cms.factories import make_video

pytestmark = pytest.mark.django_db

# SQLite takes no expression deeper than a thousand.
MANY = 1_100


def restrict_many(below: Page) -> None:
    """Pages of which nothing matters but their place, each with a restriction of its own."""
    kind = ContentType.objects.get_for_model(VideoPage)
    Page.objects.bulk_create(
        Page(
            path=f"{below.path}{number + 5000}",
            depth=below.depth + 1,
            title="Rahasia",
            slug=f"rahasia-{number}",
            url_path=f"/rahasia-{number}/",
            content_type=kind,
            locale_id=below.locale_id,
            translation_key=uuid.uuid4(),
        )
        for number in range(MANY)
    )
    pages = Page.objects.filter(title="Rahasia").values_list("pk", flat=True)
    PageViewRestriction.objects.bulk_create(
        PageViewRestriction(page_id=key, restriction_type=PageViewRestriction.LOGIN)
        for key in pages
    )


def test_a_thousand_restrictions_hide_what_they_are_on_and_stop_nothing(
    newsroom: SimpleNamespace,
) -> None:
    shown, hidden = make_video(newsroom.denpasar), make_video(newsroom.denpasar)
    restrict_many(newsroom.denpasar)
    PageViewRestriction.objects.create(page=hidden, restriction_type=PageViewRestriction.LOGIN)
    public = set(visibility.public_videos().values_list("pk", flat=True))
    assert shown.pk in public
    assert hidden.pk not in public
    assert visibility.ladders_to_promote().count() == 0
    assert [ladder.asset for ladder in visibility.ladders_to_withdraw()] == [hidden.asset]
