"""Scenes from the nightly audit: public files that were spoilt, private ones found in public."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.kills import newsroom

Facts = dict[str, Any]


def robbed() -> Facts:
    """A public video of which the store has lost a file."""
    from cms.media import storage

    facts = newsroom.on_air()
    storage.delete(storage.Bucket.MEDIA, [_ladder(facts).files.first().key])
    return facts


def exposed() -> Facts:
    """A private video of which a file lies in public."""
    from cms.media import storage
    from content_models.models import Ladder, Placement

    ladder = Ladder.objects.filter(placement=Placement.PRIVATE).order_by("pk").first()
    assert ladder is not None
    file = ladder.files.select_related("ladder").first()
    storage.publish(file.key, size=file.size, sha256=file.sha256, content_type=file.content_type)
    return {"key": file.key}


def look(facts: Facts) -> None:
    """What `manage.py audit_media --again` does, of what came a moment ago, too."""
    from cms.media.interface import audit

    found = audit(again=True, settled=timedelta(seconds=-5))
    assert not found.standing, found.standing


def is_private(facts: Facts) -> list[str]:
    """Nothing of it is in public any more."""
    from cms.media import storage

    there = storage.head(storage.Bucket.MEDIA, facts["key"])
    return [f"{facts['key']} is public"] if there else []


def _ladder(facts: Facts) -> Any:
    from content_models.models import VideoPage

    return VideoPage.objects.get(public_id=facts["videos"][0]).asset.ladder
