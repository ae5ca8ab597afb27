"""JSON-LD against schema.org's vocabulary and what Google requires and recommends of each type.

https://developers.google.com/search/docs/appearance/structured-data: `video`, `breadcrumb`,
`article`, `image-license-metadata`, `organization`. A type or property that is not in the tables
below is a fault: look it up, then add it here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

Node = Mapping[str, Any]
SEEK = "{seek_to_second_number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Properties of a type that must be there, those we owe it beside them, and further ones."""

    required: frozenset[str] = frozenset()
    owed: frozenset[str] = frozenset()
    further: frozenset[str] = frozenset()


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


THING = _names("@context @id @type name url description image sameAs alternateName")
WORK = THING | _names(
    "headline inLanguage publisher creator author license acquireLicensePage creditText keywords "
    "copyrightNotice copyrightHolder datePublished dateModified dateCreated contentLocation "
    "locationCreated isPartOf mainEntityOfPage hasPart about thumbnailUrl isAccessibleForFree "
    "accessibilityFeature sourceOrganization identifier associatedMedia video text articleSection "
    "articleBody abstract correction thumbnail"
)
MEDIA = WORK | _names(
    "uploadDate duration contentUrl embedUrl contentSize encodingFormat width height sha256 "
    "caption transcript potentialAction expires regionsAllowed interactionStatistic bitrate "
    "representativeOfPage videoFrameSize videoQuality requiresSubscription publication"
)
SHAPES: dict[str, Shape] = {
    "VideoObject": Shape(
        required=_names("name thumbnailUrl uploadDate"),
        owed=_names("contentUrl description duration"),
        further=MEDIA,
    ),
    "AudioObject": Shape(
        required=_names("name contentUrl"),
        owed=_names("description duration encodingFormat"),
        further=MEDIA,
    ),
    "MediaObject": Shape(required=_names("contentUrl"), further=MEDIA),
    "ImageObject": Shape(required=_names("contentUrl"), further=MEDIA),
    "Clip": Shape(
        required=_names("name startOffset url"), further=THING | _names("startOffset endOffset")
    ),
    "SeekToAction": Shape(
        required=_names("target startOffset-input"), further=THING | _names("target")
    ),
    "NewsArticle": Shape(
        owed=_names("headline datePublished dateModified author image"), further=WORK
    ),
    "Article": Shape(owed=_names("headline datePublished dateModified author image"), further=WORK),
    "BreadcrumbList": Shape(required=_names("itemListElement"), further=THING),
    "ItemList": Shape(
        required=_names("itemListElement"), further=THING | _names("numberOfItems itemListOrder")
    ),
    "ListItem": Shape(required=_names("position"), owed=_names("item"), further=THING),
    "GovernmentOrganization": Shape(
        required=_names("name"),
        owed=_names("url"),
        further=THING | _names("logo parentOrganization areaServed contactPoint address telephone"),
    ),
    "Organization": Shape(
        required=_names("name"), owed=_names("url"), further=THING | _names("logo")
    ),
    "Person": Shape(required=_names("name"), further=THING),
    "Place": Shape(required=_names("name"), further=THING | _names("address geo")),
    "WebSite": Shape(
        required=_names("name url"),
        further=WORK | _names("potentialAction"),
    ),
    "WebPage": Shape(further=WORK | _names("breadcrumb mainEntity primaryImageOfPage")),
    "CollectionPage": Shape(further=WORK | _names("breadcrumb mainEntity")),
    "AboutPage": Shape(further=WORK | _names("breadcrumb mainEntity")),
    "SearchAction": Shape(required=_names("target query-input"), further=THING | _names("target")),
    "EntryPoint": Shape(required=_names("urlTemplate"), further=THING),
    "QuantitativeValue": Shape(required=_names("value"), further=THING | _names("unitCode")),
    "PropertyValue": Shape(required=_names("value"), further=THING | _names("propertyID")),
    "InteractionCounter": Shape(
        required=_names("userInteractionCount"), further=THING | _names("interactionType")
    ),
    "CorrectionComment": Shape(further=WORK),
}


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _url(value: object) -> bool:
    return isinstance(value, str) and urlsplit(value).scheme in ("http", "https")


def _moment(value: object) -> bool:
    """A day, or a moment with its zone (Google takes one without for its crawler's)."""
    try:
        text = str(value)
        return (
            bool(date.fromisoformat(text))
            if len(text) == 10
            else (datetime.fromisoformat(text).tzinfo is not None)
        )
    except ValueError:
        return False


