"""GraphQL nodes -> records; whatever is missing or unsafe in a path is refused here, once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from site_builder import keys, redirects
from site_builder.errors import BuilderError, ErrorCode
from site_builder.records import (
    Banner,
    Captions,
    Category,
    Copy,
    Image,
    Media,
    Passage,
    Photograph,
    Redirect,
    Rendition,
    Rights,
    SignLanguage,
    Site,
    Story,
    Storyboard,
    Tag,
    Unit,
    Video,
)

Node = Mapping[str, Any]
Record = Site | Banner | Unit | Category | Tag | Video | Story | Redirect
KEY = re.compile(r"[\w~-][\w.~-]*")
# Characters that no XML 1.0 document may hold (section 2.2), so that one title breaks no feed.
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
SCHEMES = ("https://", "http://")
# Of an emergency announcement, from the lowest.
URGENCIES = ("NOTICE", "WARNING", "CRITICAL")
Number = TypeVar("Number", int, float)


class _MalformedError(ValueError):
    """One field of a node is not as the schema promises."""


def record(node: Node) -> Record:
    """One node of the API, selected as the query documents do, as its record."""
    try:
        return DECODERS[node["__typename"]](node)
    except (KeyError, TypeError, ValueError) as error:
        detail = f"field {error}" if isinstance(error, KeyError) else str(error)
        raise BuilderError(
            ErrorCode.HALF_ANSWER,
            f"The API's record {node.get('id', '(no ID)')} cannot be used: {detail}. "
            "Nothing was stored; mend the record in the CMS or use the builder of its release.",
        ) from error


def site(node: Node) -> Site:
    """`Site`."""
    return Site(
        id=_text(node, "id"),
        version=_text(node, "version"),
        name=_text(node, "name"),
        description=_text(node, "description"),
        about_html=_text(node, "aboutHtml"),
        language=_text(node, "language"),
    )


def banner(node: Node) -> Banner:
    """`Banner`."""
    if (urgency := _text(node, "urgency")) not in URGENCIES:
        raise _MalformedError(f"urgency {urgency!r} is none that pages know")
    href = _link(node, "href")
    if href and not redirects.is_goal(href):
        raise _MalformedError(f"no announcement can lead to {href!r}")
    return Banner(
        id=_identity(node, keys.BANNER),
        version=_text(node, "version"),
        text=_text(node, "text"),
        text_english=_text(node, "textEnglish"),
        urgency=urgency,
        href=href,
        until=moment(_text(node, "until")),
    )


def unit(node: Node) -> Unit:
    """`Unit`, its ancestors left empty: the content store knows the tree."""
    code = _key(node, "code")
    parent = node["parent"]
    return Unit(
        id=_identity(node, f"unit:{code}"),
        version=_text(node, "version"),
        code=code,
        name=_text(node, "name"),
        level=_text(node, "level"),
        region_code=_text(node, "regionCode"),
        summary=_text(node, "summary"),
        path=_path(node, f"/unit/{code}/"),
        parent_code=None if parent is None else _key(parent, "code"),
        ancestor_codes=(),
    )


def category(node: Node) -> Category:
    """`Category`."""
    slug = _key(node, "slug")
    return Category(
        id=_identity(node, f"category:{slug}"),
        version=_text(node, "version"),
        slug=slug,
        name=_text(node, "name"),
        description=_text(node, "description"),
        path=_path(node, f"/category/{slug}/"),
    )


def tag(node: Node) -> Tag:
    """`Tag`."""
    slug = _key(node, "slug")
    return Tag(
        id=_identity(node, f"tag:{slug}"),
        version=_text(node, "version"),
        slug=slug,
        name=_text(node, "name"),
        path=_path(node, f"/tag/{slug}/"),
    )


def redirect(node: Node) -> Redirect:
    """`Redirect`."""
    source, target = _text(node, "from"), _text(node, "to")
    if redirects.trouble(source) or redirects.source(source) != source:
        raise _MalformedError(f"no redirect can start at {source!r}")
    if not redirects.is_goal(target):
        raise _MalformedError(f"no redirect can lead to {target!r}")
    return Redirect(
        id=_identity(node, redirects.node_id(source)),
        version=_text(node, "version"),
        source=source,
        target=target,
    )


def video(node: Node) -> Video:
    """`Video` with its media."""
    return Video(**_publication(node, "video"), media=media(node["media"]))


def story(node: Node) -> Story:
    """`Story` with its photographs."""
    photographs = tuple(_photograph(item) for item in node["photographs"])
    if not photographs:
        raise _MalformedError("it has no photograph")
    return Story(
        **_publication(node, "story"),
        photographs=photographs,
        video_ids=tuple(_key(item, "publicId") for item in node["relatedVideos"]),
    )


def _publication(node: Node, kind: str) -> dict[str, Any]:
    """Fields that all kinds share."""
    public_id, slug = _key(node, "publicId"), _key(node, "slug")
    incident = node["incidentDate"]
    return {
        "id": _identity(node, f"{kind}:{public_id}"),
        "version": _text(node, "version"),
        "public_id": public_id,
        "slug": slug,
        "path": _path(node, f"/{kind}/{public_id}/{slug}/"),
        "title": _text(node, "title"),
        "synopsis": _text(node, "synopsis"),
        "body_html": _text(node, "bodyHtml"),
        "incident_date": None if incident is None else date.fromisoformat(incident),
        "incident_place": _text(node, "incidentPlace"),
        "published_at": moment(node["publishedAt"]),
        "updated_at": moment(node["updatedAt"]),
        "credit": _text(node, "credit"),
        "rights": Rights(
            code=_text(node["rights"], "code"),
            label=_text(node["rights"], "label"),
            url=_link(node["rights"], "url"),
        ),
        "language": _text(node, "language"),
        "unit_code": _key(node["unit"], "code"),
        "category_slugs": tuple(_key(item, "slug") for item in node["categories"]),
        "tag_slugs": tuple(_key(item, "slug") for item in node["tags"]),
    }


def _photograph(node: Node) -> Photograph:
    copies = [_copy(item) for item in node["copies"]]
    jpegs = tuple(copy for copy in copies if copy.content_type == "image/jpeg")
    webps = tuple(copy for copy in copies if copy.content_type == "image/webp")
    if not jpegs:
        raise _MalformedError("a photograph has no copy that every browser draws")
    return Photograph(
        alternative_text=_text(node, "alternativeText"),
        caption=_text(node, "caption"),
        credit=_text(node, "credit"),
        original_sha256=_text(node, "originalSha256"),
        jpegs=jpegs,
        # A browser that takes this type looks at no other: it needs each size.
        webps=webps if len(webps) == len(jpegs) else (),
    )


def _copy(node: Node) -> Copy:
    return Copy(
        url=_url(node, "url"),
        width=int(node["width"]),
        height=int(node["height"]),
        size=int(node["size"]),
        sha256=_text(node, "sha256"),
        content_type=_text(node, "contentType"),
    )


def media(node: Node) -> Media:
    """`Media`: every URL absolute, on the media origin."""
    storyboard = node["storyboard"]
    return Media(
        # What an earlier release stored says nothing of it, and is a video.
        kind=_text(node, "kind") if "kind" in node else "VIDEO",
        duration=float(node["duration"]),
        width=int(node["width"]),
        height=int(node["height"]),
        frame_rate=float(node["frameRate"]),
        has_audio=bool(node["hasAudio"]),
        original_sha256=_text(node, "originalSha256"),
        hls_url=_url(node, "hlsUrl"),
        poster=image(node["poster"]),
        storyboard=None if storyboard is None else _storyboard(storyboard),
        renditions=tuple(_rendition(item) for item in node["renditions"]),
        captions=tuple(_captions(item) for item in node["captions"]),
        sign_language=None if (signed := node.get("signLanguage")) is None else _signed(signed),
    )


def _signed(node: Node) -> SignLanguage:
    return SignLanguage(
        duration=float(node["duration"]),
        width=int(node["width"]),
        height=int(node["height"]),
        original_sha256=_text(node, "originalSha256"),
        hls_url=_url(node, "hlsUrl"),
        poster=image(node["poster"]),
        renditions=tuple(_rendition(item) for item in node["renditions"]),
    )


def image(node: Node) -> Image:
    """`Image`."""
    return Image(
        url=_url(node, "url"),
        width=int(node["width"]),
        height=int(node["height"]),
        size=int(node["size"]),
        sha256=_text(node, "sha256"),
    )


def moment(text: str) -> datetime:
    """ISO 8601 with an offset -> the same moment in UTC."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise _MalformedError(f"moment {text!r} has no offset")
    return value.astimezone(UTC)


