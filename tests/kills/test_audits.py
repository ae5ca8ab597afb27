"""An audit that is killed leaves the public bucket no worse than it found it."""

from __future__ import annotations

import pytest

from tests.kills import audits, newsroom
from tests.kills.points import ONE_KIND, Dwelling, Story, cases, killed_at, walk

STORIES = (
    Story(
        name="mending",
        steps=("audit.mended",),
        arrange=audits.robbed,
        act=audits.look,
        then=audits.look,
        expect=newsroom.is_public,
    ),
    Story(
        name="taking-away",
        steps=("audit.withdrawn",),
        arrange=audits.exposed,
        act=audits.look,
        then=audits.look,
        expect=audits.is_private,
    ),
)
KILLED_AT = killed_at(STORIES)


@pytest.mark.storage
@pytest.mark.parametrize("builder", ONE_KIND, indirect=True)
@pytest.mark.parametrize(("story", "step"), cases(STORIES))
def test_a_kill_leaves_what_is_public_whole_and_what_is_private_hidden(
    dwelling: Dwelling, story: Story, step: str
) -> None:
    walk(dwelling, story, step)
