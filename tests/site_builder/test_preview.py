"""A draft is rendered as the site would show it, and marked as a preview."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from site_builder import BuilderError, ErrorCode, decode, render_preview
from site_builder.records import Link, Site, Unit, Video
from tests.site_builder.newsroom import THEME, identifier, newsroom


def preview(folder: Path, **options: Any) -> str:
    api = newsroom(3)
    video, site, unit = (
        decode.record(api.node(node_id) or {})
        for node_id in (f"video:{identifier(1)}", "site:site", "unit:polda-bali")
    )
    assert isinstance(video, Video)
    assert isinstance(site, Site)
    assert isinstance(unit, Unit)
    values: dict[str, Any] = {"templates": THEME, "assets": folder} | options
    return render_preview(
        video,
        site=site,
        unit=unit,
        ancestors=[Link(name="Mabes Polri", path="/unit/mabes/")],
        site_url="https://tube.test",
        media_origin="http://media.test",
        **values,
    )


def test_a_draft_is_shown_with_a_banner_and_nothing_related(tmp_path: Path) -> None:
    text = preview(tmp_path)

    assert "<p>Preview</p>" in text or "<p>Pratinjau</p>" in text
    assert f"Kejadian {identifier(1)}" in text
    assert "/unit/mabes/" in text
    assert "<article>" not in text


def test_a_failing_preview_names_template_and_line(tmp_path: Path) -> None:
    (tmp_path / "watch.html").write_text("\n{{ video.nothing }}")

    with pytest.raises(BuilderError, match=r"watch\.html, line 2") as caught:
        preview(tmp_path / "assets", templates=tmp_path)

    assert caught.value.code == ErrorCode.TEMPLATE_FAILED
