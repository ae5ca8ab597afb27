"""Small pieces of work that tests kill half-way."""

from __future__ import annotations


def publish_a_video(code: str = "polda-bali") -> str:
    """A video with private files, published as the admin does it; its public ID."""
    from content_models.models import Asset, UnitPage
    from tests.cms.factories import make_video
    from tests.kills import calls

    asset = Asset.objects.get(pk=calls.staged_asset())
    page = make_video(UnitPage.objects.get(code=code), asset)
    return page.public_id
