"""What is withdrawn behind the back of every signal is out of the API at once, words included."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from cms.publishing.sweep import glance
from content_models.models import VideoPage
from tests.cms.factories import make_draft, make_video, publish
from tests.leaks.api import Api
from tests.leaks.marks import secret

LISTS = """{
    videos(first: 100) { nodes { id title slug synopsis tags { slug name } } }
    tags(first: 100) { nodes { id slug name } }
}"""


def unpublished_in_the_shell(page: VideoPage) -> None:
    Page.objects.filter(pk=page.pk).update(live=False)


def expired_a_moment_ago(page: VideoPage) -> None:
    Page.objects.filter(pk=page.pk).update(expire_at=timezone.now() - timedelta(seconds=1))


def restricted_above_in_bulk(page: VideoPage) -> None:
    PageViewRestriction.objects.bulk_create(
        [PageViewRestriction(page=page.get_parent(), restriction_type="login")]
    )


@pytest.mark.parametrize(
    "hide", [unpublished_in_the_shell, expired_a_moment_ago, restricted_above_in_bulk]
)
def test_what_no_signal_told_is_gone_at_once(
    newsroom: SimpleNamespace, hide: Callable[[VideoPage], None]
) -> None:
    word, tag = secret(), secret()
    page = make_draft(newsroom.denpasar, title=word, slug=word, synopsis=word)
    page.tags.add(tag)
    publish(page)
    shown = str(Api().ask(LISTS).body)
    assert word in shown
    assert tag in shown
    hide(page)
    left = str(Api().ask(LISTS).body)
    assert word not in left
    assert tag not in left
    nodes = f'{{ nodes(ids: ["video:{page.public_id}", "tag:{tag}"]) {{ id }} }}'
    assert Api().data(nodes) == {"nodes": [None, None]}


def test_a_video_of_a_unit_switched_off_in_a_shell_waits_for_the_sweep_and_breaks_no_list(
    newsroom: SimpleNamespace,
) -> None:
    page, other = make_video(newsroom.denpasar), make_video(newsroom.jabar)
    Page.objects.filter(pk=newsroom.denpasar.pk).update(live=False)
    listed = "{ videos(first: 10) { nodes { publicId unit { code } } } }"

    def units() -> dict[str, str]:
        nodes = Api().data(listed)["videos"]["nodes"]
        return {node["publicId"]: node["unit"]["code"] for node in nodes}

    assert units() == {other.public_id: "polda-jabar"}
    asked = (
        f'{{ nodes(ids: ["video:{page.public_id}"]) {{ id ... on Video {{ unit {{ code }} }} }} }}'
    )
    assert Api().data(asked) == {"nodes": [None]}
    glance()
    assert units() == {other.public_id: "polda-jabar", page.public_id: "polda-bali"}
