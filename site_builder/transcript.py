"""What is said in a video, as its page shows it: in one language, no more than a page may weigh."""

from __future__ import annotations

from dataclasses import dataclass

from site_builder.records import Captions, Passage, Video

# Some twenty minutes of speech, about 8 kB on the way. Whoever wants an hour takes the file.
MOST_LETTERS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """The passages that are shown; `is_whole` is false where the rest is in the captions' file."""

    captions: Captions
    passages: tuple[Passage, ...]
    is_whole: bool


def shown(video: Video) -> Transcript | None:
    """That of the captions in the video's language, else of the first; None without words."""
    spoken = [captions for captions in video.media.captions if captions.transcript]
    own = [captions for captions in spoken if captions.language == video.language]
    chosen = next(iter(own or spoken), None)
    if chosen is None:
        return None
    letters, passages = 0, []
    for passage in chosen.transcript:
        letters += len(passage.text)
        if letters > MOST_LETTERS:
            break
        passages.append(passage)
    whole = len(passages) == len(chosen.transcript)
    return Transcript(captions=chosen, passages=tuple(passages), is_whole=whole)
