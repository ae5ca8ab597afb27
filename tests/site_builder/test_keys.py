"""`explain` and `dependents` tell the truth about every kind of key that `keys.py` lists."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from site_builder import keys
from site_builder.cli import main
from site_builder.search import cuts
from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import Place, identifier, moment, newsroom, publish

ID = identifier(3)
SORT = keys.sort_key(datetime.fromisoformat(moment(3)), ID)
# Begins a part of the search index, no volume.
CUT = next(n for n in range(40, 9999) if cuts.cut_of(f"video:{identifier(n)}") in (7, 8, 9))
ROW = re.compile(r"^\| `([^`]+)`.*\|$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A key of a kind, what an editor does to make it dirty, and two artifacts it is about."""

    key: str
    edit: Callable[[FakeApi, Place], object]
    depends: str
    independent: str | None
    comes: str = ""


def edited_template(_api: FakeApi, place: Place) -> None:
    with (place.templates / "tag.html").open("a") as file:
        file.write("{# baru #}")


WATCH = f"video/{ID}/kejadian-{ID}/index.html"
EXAMPLES = {
    "site": Example(
        key="site",
        edit=lambda api, _place: api.edit_site(name="Tribrata TV"),
        depends="robots.txt",
        independent=None,
    ),
    "page:{node}": Example(
        key=f"page:video:{ID}",
        edit=lambda api, _place: api.put_video(ID, bodyHtml="<p>Baru</p>"),
        depends=WATCH,
        independent="index.html",
    ),
    "{node}": Example(
        key="unit:polres-pidie",
        edit=lambda api, _place: api.rename_unit("polres-pidie", "Polres Pidie Raya"),
        depends="unit/polda-aceh/index.html",
        independent="about/index.html",
    ),
    "player:{node}": Example(
        key=keys.player(f"video:{ID}"),
        edit=lambda api, _place: api.put_video(ID, title="Judul baru"),
        depends=f"embed/{ID}/index.html",
        independent=WATCH,
    ),
    "tally:{listing}": Example(
        key=keys.tally("unit/polres-badung"),
        edit=lambda api, _place: api.remove_video(ID),
        depends="unit/polres-badung/index.html",
        independent="index.html",
    ),
    "list:{name}": Example(
        key=keys.CATEGORIES,
        edit=lambda api, _place: api.put_category("siber"),
        depends="index.html",
        independent="unit/mabes/index.html",
    ),
    "list:{listing}@{sort}": Example(
        key=keys.point("list", "unit/polres-badung", SORT),
        edit=lambda api, _place: api.put_video(ID, title="Judul baru"),
        depends="unit/polres-badung/index.html",
        independent="unit/polda-aceh/index.html",
    ),
    "feed:{listing}@{sort}": Example(
        key=keys.point("feed", "unit/polres-badung", SORT),
        edit=lambda api, _place: api.put_video(ID, updatedAt="2026-12-24T00:00:00+00:00"),
        depends="unit/polres-badung/feed.xml",
        independent="unit/polres-badung/index.html",
    ),
    "search:all@{sort}": Example(
        key=keys.point("search", "all", SORT),
        edit=lambda api, _place: api.put_video(ID, bodyHtml="<p>Baru</p>"),
        depends="search/p.bin",
        independent="search/root.json",
    ),
    "list:stretches": Example(
        key=keys.STRETCHES,
        edit=lambda api, _place: publish(api, CUT),
        depends="search/root.json",
        independent="search/index.html",
    ),
    "part:{node}": Example(
        key="part:",
        edit=lambda api, _place: publish(api, CUT),
        depends="search/p.bin",
        independent="search/root.json",
    ),
    "months:{listing}": Example(
        key=keys.months("all"),
        edit=lambda api, _place: publish(api, 40, publishedAt="2026-09-01T00:00:00+00:00"),
        depends="archive/index.html",
        independent="about/index.html",
    ),
    "period:{listing}/{period}": Example(
        key=keys.period("all", "2026-06"),
        edit=lambda api, _place: [api.remove_video(public_id) for public_id in [*api.videos]],
        depends="",
        independent="about/index.html",
        comes="archive/2026/06/index.html",
    ),
    "redirect:{path}": Example(
        key=keys.redirect("mudik/index.html"),
        edit=lambda api, _place: api.put_redirect("/mudik/", "/unit/mabes/"),
        depends="manifest/root.json",
        independent="manifest/unit.json",
    ),
    "template:{name}": Example(
        key=keys.template("tag.html"),
        edit=edited_template,
        depends="tag/helm/index.html",
        independent="tag/helm/feed.xml",
    ),
    "all": Example(
        key="all",
        edit=lambda _api, place: (place.assets or Path()).joinpath("neu.css").write_text("a{}"),
        depends="robots.txt",
        independent=None,
    ),
}


def test_every_kind_of_key_has_an_example() -> None:
    rows = ROW.findall(keys.__doc__ or "")

    assert len(rows) > 8
    assert set(rows) == EXAMPLES.keys()


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_key_names_exactly_what_is_built_when_it_is_dirty(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    example = EXAMPLES[kind]
    api, place = newsroom(12), Place(tmp_path)
    place.templates = Path(shutil.copytree(place.templates, tmp_path / "theme"))
    place.build(api)
    assert (
        main(["dependents", "--out", str(place.out), "--state", str(place.state), example.key]) == 0
    )
    told = capsys.readouterr().out.splitlines()
    before = place.files()
    example.edit(api, place)

    report = place.build(api)

    rendered = {path for path, _ in report.rendered}
    touched = rendered | {path for path, _ in report.removed} | changed(before, place.files())
    assert set(told) <= touched
    assert {path for path, reason in report.rendered if reason == f"{example.key} changed"} <= set(
        told
    )
    assert {example.depends, example.comes} - {""} <= set(told)
    assert example.independent not in told


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


@pytest.mark.parametrize(
    "kind", [kind for kind, example in EXAMPLES.items() if example.depends.endswith("html")]
)
def test_an_artifact_names_every_key_that_has_it_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    example = EXAMPLES[kind]
    place = Place(tmp_path)
    place.build(newsroom(12))
    state = ["--out", str(place.out), "--state", str(place.state)]

    assert main(["explain", *state, example.depends]) == 0

    told = {line.strip() for line in capsys.readouterr().out.splitlines()[1:]}
    assert "site" in told
    if point := keys.parse_point(example.key):
        facet, listing, _sort = point
        assert any(line.startswith(f"{facet}:{listing} from ") for line in told)
    else:
        assert example.key in told
