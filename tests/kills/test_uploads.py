"""An acknowledged upload becomes a ladder, whatever dies on the way, and nothing strays."""

from __future__ import annotations

import pytest

from tests.kills import uploads
from tests.kills.points import Dwelling, Story, in_turns, killed_at, walk

ARRIVAL = ("storage.written", "intake.stored", "intake.committed", "intake.recorded")
ENCODING = (
    "encode.claimed",
    "encode.downloaded",
    "encode.encoded",
    "storage.written",
    "encode.stored",
    "encode.uploaded",
    "encode.confirmed",
    "encode.switched",
    "encode.recorded",
)
STORIES = (
    Story(
        name="uploading",
        steps=ARRIVAL,
        arrange=uploads.chosen,
        act=uploads.upload,
        held=uploads.is_kept,
        recover=uploads.recover,
        expect=uploads.is_made,
    ),
    Story(
        name="encoding",
        steps=ENCODING,
        arrange=uploads.uploaded,
        act=uploads.work,
        held=uploads.is_kept,
        recover=uploads.recover,
        expect=uploads.is_made,
    ),
    Story(
        name="encoding-in-stretches",
        steps=("chunk.stored", "chunk.recorded", "chunk.deleted", "chunk.forgotten"),
        arrange=uploads.uploaded_long,
        act=uploads.work_long,
        held=uploads.is_kept,
        recover=uploads.recover_long,
        expect=uploads.is_made,
    ),
    Story(
        name="refusing",
        steps=("encode.refused",),
        arrange=uploads.uploaded_letter,
        act=uploads.work,
        held=uploads.is_kept,
        recover=uploads.recover,
        expect=uploads.is_made,
    ),
    Story(
        name="cancelling",
        steps=("cancel.recorded",),
        arrange=uploads.uploaded,
        act=uploads.cancel,
        held=uploads.is_kept,
        recover=uploads.recover,
        expect=uploads.is_cancelled,
    ),
    Story(
        name="giving-up",
        steps=("encode.given-up",),
        arrange=uploads.uploaded_and_spoilt,
        act=uploads.work,
        then=uploads.mend_the_store,
        recover=uploads.recover,
        expect=uploads.is_made,
    ),
    Story(
        name="queueing-again",
        steps=("reconcile.queued",),
        arrange=uploads.uploaded_and_forgotten,
        act=uploads.reconcile_and_work,
        held=uploads.is_kept,
        recover=uploads.recover,
        expect=uploads.is_made,
    ),
)
KILLED_AT = killed_at(STORIES)


@pytest.mark.storage
@pytest.mark.ffmpeg
@pytest.mark.parametrize(
    ("story", "step", "builder"), in_turns(STORIES), indirect=["builder"], scope="session"
)
def test_a_kill_loses_no_upload_and_leaves_nothing_stray(
    dwelling: Dwelling, story: Story, step: str
) -> None:
    walk(dwelling, story, step)