def _storyboard(node: Node) -> Storyboard:
    return Storyboard(
        vtt_url=_url(node, "vttUrl"),
        sprites=tuple(image(item) for item in node["sprites"]),
        columns=int(node["columns"]),
        rows=int(node["rows"]),
        tile_width=int(node["tileWidth"]),
        tile_height=int(node["tileHeight"]),
        interval=float(node["interval"]),
    )


def _rendition(node: Node) -> Rendition:
    return Rendition(
        name=_text(node, "name"),
        kind=_text(node, "kind"),
        url=_url(node, "url"),
        playlist_url=_url(node, "playlistUrl"),
        width=_optional(node, "width", int),
        height=_optional(node, "height", int),
        frame_rate=_optional(node, "frameRate", float),
        codecs=_text(node, "codecs"),
        bandwidth=int(node["bandwidth"]),
        average_bandwidth=int(node["averageBandwidth"]),
        size=int(node["size"]),
        sha256=_text(node, "sha256"),
        content_type=_text(node, "contentType"),
    )


def _captions(node: Node) -> Captions:
    return Captions(
        language=_text(node, "language"),
        label=_text(node, "label"),
        kind=_text(node, "kind"),
        url=_url(node, "url"),
        size=int(node["size"]),
        sha256=_text(node, "sha256"),
        # What an earlier release stored is without.
        transcript=tuple(
            Passage(start=float(item["start"]), text=_text(item, "text"))
            for item in node.get("transcript", ())
        ),
    )


