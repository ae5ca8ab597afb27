"""The trees mend themselves."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import Collection, Page

from cms.editorial.upkeep import recount_children
from tests.cms import factories


def test_a_wrong_number_of_children_is_put_right(desk: SimpleNamespace) -> None:
    factories.make_draft(desk.bali)
    Page.objects.filter(pk=desk.bali.pk).update(numchild=0)
    Collection.objects.filter(pk=desk.mabes.collection.pk).update(numchild=7)
    assert Page.find_problems()[4] == [desk.bali.pk]
    assert recount_children() == 2
    assert Page.find_problems() == ([], [], [], [], [])
    assert Collection.find_problems() == ([], [], [], [], [])


@pytest.mark.parametrize("pages", [1, 9])
def test_trees_in_order_cost_two_queries(desk: SimpleNamespace, pages: int) -> None:
    for _ in range(pages):
        factories.make_draft(desk.bali)
    with CaptureQueriesContext(connection) as captured:
        assert recount_children() == 0
    assert len(captured) == 2
