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


def chosen(video: Video) -> Captions | None:
    """The captions in the video's language, else the first that have words."""
    spoken = [captions for captions in video.media.captions if captions.transcript]
    own = [captions for captions in spoken if captions.language == video.language]
    return next(iter(own or spoken), None)


def shown(video: Video) -> Transcript | None:
    """What the page of a video shows of what is said in it; None without words."""
    captions = chosen(video)
    if captions is None:
        return None
    letters, passages = 0, []
    for passage in captions.transcript:
        letters += len(passage.text)
        if letters > MOST_LETTERS:
            break
        passages.append(passage)
    whole = len(passages) == len(captions.transcript)
    return Transcript(captions=captions, passages=tuple(passages), is_whole=whole)
