"""What is said in the videos of a request: their captions' text, read once for all of them.

Records name captions by the hash of their text; the text itself stays in its table, so that lists
of videos do not carry hours of speech.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from cms.media.interface import media_key
from content_models.models import Captions
from content_models.transcript import Passage, passages

Item = dict[str, Any]


class Transcripts:
    """A cache, filled for all captions that the request has seen when the first is asked for."""

    def __init__(self, seen: Callable[[], Iterable[Item]]) -> None:
        self._seen = seen
        self._known: dict[str, tuple[Passage, ...]] = {}

    def of(self, captions: Item) -> tuple[Passage, ...]:
        """Passages of captions as a public record has them; none if their text is gone by now."""
        key = _key(captions)
        if key not in self._known:
            self._load({key, *map(_key, self._seen())} - self._known.keys())
        return self._known[key]

    def _load(self, wanted: set[str]) -> None:
        uuids = {key.partition("/")[0] for key in wanted}
        rows = Captions.objects.filter(asset__uuid__in=uuids).select_related("asset")
        texts = {row.key: row.text for row in rows}
        for key in wanted:
            self._known[key] = passages(texts.get(key, ""))


def _key(captions: Item) -> str:
    return media_key(captions["url"])
