"""Links in texts: Wagtail knows them too, so that it can say what a page is used by."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from wagtail.models import ReferenceIndex

from tests.cms.factories import make_video

pytestmark = pytest.mark.django_db


def test_a_link_in_a_text_is_in_the_index_of_references(newsroom: SimpleNamespace) -> None:
    target = make_video(newsroom.bali)
    source = make_video(
        newsroom.jabar, body=f'<p><a linktype="page" id="{target.pk}">di sini</a></p>'
    )
    ReferenceIndex.create_or_update_for_object(source)
    (reference,) = ReferenceIndex.get_references_to(target)
    assert reference.object_id == str(source.pk)


def test_a_link_without_a_number_harms_nobody(newsroom: SimpleNamespace) -> None:
    body = '<p><a linktype="page" id="">di sini</a> <a linktype="page">itu</a></p>'
    source = make_video(newsroom.jabar, body=body)
    ReferenceIndex.create_or_update_for_object(source)
    assert not ReferenceIndex.get_references_for_object(source).filter(to_object_id="").exists()
