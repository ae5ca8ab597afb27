"""A small believable site to build, and looks at what a build left behind."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from site_builder import BuildReport, build
from tests.site_builder.fake_api import FakeApi

THEME = Path(__file__).parent / "theme"
START = datetime(2026, 6, 1, 3, tzinfo=UTC)


def identifier(number: int) -> str:
    """Public ID of the n-th video."""
    return f"{number % 7}v{number:05}"


def moment(number: int) -> str:
    """When the n-th video is published: every seven hours one."""
    return (START + timedelta(hours=7 * number)).isoformat()


def newsroom(videos: int = 30) -> FakeApi:
    """Mabes, two Polda, three Polres, two categories, three tags, and some videos."""
    api = FakeApi()
    api.put_unit("mabes", level="MABES", name="Mabes Polri")
    for polda in ("polda-bali", "polda-aceh"):
        api.put_unit(polda, parent="mabes", level="POLDA", name=polda.title())
    for polres, parent in (
        ("polres-badung", "polda-bali"),
        ("polres-gianyar", "polda-bali"),
        ("polres-pidie", "polda-aceh"),
    ):
        api.put_unit(polres, parent=parent, level="POLRES", name=polres.title())
    for slug in ("lalu-lintas", "narkoba"):
        api.put_category(slug)
    for slug in ("helm", "mudik", "razia"):
        api.put_tag(slug)
    for number in range(videos):
        publish(api, number)
    return api


def publish(api: FakeApi, number: int, **fields: Any) -> str:
    """Publish the n-th video, filed by its number."""
    units = sorted(api.units)
    categories, tags = sorted(api.categories), sorted(api.tags)
    values: dict[str, Any] = {
        "publishedAt": moment(number),
        "updatedAt": moment(number),
        "unit": units[number % len(units)],
        "categories": categories[number % 3 : number % 3 + 1],
        "tags": tags[number % 4 : number % 4 + 2],
        "captioned": number % 2 == 0,
    }
    api.put_video(identifier(number), **(values | fields))
    return identifier(number)


@dataclass
class Place:
    """Where a site is built, and with which theme."""

    root: Path
    templates: Path = THEME
    assets: Path | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.assets = self.assets or self.root / "front-end"
        self.assets.mkdir(parents=True, exist_ok=True)

    @property
    def out(self) -> Path:
        return self.root / "dist"

    @property
    def state(self) -> Path:
        return self.root / "state"

    def build(self, api: Any, **options: Any) -> BuildReport:
        """One build."""
        values: dict[str, Any] = {
            "site_url": "https://tube.test",
            "media_origin": "http://media.test",
            "templates": self.templates,
            "assets": self.assets,
            "processes": 1,
        }
        values |= self.options | options
        return build(transport=api, out=self.out, state=self.state, **values)

    def files(self) -> dict[str, bytes]:
        """Every file of the output."""
        return {
            path.relative_to(self.out).as_posix(): path.read_bytes()
            for path in sorted(self.out.rglob("*"))
            if path.is_file()
        }

    def text(self, path: str) -> str:
        return (self.out / path).read_text(encoding="utf-8")

    def shards(self) -> dict[str, dict[str, Any]]:
        """Every shard that the manifest's root names."""
        root = json.loads(self.text("manifest.json"))
        return {shard["name"]: json.loads(self.text(shard["path"])) for shard in root["shards"]}

    def redirects(self) -> dict[str, str]:
        return {
            item["from"]: item["to"]
            for shard in self.shards().values()
            for item in shard["redirects"]
        }

    def gone(self) -> list[str]:
        return sorted(path for shard in self.shards().values() for path in shard["gone"])


def pages(report: BuildReport) -> list[str]:
    """HTML pages that a build rendered."""
    return [path for path, _ in report.rendered if path.endswith(".html")]


def newest_stretch(path: str) -> str:
    """A path; of the search index, where each archive has its own cuts, only what it is."""
    return re.sub(r"^search/p.*\.bin$", "search/p.bin", path)
