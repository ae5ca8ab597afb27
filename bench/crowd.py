"""Fills the database of a running platform: an archive that is live, and drafts to be published.

Rows are copies of the one video that the demo has published, written past Django's models, so that
nobody is told of them: the platform finds, numbers, builds and pushes them itself.
"""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.child import Found

PACE = timedelta(minutes=26)
Row = dict[str, Any]


def set_up(state: str, ready: dict[str, Any]) -> None:
    """Make this process one of the platform's."""
    import django

    from cms.embedded.environment import child_environment, load_secrets, read_installation

    def port(name: str) -> str:
        return str(urlsplit(ready[name]).port)

    asked = {"STATE_DIR": state, "CMS_PORT": port("cms"), "SITE_PORT": port("site")}
    installation = read_installation(asked | {"S3_PORT": port("storage")})
    os.environ.update(child_environment(installation, load_secrets(Path(state)), os.environ))
    django.setup()


def archive(state: str, ready: dict[str, Any], size: int) -> Found:
    """`size` live videos more, over the real units, one every 26 minutes, all of one file."""
    set_up(state, ready)
    from content_models.models import UnitPage, VideoPage

    model = VideoPage.objects.live().get()
    units = list(UnitPage.objects.order_by("path"))
    filed = [category.pk for category in model.categories.all()]
    with _written(state) as database:
        page, video = (
            _row(database, table, column, model.pk)
            for table, column in (
                ("wagtailcore_page", "id"),
                ("content_models_videopage", "page_ptr_id"),
            )
        )
        following = database.execute("SELECT max(id) + 1 FROM wagtailcore_page").fetchone()[0]
        children = {unit.pk: unit.numchild for unit in units}
        pages: list[Row] = []
        videos: list[Row] = []
        for number in range(size):
            unit = units[number * 7919 % len(units)]
            children[unit.pk] += 1
            key, slug = following + number, f"rekaman-{number}"
            at = model.first_published_at - PACE * (number + 1)
            pages.append(
                page
                | {
                    "id": key,
                    "path": unit.path + _step(children[unit.pk]),
                    "title": f"Rekaman {number}",
                    "draft_title": f"Rekaman {number}",
                    "slug": slug,
                    "url_path": f"{unit.url_path}{slug}/",
                    "translation_key": uuid.uuid4().hex,
                    "first_published_at": str(at.replace(tzinfo=None)),
                    "last_published_at": str(at.replace(tzinfo=None)),
                    "latest_revision_id": None,
                    "live_revision_id": None,
                }
            )
            videos.append(video | {"page_ptr_id": key, "public_id": _public_id(number)})
        _insert(database, "wagtailcore_page", pages)
        _insert(database, "content_models_videopage", videos)
        database.executemany(
            "INSERT INTO content_models_videopage_categories (videopage_id, category_id) "
            "VALUES (?, ?)",
            [(row["page_ptr_id"], category) for row in videos for category in filed],
        )
        database.executemany(
            "UPDATE wagtailcore_page SET numchild = ? WHERE id = ?",
            [(count, key) for key, count in children.items()],
        )
    return {"videos": size}


def drafts(state: str, ready: dict[str, Any], count: int) -> Found:
    """Drafts, each with a file of its own whose ladder lies in storage and is not public yet."""
    set_up(state, ready)
    from content_models.models import VideoPage

    model = VideoPage.objects.filter(live=True, latest_revision__isnull=False).earliest("pk")
    found: Found = {}
    for number in range(count):
        draft = VideoPage(
            title=f"Terbitan {number}",
            slug=f"terbitan-{number}",
            asset=_copied_file(model.asset),
            synopsis=model.synopsis,
            body=model.body,
            incident_date=model.incident_date,
            incident_place=model.incident_place,
            live=False,
        )
        model.get_parent().specific.add_child(instance=draft)
        draft.categories.set(model.categories.all())
        draft.save_revision()
        found[draft.public_id] = draft.pk
    return found


def renamed(state: str, ready: dict[str, Any]) -> Found:
    """Give the site another name, which every page shows."""
    set_up(state, ready)
    from cms.publishing import outbox
    from content_models.models import HomePage

    home = HomePage.objects.live().get()
    home.title = f"{home.title} baru"
    with outbox.transaction():
        home.save_revision().publish()
    return {}


def _copied_file(asset: Any) -> Any:
    """Another file of the same bytes as far as anybody is told, its ladder private."""
    from cms.media.storage import Bucket, bucket_name, client
    from content_models.models import Asset, Ladder, LadderFile, Placement, Rendition

    ladder = asset.ladder
    other = Asset.objects.get(pk=asset.pk)
    other.pk, other.uuid, other.ladder = None, uuid.uuid4(), None
    other.sha256 = uuid.uuid4().hex * 2
    other.save(force_insert=True)
    copy = Ladder.objects.get(pk=ladder.pk)
    copy.pk, copy.asset, copy.placement = None, other, Placement.PRIVATE
    copy.prefix, copy.source_sha256 = f"{other.uuid}/{other.sha256[:16]}-bench-1/", other.sha256
    copy.save(force_insert=True)
    names: dict[int, LadderFile] = {}
    for file in ladder.files.all():
        old, file.pk, file.ladder = file.pk, None, copy
        file.save(force_insert=True)
        names[old] = file
        source = {"Bucket": bucket_name(Bucket.STAGING), "Key": ladder.prefix + file.name}
        client().copy_object(
            Bucket=source["Bucket"], Key=copy.prefix + file.name, CopySource=source
        )
    for rendition in Rendition.objects.filter(ladder=ladder):
        rendition.pk, rendition.ladder = None, copy
        rendition.file, rendition.playlist = (
            names[rendition.file_id],
            names[rendition.playlist_id],
        )
        rendition.save(force_insert=True)
    other.ladder = copy
    other.save()
    return other


class _written:  # noqa: N801 -- used as a function
    """The platform's database, written in one transaction."""

    def __init__(self, state: str) -> None:
        self._database = sqlite3.connect(Path(state) / "db.sqlite3", timeout=120)
        self._database.row_factory = sqlite3.Row

    def __enter__(self) -> sqlite3.Connection:
        self._database.execute("BEGIN IMMEDIATE")
        return self._database

    def __exit__(self, kind: object, *_: object) -> None:
        self._database.rollback() if kind else self._database.commit()
        self._database.close()


def _row(database: sqlite3.Connection, table: str, column: str, key: int) -> Row:
    query = f"SELECT * FROM {table} WHERE {column} = ?"
    return dict(database.execute(query, (key,)).fetchone())


def _insert(database: sqlite3.Connection, table: str, rows: list[Row]) -> None:
    columns = list(rows[0])
    places = ", ".join("?" for _ in columns)
    database.executemany(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})",
        _values(rows, columns),
    )


def _values(rows: list[Row], columns: list[str]) -> Iterator[list[Any]]:
    for row in rows:
        yield [row[column] for column in columns]


def _step(number: int) -> str:
    """A child's part of a treebeard path."""
    from wagtail.models import Page

    text: str = Page._int2str(number)
    return text.rjust(Page.steplen, "0")


def _public_id(number: int) -> str:
    from bench.archive import public_id

    return public_id(-1 - number)
