"""The first sync over GraphQL: records a second, beside plain graphene with everything prefetched.

A database of live videos of the real unit tree, each with a ladder, captions and what is said. Ours
goes through the real view, the bytes of its answer and the builder's client into a store. The peer
answers the same documents with graphene's own executor from prefetched rows, by keyset, and does
nothing with them.
"""

from __future__ import annotations

import json
import random
import resource
from datetime import timedelta
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import graphene

from bench.result import ROUNDS, Result, machine, spent_on
from site_builder.build import opened
from site_builder.client import PAGE_SIZES, Client
from site_builder.documents import document
from site_builder.sync import sync

SIZE = 3_000


def measure(folder: Path) -> Result:
    """Fill a database once; let each side read it as often as there are rounds."""
    from django.test.utils import setup_databases, teardown_databases

    there = machine()
    old = setup_databases(verbosity=0, interactive=False)
    try:
        fill()
        ours, theirs, memory = [], [], []
        for number in range(ROUNDS):
            ours.append(spent_on(lambda at=number: synced(folder / str(at))))  # type: ignore[misc]
            memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
            theirs.append(spent_on(plain))
    finally:
        teardown_databases(old, verbosity=0)
    figures = {
        "videos": SIZE,
        "ours_videos_a_second": round(SIZE / median(one.wall for one in ours), 1),
        "ours_videos_a_cpu_second": round(SIZE / median(one.cpu for one in ours), 1),
        "plain_videos_a_second": round(SIZE / median(one.wall for one in theirs), 1),
        "plain_videos_a_cpu_second": round(SIZE / median(one.cpu for one in theirs), 1),
        "memory_after_the_first": memory[0],
        "memory_after_the_last": memory[-1],
    }
    ratios = {
        "ours_to_plain": round(
            figures["ours_videos_a_second"] / figures["plain_videos_a_second"], 2
        ),
        "ours_to_plain_cpu": round(
            figures["ours_videos_a_cpu_second"] / figures["plain_videos_a_cpu_second"], 2
        ),
    }
    return Result(name="first_sync", figures=figures, ratios=ratios, machine=there)


def fill() -> None:
    """Videos over the real units, filed and tagged, all of one file with captions."""
    from django.core.management import call_command
    from django.utils import timezone

    from bench.archive import sentence
    from cms.publishing.interface import outer_transaction
    from content_models.models import Category, HomePage, UnitPage
    from tests.cms import factories

    chance = random.Random(1)
    with outer_transaction():
        if HomePage.objects.first() is None:
            factories.make_home()
        call_command("load_units", verbosity=0)
        units = list(UnitPage.objects.all())
        filed = list(Category.objects.all())
        asset = factories.make_asset()
        captions = factories.make_captions(asset)
        cues = "\n\n".join(
            f"{_clock(second)} --> {_clock(second + 9)}\n{sentence(chance, 9)}"
            for second in range(0, 120, 10)
        )
        type(captions).objects.filter(pk=captions.pk).update(text=f"WEBVTT\n\n{cues}\n")
        now = timezone.now()
        for number in range(SIZE):
            page = factories.make_draft(
                chance.choice(units),
                asset,
                title=sentence(chance, 7),
                synopsis=sentence(chance, 22),
                body="".join(f"<p>{sentence(chance, 45)}</p>" for _ in range(3)),
                live=True,
                first_published_at=now - number * timedelta(minutes=26),
                last_published_at=now,
            )
            page.categories.set([chance.choice(filed)])
            page.tags.add(f"tag {number % 300}")
            page.save()


def _clock(second: int) -> str:
    return f"{second // 60:02}:{second % 60:02}.000"


