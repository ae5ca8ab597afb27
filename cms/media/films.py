"""The maker of videos: a planned ladder, encoded and checked."""

from __future__ import annotations

import logging
import sys

from django.conf import settings

from cms.media import chunks, ladder
from cms.media.encode import encode
from cms.media.job import Job
from cms.media.probe import Probe
from cms.media.products import Made
from cms.media.verify import verify

logger = logging.getLogger(__name__)


def make(job: Job[Probe]) -> Made:
    """Every rung of a video, its sound, playlists and stills under `job.target`."""
    plan = ladder.plan(job.found, economy=settings.MEDIA_AV1)
    for rung in plan.all_rungs:
        logger.info("asset %s: %s because %s", job.asset.pk, rung.name, rung.reason)
    job.beat("encode", 0)
    share = 0.0

    def tell(now: float) -> None:
        nonlocal share
        share = now
        job.beat("encode", share)

    made = encode(
        job.source,
        job.target,
        job.found,
        plan,
        on_share=tell,
        keeper=chunks.Shelf(job.asset, job.lease.attempt, lambda _count: tell(share)),
        between=job.between,
    )
    sys.audit("policetube.step", "encode.encoded")
    job.beat("verify", 0)
    verify(job.target, made, plan, tick=lambda: job.beat("verify", 0.5))
    return made
