"""Scenes from the lane of takedowns: what is withdrawn beside builds, pushes and copies."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings

from tests.kills import newsroom

Facts = dict[str, Any]


def edited() -> Facts:
    """A public video that everybody has seen; its title was changed a moment ago."""
    facts = newsroom.on_air()
    newsroom.visit(facts)
    newsroom.retitle(facts)
    return facts


def withdrawn_beside_another() -> Facts:
    """Withdrawn a moment ago, numbered by nobody; its files stay, for another page shows them.

    So it is public again, as soon as it is published, behind nobody's lock.
    """
    from tests.cms.factories import make_video

    facts = newsroom.on_air()
    page = newsroom.page_of(facts)
    make_video(page.get_parent().specific, page.asset, **newsroom.named())
    newsroom.publish_cycles(facts)
    newsroom.visit(facts)
    newsroom.unpublish(facts)
    return facts


def take_down(facts: Facts) -> list[str]:
    """What the lane does until nothing is due; complaints."""
    from cms.publishing import takedowns

    return takedowns.run().failures


def withdraw_while_pushing(facts: Facts) -> None:
    """Publish cycles, and when the push has said what it will do, somebody withdraws the video."""
    pending = [facts]

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "policetube.step" and args[0] == "push.intended" and pending:
            facts = pending.pop()
            newsroom.unpublish(facts)
            failures = take_down(facts)
            assert not failures, failures

    sys.addaudithook(hook)
    newsroom.publish_cycles(facts)


def is_verified(facts: Facts) -> list[str]:
    """Neither file nor page can be had, the cache asked as well, and the platform knows."""
    from cms.publishing.orders import waiting

    page = newsroom.page_of(facts)
    found = newsroom.is_gone(facts)
    if waiting().filter(node_id=page.node_id).exists():
        found.append(f"nobody has verified that {page.public_id} is gone")
    # A stretch of the search is a list, named by the first of its items, whoever that is.
    return found + [
        f"{path} still answers {answer.status_code}"
        for path, _sha256, answer in newsroom.seen(page)
        if page.public_id in path
        and not path.startswith("search/")
        and answer.status_code not in {404, 410}
    ]


def is_cancelled(facts: Facts) -> bool:
    """Whether the platform knows that the page came back before it was seen to be gone."""
    from cms.publishing.models import Takedown

    node_id = newsroom.page_of(facts).node_id
    return Takedown.objects.filter(node_id=node_id, cancelled_at__isnull=False).exists()


def is_back(facts: Facts) -> list[str]:
    """Page and files are there again, and visitors see them."""
    newsroom.visit(facts)
    return newsroom.is_seen(facts)


def faults() -> list[str]:
    """At rest nothing is to be taken down, and nothing is held down."""
    from cms.publishing.models import Takedown

    open_ones = Takedown.objects.exclude(due=None)
    found = [f"still to be taken down: {row} {row.problem}" for row in open_ones]
    unnumbered = Takedown.objects.filter(sequence=None, begun_at__isnull=False)
    found += [f"never numbered: {row}" for row in unnumbered]
    records = Path(settings.STATE_DIR).glob("push/taken-*.json")
    found += [f"held down: {path} {path.read_text()}" for path in records]
    return found


def run_lane(seed: str, rounds: int) -> int:
    """The lane's process: look after look, as the worker does; how many were verified."""
    from cms.publishing import takedowns

    rng, verified = Random(seed), 0
    for _ in range(rounds):
        verified += takedowns.run(again=rng.random() < 0.3).verified
        time.sleep(0.05)
    return verified