def synced(folder: Path) -> None:
    """A whole sync, every answer through the view and its bytes."""
    import orjson
    from django.test import RequestFactory

    from cms.api.views import PublicGraphQLView

    view = PublicGraphQLView.as_view()
    requests = RequestFactory()

    def transport(query: str, variables: dict[str, Any], /) -> Any:
        request = requests.post(
            "/graphql/",
            orjson.dumps({"query": query, "variables": variables}),
            content_type="application/json",
        )
        return orjson.loads(view(request).content)

    with opened(folder) as store:
        sync(store, Client(transport))
        count = store.db.execute("SELECT count(*) FROM video").fetchone()[0]
    if count != SIZE:
        raise RuntimeError(f"{count} videos arrived, not {SIZE}")


def plain() -> None:
    """The same document for every video, from prefetched rows, by graphene's own executor."""
    schema = graphene.Schema(query=_query(), auto_camelcase=False)
    after, count = None, 0
    while True:
        context = SimpleNamespace(loader=Prefetched())
        variables = {"first": PAGE_SIZES["videos"], "after": after}
        result = schema.execute(document("videos"), variables=variables, context_value=context)
        if result.errors:
            raise RuntimeError(result.errors[0])
        json.dumps(result.data)
        count += len(result.data["page"]["nodes"])
        info = result.data["page"]["pageInfo"]
        if not info["hasNextPage"]:
            break
        after = info["endCursor"]
    if count != SIZE:
        raise RuntimeError(f"{count} videos were answered, not {SIZE}")


class Prefetched:
    """What the types ask a loader for, all of it there already."""

    def __init__(self) -> None:
        from cms.api.transcripts import Transcripts

        self.nodes: dict[str, Any] = {}
        self.transcripts = Transcripts(self._captions)

    def _captions(self) -> Any:
        for node in self.nodes.values():
            yield from node.get("media", {}).get("captions", ())

    def get(self, node_id: str) -> Any:
        return self.nodes.get(node_id)

    def get_many(self, node_ids: Any) -> list[Any]:
        return [self.nodes[node_id] for node_id in node_ids]


def _query() -> type[graphene.ObjectType]:
    from django.db.models import Q
    from django.utils.dateparse import parse_datetime

    from cms.api.types.video import VideoConnection
    from cms.publishing.records import (
        VIDEO_PREFETCHED,
        VIDEO_RELATED,
        category_record,
        tag_record,
        unit_record,
        version,
        video_record,
    )
    from content_models.models import UnitPage, VideoPage

    def resolve(_root: None, info: Any, first: int, after: str | None = None) -> dict[str, Any]:
        known = info.context.loader.nodes
        units = {unit.path: unit for unit in UnitPage.objects.all()}
        rows = VideoPage.objects.live().select_related(*VIDEO_RELATED)
        if after:
            at, public_id = after.split("|")
            moment = parse_datetime(at)
            rows = rows.filter(
                Q(first_published_at__lt=moment)
                | Q(first_published_at=moment, public_id__lt=public_id)
            )
        ordered = rows.order_by("-first_published_at", "-public_id")
        pages = list(ordered.prefetch_related(*VIDEO_PREFETCHED)[: first + 1])
        nodes = []
        for page in pages[:first]:
            unit = units[page.path[:-4]]
            known[f"unit:{unit.code}"] = unit_record(unit, None)
            for category in page.categories.all():
                known[f"category:{category.slug}"] = category_record(category)
            for item in page.tagged_items.all():
                known[f"tag:{item.tag.slug}"] = tag_record(item.tag)
            record = video_record(page, unit.code)
            node = {**record, "id": f"video:{page.public_id}", "version": version(record)}
            known[node["id"]] = node
            nodes.append(node)
        last = pages[:first][-1]
        return {
            "nodes": nodes,
            "pageInfo": {
                "hasNextPage": len(pages) > first,
                "endCursor": f"{last.first_published_at.isoformat()}|{last.public_id}",
            },
        }

    class Query(graphene.ObjectType):
        videos = graphene.Field(
            VideoConnection, first=graphene.Int(), after=graphene.String(), resolver=resolve
        )

    return Query
