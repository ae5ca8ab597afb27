"""Stored nodes -> records, without looking twice: what the store holds was checked by `decode`.

Every page of a large site reads one video; checking its hundred fields again took a third of the
time that its page takes. A test compares with `decode`. Characters that no page may hold are taken
out before a node is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson

from site_builder.decode import NOT_IN_XML, moment
from site_builder.records import (
    Captions,
    Image,
    Media,
    Passage,
    Rendition,
    Rights,
    SignLanguage,
    Storyboard,
    Video,
)

Node = Mapping[str, Any]
# How orjson writes what `NOT_IN_XML` takes out, but for two characters that it writes as they are.
SUSPECT = ("\\u00", "\\b", "\\f", "\ufffe", "\uffff")


def text(node: Node) -> str:
    """A node as JSON to be stored, of characters that any page may hold."""
    written = orjson.dumps(node).decode()
    if any(mark in written for mark in SUSPECT):
        return orjson.dumps(_clean(node)).decode()
    return written


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return NOT_IN_XML.sub("", value)
    if isinstance(value, Mapping):
        return {key: _clean(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    return value


def video(node: Node) -> Video:
    """`Video` with its media."""
    incident, rights = node["incidentDate"], node["rights"]
    return Video(
        id=node["id"],
        version=node["version"],
        public_id=node["publicId"],
        slug=node["slug"],
        path=node["path"],
        title=node["title"],
        synopsis=node["synopsis"],
        body_html=node["bodyHtml"],
        incident_date=None if incident is None else date.fromisoformat(incident),
        incident_place=node["incidentPlace"],
        published_at=moment(node["publishedAt"]),
        updated_at=moment(node["updatedAt"]),
        credit=node["credit"],
        rights=Rights(code=rights["code"], label=rights["label"], url=rights["url"]),
        language=node["language"],
        unit_code=node["unit"]["code"],
        category_slugs=tuple([item["slug"] for item in node["categories"]]),
        tag_slugs=tuple([item["slug"] for item in node["tags"]]),
        media=media(node["media"]),
    )


def media(node: Node) -> Media:
    """`Media`."""
    storyboard, signed = node["storyboard"], node.get("signLanguage")
    return Media(
        kind=node.get("kind", "VIDEO"),
        duration=float(node["duration"]),
        width=node["width"],
        height=node["height"],
        frame_rate=float(node["frameRate"]),
        has_audio=node["hasAudio"],
        original_sha256=node["originalSha256"],
        hls_url=node["hlsUrl"],
        poster=Image(**node["poster"]),
        storyboard=None if storyboard is None else _storyboard(storyboard),
        renditions=tuple([_rendition(item) for item in node["renditions"]]),
        captions=tuple([_captions(item) for item in node["captions"]]),
        sign_language=None if signed is None else _signed(signed),
    )


def _storyboard(node: Node) -> Storyboard:
    return Storyboard(
        vtt_url=node["vttUrl"],
        sprites=tuple([Image(**item) for item in node["sprites"]]),
        columns=node["columns"],
        rows=node["rows"],
        tile_width=node["tileWidth"],
        tile_height=node["tileHeight"],
        interval=float(node["interval"]),
    )


def _rendition(node: Node) -> Rendition:
    rate = node["frameRate"]
    return Rendition(
        name=node["name"],
        kind=node["kind"],
        url=node["url"],
        playlist_url=node["playlistUrl"],
        width=node["width"],
        height=node["height"],
        frame_rate=None if rate is None else float(rate),
        codecs=node["codecs"],
        bandwidth=node["bandwidth"],
        average_bandwidth=node["averageBandwidth"],
        size=node["size"],
        sha256=node["sha256"],
        content_type=node["contentType"],
    )


def _captions(node: Node) -> Captions:
    said = node.get("transcript", ())
    return Captions(
        language=node["language"],
        label=node["label"],
        kind=node["kind"],
        url=node["url"],
        size=node["size"],
        sha256=node["sha256"],
        transcript=tuple([Passage(start=float(one["start"]), text=one["text"]) for one in said]),
    )


def _signed(node: Node) -> SignLanguage:
    return SignLanguage(
        duration=float(node["duration"]),
        width=node["width"],
        height=node["height"],
        original_sha256=node["originalSha256"],
        hls_url=node["hlsUrl"],
        poster=Image(**node["poster"]),
        renditions=tuple([_rendition(item) for item in node["renditions"]]),
    )
