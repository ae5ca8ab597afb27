"""What reaches a page is escaped, linked and complete; what fails is named and exports nothing."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from site_builder import BuilderError, ErrorCode
from site_builder.check import check
from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import THEME, Place, identifier, pages, publish

NASTY = "\x0b\x00<script>alert('x')</script> & \"kutip\" </title>"
LD = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


class Opened(HTMLParser):
    """Every tag that a page opens."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.tags.append(tag)


def own_theme(place: Place) -> Path:
    """A copy of the theme that a test may break."""
    theme = place.root / "theme"
    shutil.copytree(THEME, theme)
    place.templates = theme
    return theme


def test_nasty_text_is_escaped_everywhere(api: FakeApi, place: Place) -> None:
    place.build(api)
    plain = {path: Opened(place.text(path)).tags for path in place.files() if path.endswith("html")}
    api.put_video(identifier(3), title=NASTY, synopsis=NASTY, incidentPlace=NASTY, credit=NASTY)
    api.rename_unit("polres-pidie", NASTY)
    api.put_tag("helm", name=NASTY)
    api.put_category("narkoba", name=NASTY, description=NASTY)
    api.edit_site(name=NASTY, description=NASTY)

    place.build(api)

    for path, tags in plain.items():
        assert Opened(place.text(path)).tags == tags, path
        assert "<script>alert" not in place.text(path)
    for path in place.files():
        if path.endswith(".xml"):
            ET.fromstring(place.text(path))


def test_structured_data_survives_nasty_text(api: FakeApi, place: Place) -> None:
    api.put_video(identifier(3), title=NASTY)
    place.build(api)

    text = place.text(f"video/{identifier(3)}/kejadian-{identifier(3)}/index.html")
    video, steps = (json.loads(found) for found in LD.findall(text))

    assert video["@type"] == "VideoObject"
    assert video["name"] == NASTY.lstrip("\x0b\x00")
    assert video["duration"] == "PT1M1S"
    assert video["contentUrl"].endswith("/480.mp4")
    assert steps["itemListElement"][-1]["name"] == NASTY.lstrip("\x0b\x00")
    assert [step["position"] for step in steps["itemListElement"]] == [1, 2, 3, 4, 5]


def test_the_body_keeps_its_html(api: FakeApi, place: Place) -> None:
    api.put_video(identifier(3), bodyHtml="<p>Dua <strong>tebal</strong></p>")
    place.build(api)

    path = f"video/{identifier(3)}/kejadian-{identifier(3)}/index.html"
    assert "<p>Dua <strong>tebal</strong></p>" in place.text(path)


def test_no_internal_link_is_broken(api: FakeApi, place: Place) -> None:
    api.put_tag("kosong")
    api.put_unit("satker-kosong", parent="mabes", level="SATKER")
    place.build(api)
    api.put_video(identifier(3), slug="baru")
    api.remove_video(identifier(9))
    api.move_unit("polres-pidie", "polda-bali")
    place.build(api)

    assert check(place.out, site_url="https://tube.test").faults == ()


def test_a_failing_template_is_named_and_nothing_is_exported(api: FakeApi, place: Place) -> None:
    theme = own_theme(place)
    place.build(api)
    before = place.files()
    api.put_video(identifier(3), title="Judul baru")
    source = (theme / "watch.html").read_text(encoding="utf-8")
    (theme / "watch.html").write_text(source.replace("video.credit", "video.kredit"))

    report = place.build(api)

    assert place.files() == before
    assert len(report.failed) == 30
    assert all(failure.path.startswith("video/") for failure in report.failed)
    assert len(report.rendered) > len(report.failed)
    failure = report.failed[0]
    line = next(n for n, row in enumerate(source.splitlines(), 1) if "video.credit" in row)
    assert (failure.template, failure.line) == ("watch.html", line)
    assert "kredit" in failure.message

    (theme / "watch.html").write_text(source)
    assert place.build(api).failed == ()
    assert "Judul baru" in place.text("archive/2026/06/index.html")


@pytest.mark.parametrize("template", ["latest.json", "sw.js"])
def test_a_fault_in_any_kind_of_template_is_told_with_its_line(
    api: FakeApi, place: Place, template: str
) -> None:
    theme = own_theme(place)
    (theme / template).write_text("\n\n{{ nothing }}")

    failures = place.build(api).failed

    assert {(failure.template, failure.line) for failure in failures} == {(template, 3)}