def _text(node: Node, name: str) -> str:
    value = node[name]
    if not isinstance(value, str):
        raise _MalformedError(f"field {name!r} is {value!r}, not text")
    # Nearly every text is printable, which is quickly seen and leaves nothing to take out.
    return value if value.isprintable() else NOT_IN_XML.sub("", value)


def _optional(node: Node, name: str, make: Callable[[Any], Number]) -> Number | None:
    value = node[name]
    return None if value is None else make(value)


def _key(node: Node, name: str) -> str:
    value = _text(node, name)
    if not KEY.fullmatch(value):
        raise _MalformedError(f"field {name!r} is {value!r}, which cannot stand in a URL path")
    return value


def _identity(node: Node, expected: str) -> str:
    if (value := _text(node, "id")) != expected:
        raise _MalformedError(f"ID {value!r} should be {expected!r}")
    return value


def _path(node: Node, expected: str) -> str:
    if (value := _text(node, "path")) != expected:
        raise _MalformedError(f"path {value!r} should be {expected!r}")
    return value


def _url(node: Node, name: str) -> str:
    value = _text(node, name)
    if not value.startswith(SCHEMES):
        raise _MalformedError(f"field {name!r} is {value!r}, not an absolute http(s) URL")
    return value


def _link(node: Node, name: str) -> str:
    value = _text(node, name)
    return value if not value or re.match(r"/(?!/)", value) else _url(node, name)


DECODERS: dict[str, Callable[[Node], Record]] = {
    "Site": site,
    "Banner": banner,
    "Unit": unit,
    "Category": category,
    "Tag": tag,
    "Video": video,
    "Story": story,
    "Redirect": redirect,
}
