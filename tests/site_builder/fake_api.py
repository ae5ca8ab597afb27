"""An API over Python dictionaries that answers real queries against the committed schema."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from graphql import DocumentNode, GraphQLSchema, build_schema, execute_sync, parse, validate

from site_builder import redirects

ROOT = Path(__file__).parents[2]
MEDIA = "http://media.test/policetube-media"
FIRST_DAY = datetime(2026, 6, 1, tzinfo=UTC)
# When an announcement ends by itself: not while a browser looks at it.
UNTIL = "2099-01-01T00:00:00+00:00"
# What the ledger calls a change of a field; nothing for what is no correction.
PARTS = {
    "slug": "ADDRESS",
    "title": "TITLE",
    "synopsis": "SUMMARY",
    "bodyHtml": "TEXT",
    "incidentDate": "INCIDENT",
    "incidentPlace": "INCIDENT",
    "publishedAt": "PUBLISHED",
    "updatedAt": "",
    "credit": "CREDIT",
    "rights": "RIGHTS",
    "language": "LANGUAGE",
    "unit": "UNIT",
    "categories": "CATEGORIES",
    "tags": "TAGS",
    "captioned": "CAPTIONS",
}
Node = dict[str, Any]


@cache
def schema() -> GraphQLSchema:
    """The contract, as committed."""
    return build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))


@cache
def parsed(query: str) -> DocumentNode:
    """A query, refused if the contract does not know it."""
    document = parse(query)
    errors = validate(schema(), document)
    assert not errors, errors
    return document


class FakeApi:
    """Content that edits itself as a newsroom would; callable as a transport."""

    def __init__(self, epoch: str = "epoch-1") -> None:
        self.epoch = epoch
        self.log: list[tuple[int, str]] = []
        self.ledger: dict[int, Node] = {}
        self.withdrawn: set[str] = set()
        # Off where a test counts what an edit costs without the ledger's own files.
        self.keeps_ledger = False
        self.site: Node = {
            "name": "Policetube",
            "description": "Video resmi kepolisian",
            "aboutHtml": "<p>Tentang kami</p>",
            "language": "id",
        }
        self.banner: Node | None = None
        self.units: dict[str, Node] = {}
        self.categories: dict[str, Node] = {}
        self.tags: dict[str, Node] = {}
        self.redirects: dict[str, Node] = {}
        self.videos: dict[str, Node] = {}
        self.restricted: dict[str, tuple[dict[str, Node], ...]] = {}
        self.stories: dict[str, Node] = {}
        self.requests: list[str] = []
        self.before_answer: Callable[[str], None] = lambda _name: None
        self.spoil: Callable[[Node], Node] = lambda answer: answer

    def changed(self, *node_ids: str) -> None:
        """Write changes to the log."""
        for node_id in node_ids:
            self.log.append((len(self.log) + 1, node_id))

    def edit_site(self, **fields: Any) -> None:
        self.site.update(fields)
        self.changed("site:site")

    def announce(self, text: str = "", **fields: Any) -> None:
        """Put an emergency announcement above every page; without a text, take it away."""
        known = {"textEnglish": "", "urgency": "WARNING", "href": "", "until": UNTIL}
        self.banner = {**known, "text": text, **fields} if text else None
        self.changed("banner:banner")

    def put_unit(self, code: str, *, parent: str | None = None, **fields: Any) -> None:
        """Publish, rename or move a unit; every unit below changes too, as the contract says."""
        before = self.units.get(code, {"name": code, "level": "POLDA", "summary": ""})
        moved = code not in self.units or self.units[code]["parent"] != parent
        self.units[code] = {**before, **fields, "parent": parent}
        self.changed(f"unit:{code}")
        if moved or "name" in fields:
            self.changed(*(f"unit:{below}" for below in self.below(code) if below != code))

    def move_unit(self, code: str, parent: str | None) -> None:
        self.put_unit(code, parent=parent)

    def rename_unit(self, code: str, name: str) -> None:
        self.put_unit(code, parent=self.units[code]["parent"], name=name)

    def remove_unit(self, code: str) -> None:
        """Unpublish a unit with its subtree."""
        gone = self.below(code)
        for public_id in [key for key, video in self.videos.items() if video["unit"] in gone]:
            self.remove_video(public_id)
        for public_id in [key for key, story in self.stories.items() if story["unit"] in gone]:
            self.remove_story(public_id)
        for unit in gone:
            del self.units[unit]
        self.changed(*(f"unit:{unit}" for unit in gone))

    def restrict_unit(self, code: str) -> None:
        """Hide a unit with its subtree from the public, to be shown again later."""
        gone = self.below(code)
        units = {unit: self.units[unit] for unit in gone}
        videos = {key: video for key, video in self.videos.items() if video["unit"] in gone}
        stories = {key: story for key, story in self.stories.items() if story["unit"] in gone}
        self.remove_unit(code)
        self.restricted[code] = (units, videos, stories)

    def lift_restriction(self, code: str) -> None:
        """Show a hidden unit again, below the headquarters if its own parent is gone."""
        units, videos, stories = self.restricted.pop(code)
        if units[code]["parent"] not in self.units:
            units[code]["parent"] = "mabes"
        fresh = {unit: node for unit, node in units.items() if unit not in self.units}
        self.units.update(fresh)
        back = {key: video for key, video in videos.items() if key not in self.videos}
        self.videos.update(back)
        self.stories.update({key: one for key, one in stories.items() if key not in self.stories})
        for node in (*self.videos.values(), *self.stories.values()):
            node["categories"] = [item for item in node["categories"] if item in self.categories]
            node["tags"] = [item for item in node["tags"] if item in self.tags]
        self.changed(
            *(f"unit:{unit}" for unit in fresh),
            *(f"video:{key}" for key in videos),
            *(f"story:{key}" for key in stories),
            *(name for key in back for name in self._showing(key)),
        )

    def below(self, code: str) -> list[str]:
        """A unit and its subtree."""
        found = [code]
        for unit in found:
            found.extend(key for key, value in self.units.items() if value["parent"] == unit)
        return found

    def ancestors(self, code: str) -> list[str]:
        found: list[str] = []
        current = self.units[code]["parent"]
        while current:
            found.insert(0, current)
            current = self.units[current]["parent"]
        return found

    def put_category(self, slug: str, **fields: Any) -> None:
        before = self.categories.get(slug, {"name": slug.title(), "description": ""})
        self.categories[slug] = {**before, **fields}
        self.changed(f"category:{slug}")

    def put_tag(self, slug: str, **fields: Any) -> None:
        self.tags[slug] = {"name": slug, **fields}
        self.changed(f"tag:{slug}")

    def put_redirect(self, source: str, target: str) -> None:
        """Let an address of the site lead elsewhere."""
        node_id = redirects.node_id(source)
        self.redirects[node_id.partition(":")[2]] = {"from": source, "to": target}
        self.changed(node_id)

    def remove_redirect(self, source: str) -> None:
        node_id = redirects.node_id(source)
        del self.redirects[node_id.partition(":")[2]]
        self.changed(node_id)

    def remove_category(self, slug: str) -> None:
        self._remove_label(self.categories, "categories", "category", slug)

    def remove_tag(self, slug: str) -> None:
        self._remove_label(self.tags, "tags", "tag", slug)

    def _remove_label(self, labels: dict[str, Node], field: str, kind: str, slug: str) -> None:
        del labels[slug]
        self.changed(f"{kind}:{slug}")
        for listed, nodes in (("video", self.videos), ("story", self.stories)):
            for public_id, node in nodes.items():
                if slug in node[field]:
                    node[field] = [item for item in node[field] if item != slug]
                    self.changed(f"{listed}:{public_id}")

    def put_video(self, public_id: str, **fields: Any) -> None:
        """Publish or edit a video."""
        before = self.videos.get(public_id) or new_video(public_id)
        unknown = fields.keys() - before.keys()
        assert not unknown, unknown
        is_new = public_id not in self.videos
        parts = sorted({PARTS[name] for name in fields if fields[name] != before[name]} - {""})
        self.videos[public_id] = {**before, **fields}
        self.changed(f"video:{public_id}")
        if is_new and public_id in self.withdrawn:
            self._tell("RETURN", public_id, self.videos[public_id])
        elif parts and not is_new:
            self._tell("CORRECTION", public_id, self.videos[public_id], parts)
        if is_new:
            self.changed(*self._showing(public_id))

    def remove_video(self, public_id: str, reason: Node | None = None) -> Node:
        """Unpublish a video, for a reason or without."""
        self.changed(f"video:{public_id}")
        self.withdrawn.add(public_id)
        self._tell("WITHDRAWAL", public_id, self.videos[public_id], reason=reason)
        self.changed(*self._showing(public_id))
        return self.videos.pop(public_id)

    def _showing(self, video: str) -> list[str]:
        """Stories that show a video while it is public: they change with it."""
        return [f"story:{key}" for key, one in self.stories.items() if video in one["videos"]]

    def put_story(self, public_id: str, **fields: Any) -> None:
        """Publish or edit a story."""
        before = self.stories.get(public_id) or new_story(public_id)
        unknown = fields.keys() - before.keys()
        assert not unknown, unknown
        self.stories[public_id] = {**before, **fields}
        self.changed(f"story:{public_id}")

    def remove_story(self, public_id: str) -> Node:
        """Unpublish a story."""
        self.changed(f"story:{public_id}")
        return self.stories.pop(public_id)

    def _tell(
        self,
        kind: str,
        public_id: str,
        video: Node,
        parts: Iterable[str] = (),
        reason: Node | None = None,
    ) -> None:
        """Put the last change on the public ledger; two hours lie between any two changes."""
        if not self.keeps_ledger:
            return
        number = len(self.log)
        self.ledger[number] = {
            "sequence": number,
            "kind": kind,
            "nodeId": f"video:{public_id}",
            "publicId": public_id,
            "at": (FIRST_DAY + timedelta(hours=2 * number)).isoformat(),
            "changedFields": list(parts),
            "withdrawalReason": reason,
            "publishedAt": video["publishedAt"],
            "unitCode": video["unit"],
        }

    def __call__(self, query: str, variables: dict[str, Any], /) -> Node:
        document = parsed(query)
        name = document.definitions[0].name.value  # type: ignore[attr-defined]
        self.before_answer(name)
        self.requests.append(name)
        result = execute_sync(schema(), document, self._root(), variable_values=variables)
        return self.spoil(dict(json.loads(json.dumps(result.formatted))))

    def _root(self) -> Node:
        return {
            "site": lambda _info: self.node("site:site"),
            "banner": lambda _info: self.node("banner:banner"),
            "units": self._connection("unit", self.units, self._unit_order),
            "categories": self._connection("category", self.categories, sorted),
            "tags": self._connection("tag", self.tags, sorted),
            "redirects": self._connection("redirect", self.redirects, sorted),
            "videos": self._connection("video", self.videos, self._newest_first),
            "stories": self._connection("story", self.stories, self._newest_first),
            "changes": self._changes,
            "ledger": self._lines,
            "nodes": lambda _info, ids: [self.node(node_id) for node_id in ids],
        }

    def _unit_order(self, codes: Iterable[str]) -> list[str]:
        return sorted(codes, key=lambda code: [*self.ancestors(code), code])

    def _newest_first(self, ids: Iterable[str]) -> list[str]:
        nodes = self.videos | self.stories
        return sorted(ids, key=lambda key: (nodes[key]["publishedAt"], key), reverse=True)

    def _connection(
        self, kind: str, nodes: dict[str, Node], order: Callable[[Iterable[str]], list[str]]
    ) -> Callable[..., Node]:
        def resolve(_info: Any, first: int, after: str | None = None, **_filters: Any) -> Node:
            assert first <= (500 if kind == "unit" else 100)
            ordered = order(nodes)
            start = ordered.index(after) + 1 if after in ordered else 0
            page = ordered[start : start + first]
            return {
                "nodes": [self.node(f"{kind}:{key}") for key in page],
                "pageInfo": {
                    "hasNextPage": start + first < len(ordered),
                    "endCursor": page[-1] if page else None,
                },
            }

        return resolve

    def _lines(self, _info: Any, first: int, after: str | None = None) -> Node:
        found = [number for number in sorted(self.ledger) if number > int(after or 0)]
        return {
            "nodes": [self.ledger[number] for number in found[:first]],
            "pageInfo": {
                "hasNextPage": len(found) > first,
                "endCursor": str(found[:first][-1]) if found else None,
            },
        }

    def _changes(self, _info: Any, after: int, first: int) -> Node:
        rows = [row for row in self.log if row[0] > after]
        return {
            "epoch": self.epoch,
            "head": len(self.log),
            "nodes": [
                {"sequence": number, "nodeId": node, "ledgerEntry": self.ledger.get(number)}
                for number, node in rows[:first]
            ],
            "hasNextPage": len(rows) > first,
        }

    def node(self, node_id: str) -> Node | None:
        """One public node as the schema shapes it; None if it is not public."""
        kind, _, key = node_id.partition(":")
        nodes = {
            "site": {"site": self.site},
            "banner": {"banner": self.banner} if self.banner else {},
            "unit": self.units,
            "category": self.categories,
            "tag": self.tags,
            "redirect": self.redirects,
            "video": self.videos,
            "story": self.stories,
        }[kind]
        if key not in nodes:
            return None
        node = copy.deepcopy(nodes[key])
        getattr(self, f"_shape_{kind}")(key, node)
        text = json.dumps(node, sort_keys=True)
        version = hashlib.sha256(text.encode()).hexdigest()[:16]
        return {"__typename": kind.title(), "id": node_id, "version": version, **node}

    def _shape_site(self, _key: str, _node: Node) -> None:
        """A site is as it is."""

    def _shape_banner(self, _key: str, _node: Node) -> None:
        """Nor has an announcement anything to be looked up."""

    def _shape_unit(self, code: str, node: Node) -> None:
        parent = node["parent"]
        node.update(
            code=code,
            path=f"/unit/{code}/",
            regionCode=node.get("regionCode", ""),
            parent=self.node(f"unit:{parent}") if parent else None,
            ancestors=[self.node(f"unit:{above}") for above in self.ancestors(code)],
        )

    def _shape_category(self, slug: str, node: Node) -> None:
        node.update(slug=slug, path=f"/category/{slug}/")

    def _shape_tag(self, slug: str, node: Node) -> None:
        node.update(slug=slug, path=f"/tag/{slug}/")

    def _shape_redirect(self, _key: str, _node: Node) -> None:
        """A redirect is as it is."""

    def _shape_video(self, public_id: str, node: Node) -> None:
        self._shape_publication("video", public_id, node)
        node["media"] = media(public_id, captioned=node.pop("captioned"))

    def _shape_story(self, public_id: str, node: Node) -> None:
        self._shape_publication("story", public_id, node)
        names = [name for name in node.pop("videos") if name in self.videos]
        node["relatedVideos"] = [{"publicId": name} for name in names]
        node["photographs"] = [photograph(name) for name in node["photographs"]]

    def _shape_publication(self, kind: str, public_id: str, node: Node) -> None:
        node.update(
            publicId=public_id,
            path=f"/{kind}/{public_id}/{node['slug']}/",
            unit=self.node(f"unit:{node['unit']}"),
            categories=[self.node(f"category:{slug}") for slug in node["categories"]],
            tags=[self.node(f"tag:{slug}") for slug in node["tags"]],
        )


def new_video(public_id: str) -> Node:
    """A video as intake gives it."""
    return {
        "slug": f"kejadian-{public_id}",
        "title": f"Kejadian {public_id}",
        "synopsis": f"Ringkasan {public_id}",
        "bodyHtml": f"<p>Isi {public_id}</p>",
        "incidentDate": "2026-11-20",
        "incidentPlace": "Denpasar",
        "publishedAt": "2026-11-21T09:30:00+00:00",
        "updatedAt": "2026-11-21T09:30:00+00:00",
        "credit": "Humas",
        "rights": {"code": "cc-by", "label": "CC BY", "url": "https://example.org/by"},
        "language": "id",
        "unit": "mabes",
        "categories": [],
        "tags": [],
        "captioned": False,
    }


def new_story(public_id: str) -> Node:
    """A story as intake gives it; its photographs by name."""
    story = new_video(public_id) | {
        "slug": f"berita-{public_id}",
        "title": f"Berita {public_id}",
        "photographs": ["satu", "dua"],
        "videos": [],
    }
    del story["captioned"]
    return story


def photograph(name: str) -> Node:
    """A photograph in two sizes and two types."""
    return {
        "alternativeText": f"Foto {name}",
        "caption": f"Keterangan {name}",
        "credit": "",
        "originalSha256": hashlib.sha256(name.encode()).hexdigest(),
        "copies": [
            {
                "url": f"{MEDIA}/{name}/photo-{width}.{suffix}",
                "width": width,
                "height": width * 2 // 3,
                "size": width * 100,
                "sha256": hashlib.sha256(f"{name}{width}{suffix}".encode()).hexdigest(),
                "contentType": content_type,
            }
            for suffix, content_type in (("jpg", "image/jpeg"), ("webp", "image/webp"))
            for width in (1200, 640)
        ],
    }


def media(public_id: str, *, captioned: bool) -> Node:
    """A ladder of two rungs and sound."""
    base = f"{MEDIA}/{public_id}/aa-bb-1"
    sha256 = hashlib.sha256(public_id.encode()).hexdigest()
    image = {
        "url": f"{base}/poster.webp",
        "width": 1280,
        "height": 720,
        "size": 9,
        "sha256": sha256,
    }
    rungs = ((720, 2_500_000, "VIDEO"), (480, 1_200_000, "VIDEO"), (None, 96_000, "AUDIO"))
    return {
        "kind": "VIDEO",
        "duration": 61.4,
        "width": 1280,
        "height": 720,
        "frameRate": 25.0,
        "hasAudio": True,
        "originalSha256": sha256,
        "hlsUrl": f"{base}/master.m3u8",
        "poster": image,
        "storyboard": None,
        "renditions": [
            {
                "name": f"{height}p" if height else "audio",
                "kind": kind,
                "url": f"{base}/{height or 'audio'}.mp4",
                "playlistUrl": f"{base}/{height or 'audio'}.m3u8",
                "width": height and height * 16 // 9,
                "height": height,
                "frameRate": 25.0 if height else None,
                "codecs": "avc1.64001f,mp4a.40.2",
                "bandwidth": bandwidth,
                "averageBandwidth": bandwidth,
                "size": 3_000_000_000,
                "sha256": sha256,
                "contentType": "video/mp4",
            }
            for height, bandwidth, kind in rungs
        ],
        "captions": [
            {
                "language": "id",
                "label": "Indonesia",
                "kind": "captions",
                "url": f"{base}/id.vtt",
                "size": 12,
                "sha256": sha256,
                "transcript": [{"start": 1.5, "text": "Selamat pagi."}],
            }
        ]
        if captioned
        else [],
    }
