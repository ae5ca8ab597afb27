"""An archive of any size over the real unit tree, the same in every run, that answers as the API.

A video is a pure function of its number, so a hundred thousand of them need no memory. They come at
a steady pace up to the same last day: a larger archive is an older one, not a busier one, and its
newest month is as full as a smaller one's.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from content_models.data import category_rows, unit_rows

ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"
MEDIA = "https://media.tube.test/policetube-media"
LAST = datetime(2026, 11, 20, 5, tzinfo=UTC)
PACE = timedelta(minutes=26)
TAGS = 300
# Numbers below zero are of the archive, those from zero on are published later.
OFFSET = 300_000
TEXT = """
petugas jalan raya pengamanan malam warga kendaraan laporan barang bukti patroli kota pasar
pelabuhan sekolah helm mudik operasi lalu lintas tersangka penyidikan sungai banjir evakuasi bantuan
posko simpang kecamatan perairan nelayan latihan upacara pelayanan masyarakat tertib aman bersama
kapolres jajaran kegiatan pemeriksaan gabungan dini hari terminal stasiun
"""
WORDS = TEXT.split()
OPERATION = re.compile(r"query (\w+)")
RUNGS = ((1080, 4_800_000), (720, 2_500_000), (480, 1_200_000), (360, 700_000), (None, 96_000))
Node = dict[str, Any]


class Archive:
    """`size` videos and those `published` since; callable as the builder's transport.

    `made` makes a video from its number, `video` if it is not given.
    """

    def __init__(
        self, size: int, *, published: int = 0, made: Callable[[int], Node] | None = None
    ) -> None:
        self.size = size
        self.published = published
        self.made = made or video
        self.others = {node["id"]: node for node in (SITE, *units(), *categories(), *tags())}

    def __call__(self, query: str, variables: dict[str, Any], /) -> Node:
        found = OPERATION.search(query)
        return {"data": self._answer(found.group(1).lower() if found else "", variables)}

    def _answer(self, name: str, variables: dict[str, Any]) -> Node:
        if name == "site":
            return {"site": SITE}
        if name == "changes":
            return {"changes": self._changes(variables["after"])}
        if name == "nodes":
            return {"nodes": [self.node(node_id) for node_id in variables["ids"]]}
        if name == "videos":
            return {"page": self._videos(int(variables["after"] or 0), variables["first"])}
        nodes = {"units": units, "categories": categories, "tags": tags}
        found = nodes[name]() if name in nodes else ()
        start = int(variables["after"] or 0)
        end = start + variables["first"]
        return {"page": _page(list(found[start:end]), end=end, more=end < len(found))}

    def node(self, node_id: str) -> Node | None:
        """One public node; None if there is none of that ID."""
        if node_id.startswith("video:"):
            return self.made(number_of(node_id))
        return self.others.get(node_id)

    def videos(self) -> Iterator[Node]:
        """All of them, newest first."""
        return map(self.made, range(self.published - 1, -self.size - 1, -1))

    def _videos(self, start: int, first: int) -> Node:
        total = self.size + self.published
        end = min(start + first, total)
        newest = self.published - 1
        nodes = [self.made(newest - place) for place in range(start, end)]
        return _page(nodes, end=end, more=end < total)

    def _changes(self, after: int) -> Node:
        nodes = [
            {"sequence": number + 1, "nodeId": f"video:{public_id(number)}"}
            for number in range(after, self.published)
        ]
        return {"epoch": "bench", "head": self.published, "nodes": nodes, "hasNextPage": False}


def _page(nodes: list[Node], *, end: int, more: bool) -> Node:
    return {"nodes": nodes, "pageInfo": {"hasNextPage": more, "endCursor": str(end)}}


def public_id(number: int) -> str:
    """ID of a video; the last four letters are its number, the others scatter."""
    value, tail = number + OFFSET, ""
    for _ in range(4):
        value, digit = divmod(value, len(ALPHABET))
        tail = ALPHABET[digit] + tail
    head = hashlib.sha256(tail.encode()).digest()[:6]
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in head) + tail


def number_of(node_id: str) -> int:
    """The number in a public ID."""
    value = 0
    for letter in node_id[-4:]:
        value = value * len(ALPHABET) + ALPHABET.index(letter)
    return value - OFFSET


SITE: Node = {
    "__typename": "Site",
    "id": "site:site",
    "version": "1",
    "name": "Policetube",
    "description": "Rekaman resmi kepolisian, dari seluruh Indonesia.",
    "aboutHtml": "<p>Tentang kami.</p>",
    "language": "id",
}


@cache
def units() -> tuple[Node, ...]:
    """The real units, each after its parent."""
    return tuple(
        {
            "__typename": "Unit",
            "id": f"unit:{row.code}",
            "version": "1",
            "code": row.code,
            "name": row.name,
            "level": row.level.upper(),
            "regionCode": row.region_code,
            "summary": row.summary,
            "path": f"/unit/{row.code}/",
            "parent": {"code": row.parent} if row.parent else None,
        }
        for row in unit_rows()
    )


@cache
def categories() -> tuple[Node, ...]:
    """The real categories."""
    return tuple(
        {
            "__typename": "Category",
            "id": f"category:{row.slug}",
            "version": "1",
            "slug": row.slug,
            "name": row.name,
            "description": row.description,
            "path": f"/category/{row.slug}/",
        }
        for row in category_rows()
    )


@cache
def tags() -> tuple[Node, ...]:
    """Words that are filed under, two at a time."""
    names = [f"{WORDS[n % len(WORDS)]} {WORDS[n * 7 // 5 % len(WORDS)]} {n}" for n in range(TAGS)]
    return tuple(
        {
            "__typename": "Tag",
            "id": f"tag:{slug}",
            "version": "1",
            "slug": slug,
            "name": name,
            "path": f"/tag/{slug}/",
        }
        for name in names
        for slug in [name.replace(" ", "-")]
    )


def video(number: int) -> Node:
    """A video as the query documents select it."""
    chance = random.Random(number)
    identifier = public_id(number)
    title = sentence(chance, 7).rstrip(".")
    slug = title.lower().replace(" ", "-")
    published = LAST + PACE * (number + 1)
    unit = chance.choice(units())
    first = chance.randrange(TAGS)
    return {
        "__typename": "Video",
        "id": f"video:{identifier}",
        "version": hashlib.sha256(identifier.encode()).hexdigest()[:32],
        "publicId": identifier,
        "slug": slug,
        "path": f"/video/{identifier}/{slug}/",
        "title": title,
        "synopsis": sentence(chance, 22),
        "bodyHtml": "".join(f"<p>{sentence(chance, 45)}</p>" for _ in range(3)),
        "incidentDate": (published - timedelta(days=1)).date().isoformat(),
        "incidentPlace": unit["name"],
        "publishedAt": published.isoformat(),
        "updatedAt": published.isoformat(),
        "credit": f"Humas {unit['name']}",
        "rights": {"code": "cc-by-4.0", "label": "CC BY 4.0", "url": "https://cc.test/by/4.0/"},
        "language": "id",
        "unit": {"code": unit["code"]},
        "categories": [{"slug": chance.choice(categories())["slug"]}],
        "tags": [{"slug": tags()[(first + step) % TAGS]["slug"]} for step in (0, 97)],
        "media": media(identifier, chance),
    }


def media(identifier: str, chance: random.Random) -> Node:
    """Four pictures and sound, stills, captions and what is said in two minutes."""
    sha256 = hashlib.sha256(f"original {identifier}".encode()).hexdigest()
    base = f"{MEDIA}/{identifier}/{sha256[:16]}-h264-1-1"
    return {
        "kind": "VIDEO",
        "duration": 120.4,
        "width": 1920,
        "height": 1080,
        "frameRate": 25.0,
        "hasAudio": True,
        "originalSha256": sha256,
        "hlsUrl": f"{base}/master.m3u8",
        "poster": _image(f"{base}/poster.jpg", 1280, 720, sha256),
        "storyboard": {
            "vttUrl": f"{base}/storyboard.vtt",
            "sprites": [_image(f"{base}/storyboard.jpg", 800, 900, sha256)],
            "columns": 5,
            "rows": 10,
            "tileWidth": 160,
            "tileHeight": 90,
            "interval": 2.4,
        },
        "renditions": [_rendition(base, height, rate, sha256) for height, rate in RUNGS],
        "captions": [
            {
                "language": "id",
                "label": "Indonesia",
                "kind": "captions",
                "url": f"{base}/id.vtt",
                "size": 2400,
                "sha256": sha256,
                "transcript": [
                    {"start": 15.0 * place, "text": sentence(chance, 18)} for place in range(8)
                ],
            }
        ],
        "signLanguage": None,
    }


def _image(url: str, width: int, height: int, sha256: str) -> Node:
    return {"url": url, "width": width, "height": height, "size": 90_000, "sha256": sha256}


def _rendition(base: str, height: int | None, rate: int, sha256: str) -> Node:
    name = f"{height}p" if height else "audio"
    return {
        "name": name,
        "kind": "VIDEO" if height else "AUDIO",
        "url": f"{base}/{name}.mp4",
        "playlistUrl": f"{base}/{name}.m3u8",
        "width": height and height * 16 // 9,
        "height": height,
        "frameRate": 25.0 if height else None,
        "codecs": "avc1.64001f,mp4a.40.2" if height else "mp4a.40.2",
        "bandwidth": rate,
        "averageBandwidth": rate * 4 // 5,
        "size": rate * 15,
        "sha256": hashlib.sha256(f"{sha256}{name}".encode()).hexdigest(),
        "contentType": "video/mp4" if height else "audio/mp4",
    }


def sentence(chance: random.Random, words: int) -> str:
    """So many words with a capital and a full stop."""
    return " ".join(chance.choices(WORDS, k=words)).capitalize() + "."