def test_a_template_with_a_syntax_error_is_named(api: FakeApi, place: Place) -> None:
    theme = own_theme(place)
    (theme / "parts.html").write_text("\n{% macro %}")

    report = place.build(api)

    assert {(failure.template, failure.line) for failure in report.failed} == {("parts.html", 2)}
    assert place.files() == {}


def test_a_missing_template_is_refused(
    api: FakeApi, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    theme = own_theme(place)
    (theme / "tag.html").unlink()
    monkeypatch.setattr("site_builder.environment.TEMPLATES", theme)

    with pytest.raises(BuilderError) as caught:
        place.build(api)

    assert caught.value.code == ErrorCode.TEMPLATE_MISSING


def test_a_changed_template_renders_exactly_its_users(api: FakeApi, place: Place) -> None:
    theme = own_theme(place)
    place.build(api)
    with (theme / "tag.html").open("a") as file:
        file.write("{# baru #}")

    report = place.build(api)

    assert sorted(pages(report)) == [
        f"tag/{slug}/index.html" for slug in ("helm", "mudik", "razia")
    ]
    assert {reason for _, reason in report.rendered} == {"template:tag.html changed"}


def test_a_changed_part_renders_what_includes_it(api: FakeApi, place: Place) -> None:
    theme = own_theme(place)
    first = place.build(api)
    with (theme / "parts.html").open("a") as file:
        file.write("{# baru #}")

    report = place.build(api)

    # The player for other sites is made of no part of a page.
    assert pages(report) == [path for path in pages(first) if not path.startswith("embed/")]
    assert len(report.rendered) == len(pages(report))


def test_another_address_renders_everything(api: FakeApi, place: Place) -> None:
    first = place.build(api)

    report = place.build(api, site_url="https://other.test")

    assert len(report.rendered) == len(first.rendered)
    assert b"tube.test" not in b"".join(place.files().values())


def test_another_language_uses_its_month_names(api: FakeApi, place: Place) -> None:
    place.build(api)
    assert "Juni 2026" in place.text("archive/index.html")

    place.build(api, language="en")

    assert "June 2026" in place.text("archive/index.html")


def test_a_full_build_removes_what_is_not_part_of_the_site(api: FakeApi, place: Place) -> None:
    place.build(api)
    (place.out / "unit" / "lama").mkdir()
    (place.out / "unit" / "lama" / "index.html").write_text("x")

    report = place.build(api, full=True)

    assert report.removed == (("unit/lama/index.html", "not part of the site"),)
    assert not (place.out / "unit" / "lama").exists()


def test_a_folder_with_foreign_files_is_refused_and_left_alone(api: FakeApi, place: Place) -> None:
    place.out.mkdir()
    (place.out / "thesis.odt").write_text("x")

    with pytest.raises(BuilderError) as caught:
        place.build(api)

    assert caught.value.code == ErrorCode.OUTPUT_FOREIGN
    assert (place.out / "thesis.odt").exists()


def test_a_lost_state_is_made_good_from_the_api(api: FakeApi, place: Place) -> None:
    place.build(api)
    api.remove_video(identifier(3))
    shutil.rmtree(place.state)

    place.build(api)

    fresh = Place(place.root / "fresh")
    fresh.build(api)
    assert place.files() == fresh.files()


def test_two_builds_of_one_state_never_run_together(api: FakeApi, place: Place) -> None:
    codes = []

    def build_inside(_name: str) -> None:
        api.before_answer = lambda _name: None
        with pytest.raises(BuilderError) as caught:
            place.build(api)
        codes.append(caught.value.code)

    api.before_answer = build_inside
    place.build(api)

    assert codes == [ErrorCode.LOCKED]


def test_progress_is_told_by_stage(api: FakeApi, place: Place) -> None:
    told = []
    report = place.build(api, progress=told.append)

    assert [item.stage for item in told if item.done == item.total] == ["render", "write"]
    assert max(item.done for item in told if item.stage == "render") == len(report.rendered)
    assert told[0].stage == "sync"


def test_empty_listings_are_pages_too(place: Place) -> None:
    api = FakeApi()
    api.put_unit("mabes", level="MABES")
    api.put_tag("kosong")
    place.build(api)
    assert "<article>" not in place.text("index.html")
    publish(api, 1, unit="mabes", tags=["kosong"])

    place.build(api)

    for path in ("index.html", "unit/mabes/index.html", "tag/kosong/index.html"):
        assert identifier(1) in place.text(path)