def _duration(value: object) -> bool:
    shape = r"P(?=.)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?"
    return bool(re.fullmatch(shape, str(value))) and bool(re.search(r"[1-9]", str(value)))


def _seconds(value: object) -> bool:
    return isinstance(value, int | float) and value >= 0


VALUES: dict[str, Callable[[object], bool]] = {
    "name": _text,
    "headline": _text,
    "description": _text,
    "url": _url,
    "contentUrl": _url,
    "embedUrl": _url,
    "thumbnailUrl": _url,
    "license": _url,
    "acquireLicensePage": _url,
    "uploadDate": _moment,
    "datePublished": _moment,
    "dateModified": _moment,
    "dateCreated": _moment,
    "expires": _moment,
    "duration": _duration,
    "startOffset": _seconds,
    "endOffset": _seconds,
    "inLanguage": lambda value: bool(re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]+)*", str(value))),
    "encodingFormat": lambda value: bool(re.fullmatch(r"[\w.+-]+/[\w.+-]+.*", str(value))),
    "sha256": lambda value: bool(re.fullmatch(r"[0-9a-f]{64}", str(value))),
    "position": lambda value: isinstance(value, int) and value >= 1,
}


def faults(data: Any, *, page: str) -> list[str]:
    """What is wrong with one block of structured data on the page at an address."""
    if isinstance(data, list):
        return [fault for one in data for fault in faults(one, page=page)]
    if "@graph" in data:
        return [fault for one in data["@graph"] for fault in _of_node(one, page)]
    if data.get("@context") not in ("https://schema.org", "https://schema.org/"):
        return ["its context is not https://schema.org"]
    return list(_of_node(data, page))


def _of_node(node: Node, page: str) -> Iterator[str]:
    kind = node.get("@type")
    shape = SHAPES.get(str(kind))
    if shape is None:
        if kind is not None or set(node) - {"@id"}:
            yield f"{kind} is no type that the tables of this test know"
        return
    for name in sorted((shape.required | shape.owed) - node.keys()):
        yield f"{kind} lacks {name}"
    for name in sorted(node.keys() - shape.required - shape.owed - shape.further):
        yield f"{kind} has {name}, which the tables of this test do not know"
    for name, value in node.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping):
                yield from _of_node(one, page)
            elif name in VALUES and not VALUES[name](one):
                yield f"{kind}: {name} cannot be {one!r}"
    if rule := RULES.get(str(kind)):
        yield from rule(node, page)


def _video(node: Node, page: str) -> Iterator[str]:
    if node.get("contentUrl") == page or node.get("embedUrl") == page:
        yield "video: a file or player cannot be the page itself"
    clips = [one for one in _list(node.get("hasPart")) if one.get("@type") == "Clip"]
    starts = [clip["startOffset"] for clip in clips if "startOffset" in clip]
    if len(set(starts)) != len(starts):
        yield "clip: two begin at one second"
    for clip in clips:
        if urlsplit(str(clip.get("url"))).path != urlsplit(page).path:
            yield "clip: it must lead to the page itself, at a second"
        if clip.get("endOffset", float("inf")) <= clip.get("startOffset", 0):
            yield "clip: it ends before it starts"


def _seek(node: Node, _page: str) -> Iterator[str]:
    target = node.get("target")
    template = target.get("urlTemplate", "") if isinstance(target, Mapping) else str(target)
    if SEEK not in template or not _url(template):
        yield f"seek: the target must hold {SEEK}"
    if node.get("startOffset-input") != "required name=seek_to_second_number":
        yield "seek: startOffset-input must be 'required name=seek_to_second_number'"


def _trail(node: Node, page: str) -> Iterator[str]:
    steps = _list(node.get("itemListElement"))
    if len(steps) < 2:
        yield "breadcrumb: Google asks for two steps at least"
    if [step.get("position") for step in steps] != list(range(1, len(steps) + 1)):
        yield "breadcrumb: positions do not count from 1"
    for step in steps:
        item = step.get("item")
        if not _text(step.get("name")) and not (isinstance(item, Mapping) and item.get("name")):
            yield "breadcrumb: a step has no name"
    if steps and steps[-1].get("item") not in (page, None):
        yield "breadcrumb: its last step is not the page"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


RULES: dict[str, Callable[[Node, str], Iterator[str]]] = {
    "VideoObject": _video,
    "SeekToAction": _seek,
    "BreadcrumbList": _trail,
}
