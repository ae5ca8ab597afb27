"""One transcript on a page, in the video's language, and no more of it than a page may weigh."""

from __future__ import annotations

from typing import Any

from site_builder import decode, transcript
from site_builder.records import Captions, Passage, Video


def captions(language: str, *texts: str) -> Captions:
    said = tuple(Passage(start=15.0 * n, text=text) for n, text in enumerate(texts))
    return Captions(
        language=language, label="", kind="captions", url="http://m/a.vtt", size=1, sha256="",
        transcript=said,
    )  # fmt: skip


def video(*found: Captions) -> Video:
    media: Any = type("Media", (), {"captions": found})()
    names = dict.fromkeys(Video.__dataclass_fields__) | {"media": media, "language": "id"}
    return Video(**names)  # type: ignore[arg-type]


def test_the_videos_own_language_is_shown_else_the_first_with_words() -> None:
    english, own, empty = captions("en", "Good"), captions("id", "Baik"), captions("jv")
    assert transcript.shown(video(english, own)).captions.language == "id"
    assert transcript.shown(video(empty, english)).captions.language == "en"
    assert transcript.shown(video(empty)) is None
    assert transcript.shown(video()) is None


def test_what_is_too_much_for_a_page_is_cut_at_a_passage_and_said_to_be() -> None:
    long = captions("id", *["a" * 1000] * 50)
    shown = transcript.shown(video(long))
    assert (len(shown.passages), shown.is_whole) == (transcript.MOST_LETTERS // 1000, False)
    assert transcript.shown(video(captions("id", "Pendek"))).is_whole


def test_what_an_earlier_release_stored_has_no_transcript() -> None:
    node = {
        "language": "id", "label": "", "kind": "captions", "url": "http://m/a", "size": 1,
        "sha256": "",
    }  # fmt: skip
    assert decode._captions(node).transcript == ()
    said = [{"start": 2, "text": "Halo\x00"}]
    assert decode._captions(node | {"transcript": said}).transcript == (
        Passage(start=2.0, text="Halo"),
    )
