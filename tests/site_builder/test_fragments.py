"""Fragments say what is newest, so that pages need not be rendered for what comes after them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import Place, identifier, newest_stretch, newsroom, publish


def recordings(place: Place, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(place.text(path))["recordings"]
    return found


def test_a_fragment_holds_the_newest_of_its_subtree_ready_to_be_shown(
    api: FakeApi, place: Place
) -> None:
    api.rename_unit("polres-pidie", "Polres </script> Pidie")
    place.build(api)

    newest, *others = recordings(place, "latest.json")

    assert newest["id"] == identifier(29)
    assert newest["path"] == f"/video/{identifier(29)}/kejadian-{identifier(29)}/"
    assert newest["published"] == "2026-06-09T14:00:00Z"
    assert (newest["day"], newest["length"]) == ("9 Juni 2026", "1:01")
    assert newest["still"].startswith("http://media.test/")
    assert len(others) == 11
    units = {one["unit"] for one in recordings(place, "unit/polda-aceh/latest.json")}
    assert units == {"Polda-Aceh", "Polres </script> Pidie"}
    assert "</script>" not in place.text("unit/polda-aceh/latest.json")


def test_a_publication_renders_a_fragment_for_each_unit_above_and_one_for_the_site(
    api: FakeApi, place: Place
) -> None:
    place.build(api)
    publish(api, 40, unit="polres-pidie", categories=["narkoba"], tags=["helm"])

    rendered = {path for path, _ in place.build(api).rendered if path.endswith(".json")}

    player = f"embed/{identifier(40)}/oembed.json"
    units = ("mabes", "polda-aceh", "polres-pidie")
    assert rendered == {"latest.json", player, *(f"unit/{unit}/latest.json" for unit in units)}


def test_an_older_watch_page_does_not_change_when_something_newer_comes(
    api: FakeApi, place: Place
) -> None:
    place.build(api)
    publish(api, 40)

    rendered = {path for path, _ in place.build(api).rendered if path.startswith("video/")}

    assert len(rendered) == 1


def test_a_publication_keeps_the_promised_number_of_files(tmp_path: Path) -> None:
    counts = []
    for size in (30, 240):
        api, place = newsroom(size), Place(tmp_path / str(size))
        place.build(api)
        # The dearest case: the first of its month in every listing, with a new keyword.
        api.put_tag("ronda")
        publish(
            api,
            1000,
            unit="polres-pidie",
            categories=["narkoba"],
            tags=["helm", "ronda"],
            publishedAt="2027-01-01T00:00:00+00:00",
        )
        counts.append({newest_stretch(path) for path, _ in place.build(api).rendered})

    assert counts[0] == counts[1]
    units, categories, tags = 3, 1, 2
    assert len(counts[0]) <= 15 + 5 * (units + categories) + 2 * tags
