"""What pages fetch by script of listings that grow after they were rendered (DESIGN.md, D7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from site_builder.i18n import duration, xmldate
from site_builder.records import Card


def recording(card: Card, formats: Mapping[str, Callable[..., str]]) -> dict[str, Any]:
    """A card as plain data; texts are ready to be shown, `published` is for comparing."""
    return {
        "id": card.public_id,
        "kind": card.kind,
        "path": card.path,
        "title": card.title,
        "language": card.language,
        "unit": card.unit.name,
        "published": xmldate(card.published_at),
        "day": formats["date"](card.published_at),
        "length": None if card.kind == "STORY" else duration(card.duration),
        "place": card.incident_place,
        "still": card.poster.url,
        "width": card.poster.width,
        "height": card.poster.height,
    }
