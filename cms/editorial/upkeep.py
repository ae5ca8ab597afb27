"""What a command killed half-way leaves in the trees, mended without a hand."""

from __future__ import annotations

import logging
from collections import Counter

from wagtail.models import Collection, Page

from cms.publishing.interface import outer_transaction

logger = logging.getLogger(__name__)


def recount_children() -> int:
    """Give each page and collection the number of its children; how many had another one.

    A deletion outside a transaction counts first and deletes then. Killed between the two, its
    parent would seem to have no children left, and would be deleted without them.
    """
    mended = 0
    for tree in (Page, Collection):
        if not _wrong(tree):
            continue
        # Somebody may be at work: nobody is within one's own turn.
        with outer_transaction("recount"):
            for key, number in _wrong(tree).items():
                logger.warning("%s %s: it has %s children", tree.__name__, key, number)
                mended += tree.objects.filter(pk=key).update(numchild=number)
    return mended


def _wrong(tree: type[Page] | type[Collection]) -> dict[int, int]:
    """Primary key → number of children, where the row says another."""
    rows = list(tree.objects.values_list("pk", "path", "numchild"))
    children = Counter(path[: -tree.steplen] for _pk, path, _said in rows)
    return {pk: children[path] for pk, path, said in rows if children[path] != said}
