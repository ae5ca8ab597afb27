"""What search engines read of a page, in the words of schema.org."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from site_builder import embed, transcript
from site_builder.i18n import iso_duration, xmldate
from site_builder.membership import default_rendition
from site_builder.records import (
    Link,
    Passage,
    Photograph,
    Publication,
    Story,
    Surroundings,
    Video,
)
from site_builder.settings import Settings

# What search engines show: nothing of under half a minute, some ten at most, one line each.
SHORTEST = 30
MOST_CLIPS = 10
LONGEST_NAME = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A named stretch of a video, in whole seconds."""

    name: str
    start: int
    end: int


def media_object(video: Video, around: Surroundings, settings: Settings) -> dict[str, Any]:
    """https://schema.org/VideoObject of a watch page, or AudioObject where there is no picture."""
    file = default_rendition(video.media)
    heard = video.media.kind == "AUDIO"
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "AudioObject" if heard else "VideoObject",
        "name": video.title,
        "description": video.synopsis or video.title,
        "thumbnailUrl": [video.media.poster.url],
        "uploadDate": xmldate(video.published_at),
        "duration": iso_duration(video.media.duration),
        "contentUrl": file.url if file else video.media.hls_url,
        **_creative_work(video, around, settings),
    }
    if heard and file:
        data["encodingFormat"] = file.content_type
    if not heard:
        data["embedUrl"] = settings.absolute(embed.path(video.public_id))
        data |= moments(video, settings)
    return data


def news_article(story: Story, around: Surroundings, settings: Settings) -> dict[str, Any]:
    """https://schema.org/NewsArticle of a story, with its photographs."""
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": story.title,
        "description": story.synopsis or story.title,
        "datePublished": xmldate(story.published_at),
        "image": [_image_object(one, story) for one in story.photographs],
        **_creative_work(story, around, settings),
    }
    return data | {"author": data["creator"], "mainEntityOfPage": data["url"]}


def _image_object(photograph: Photograph, story: Story) -> dict[str, Any]:
    largest = photograph.jpegs[0]
    data: dict[str, Any] = {
        "@type": "ImageObject",
        "url": largest.url,
        "contentUrl": largest.url,
        "width": largest.width,
        "height": largest.height,
        "description": photograph.alternative_text,
    }
    if photograph.caption:
        data["caption"] = photograph.caption
    if credit := photograph.credit or story.credit:
        data["creditText"] = credit
    return data


def _creative_work(shown: Publication, around: Surroundings, settings: Settings) -> dict[str, Any]:
    """What is said of every publication."""
    data: dict[str, Any] = {
        "@id": settings.absolute(shown.path),
        "url": settings.absolute(shown.path),
        "dateModified": xmldate(shown.updated_at),
        "inLanguage": shown.language,
        "publisher": {
            "@type": "GovernmentOrganization",
            "name": around.site.name,
            "url": settings.absolute("/"),
        },
        "creator": {
            "@type": "GovernmentOrganization",
            "name": around.unit.name,
            "url": settings.absolute(around.unit.path),
        },
    }
    if link := shown.rights.url:
        data["license"] = settings.absolute(link) if link.startswith("/") else link
    if shown.incident_place:
        data["contentLocation"] = {"@type": "Place", "name": shown.incident_place}
    if around.tags:
        data["keywords"] = [tag.name for tag in around.tags]
    return data


def moments(video: Video, settings: Settings) -> dict[str, Any]:
    """Links into a video: to named stretches where words are known, else to any second.

    https://developers.google.com/search/docs/appearance/structured-data/video: a page gives either
    `Clip`s or a `SeekToAction`; both lead to the page's own address with a query, for a fragment is
    dropped on the way.
    """
    address = settings.absolute(video.path)
    if named := clips(video):
        return {
            "hasPart": [
                {
                    "@type": "Clip",
                    "name": clip.name,
                    "startOffset": clip.start,
                    "endOffset": clip.end,
                    "url": f"{address}?t={clip.start}",
                }
                for clip in named
            ]
        }
    if video.media.duration < SHORTEST:
        return {}
    return {
        "potentialAction": {
            "@type": "SeekToAction",
            "target": f"{address}?t={{seek_to_second_number}}",
            "startOffset-input": "required name=seek_to_second_number",
        }
    }


def clips(video: Video) -> list[Clip]:
    """Stretches of a video, named by the first words of each; none of a short or silent one.

    Seconds; each is at least SHORTEST long, they follow each other up to the end, and there are at
    most MOST_CLIPS.
    """
    said = transcript.chosen(video)
    whole = int(video.media.duration)
    if said is None or whole < 2 * SHORTEST:
        return []
    length = max(SHORTEST, whole // MOST_CLIPS + 1)
    starts: list[Passage] = []
    for passage in said.transcript:
        since = int(starts[-1].start) if starts else -length
        if int(passage.start) - since >= length and whole - int(passage.start) >= SHORTEST:
            starts.append(passage)
    if len(starts) < 2:
        return []
    ends = [int(passage.start) for passage in starts[1:]] + [whole]
    return [
        Clip(name=_first_words(passage.text), start=int(passage.start), end=end)
        for passage, end in zip(starts, ends, strict=True)
    ]


def _first_words(text: str) -> str:
    return textwrap.shorten(text, LONGEST_NAME, placeholder="…")


def breadcrumb_list(steps: Sequence[Link], settings: Settings) -> dict[str, Any]:
    """https://schema.org/BreadcrumbList from the top to the page itself."""
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": position,
                "name": step.name,
                "item": settings.absolute(step.path),
            }
            for position, step in enumerate(steps, start=1)
        ],
    }
