"""The demo's content: published once, left to its editors afterwards."""

from __future__ import annotations

import io

import pytest
from wagtail.models import Collection

from cms.embedded import showcase
from cms.embedded.console import Console
from cms.embedded.errors import EmbeddedError
from cms.media.interface import samples
from cms.publishing.models import PublicState
from content_models.data import category_rows, unit_rows
from content_models.models import Category, Placement, StoryPage, VideoPage
from tests.cms import factories

TEXTS = [*showcase.TEXTS.values(), showcase.NEWS, showcase.texts_of_file("clip.mp4")]


@pytest.fixture
def units(db: None) -> None:
    """The units that the texts name, below a Mabes that keeps files for those that do not."""
    shelf = Collection.get_first_root_node().add_child(instance=Collection(name="Mabes Polri"))
    mabes = factories.make_unit(factories.make_home(), "mabes-polri", "mabes", collection=shelf)
    for code in {texts.unit for texts in TEXTS}:
        factories.make_unit(mabes, code, "satker")
    for slug in {slug for texts in TEXTS for slug in texts.categories}:
        Category.objects.create(name=slug.title(), slug=slug)


def test_every_generated_clip_has_texts() -> None:
    assert {sample.name for sample in samples.DEMO} == set(showcase.TEXTS)


def test_the_stories_name_units_and_categories_that_are_loaded() -> None:
    assert {texts.unit for texts in TEXTS} <= {row.code for row in unit_rows()}
    named = {slug for texts in TEXTS for slug in texts.categories}
    assert named <= {row.slug for row in category_rows()}


def test_every_text_makes_a_valid_page_in_its_unit(units: None) -> None:
    for texts in TEXTS:
        page = showcase.publish(texts, factories.make_asset(Placement.PRIVATE))
        assert page.live
        page.full_clean()
        assert page.get_parent().specific.code == texts.unit
        assert {category.slug for category in page.categories.all()} == set(texts.categories)
        assert {tag.name for tag in page.tags.all()} == set(texts.tags)


def test_the_same_clip_is_published_once_and_stays_as_its_editors_made_it(units: None) -> None:
    asset = factories.make_asset(Placement.PRIVATE)
    texts = showcase.texts_of_file("street-traffic.mp4")
    first = showcase.publish(texts, asset)
    VideoPage.objects.get(pk=first.pk).unpublish()
    again = showcase.publish(texts, asset)
    assert again.pk == first.pk
    assert not again.live
    assert VideoPage.objects.count() == 1


def test_the_news_is_told_once_with_its_photograph_and_its_video(units: None) -> None:
    video = showcase.publish(showcase.texts_of_file("clip.mp4"), factories.make_asset())
    photo = factories.make_photo()
    told = [showcase.tell(showcase.NEWS, photo, showcase.ALTERNATIVE_TEXT, video) for _ in range(2)]
    assert told[0] == told[1]
    (page,) = StoryPage.objects.all()
    page.full_clean()
    state = PublicState.objects.get(pk=page.node_id)
    assert state.record["relatedVideos"] == [video.public_id]
    assert state.record["photographs"][0]["alternativeText"] == showcase.ALTERNATIVE_TEXT


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("street-traffic.mp4", "Street traffic"),
        ("VID_20260301_0931.MOV", "VID 20260301 0931"),
        ("警察.mkv", "警察"),
        ("---", "Video"),
        ("👮.mp4", "👮"),
        ("x" * 250 + ".mp4", "X" + "x" * 199),
    ],
)
def test_any_file_name_makes_a_page(units: None, name: str, title: str) -> None:
    page = showcase.publish(showcase.texts_of_file(name), factories.make_asset(Placement.PRIVATE))
    assert page.title == title
    assert page.live
    assert page.slug


def test_captions_are_added_once(units: None) -> None:
    asset = factories.make_asset(Placement.PRIVATE)
    showcase.add_captions(asset, samples.captions())
    showcase.add_captions(asset, samples.captions())
    (captions,) = asset.captions.all()
    assert captions.text.startswith("WEBVTT")


def test_a_function_unit_keeps_its_files_with_the_unit_above(units: None) -> None:
    texts = showcase.TEXTS["press-statement.mp4"]
    assert showcase.collection_of(texts).name == "Mabes Polri"


def test_a_log_gets_few_lines_of_progress_where_a_terminal_gets_many() -> None:
    screen = io.StringIO()
    bar = Console(screen).bar("clip.mp4")
    for percent in range(100):
        bar.show(percent, "Converting")
    bar.finish(100, "Ready")
    lines = screen.getvalue().splitlines()
    assert len(lines) == 6
    assert "100% Ready" in lines[-1]
    assert "\x1b" not in screen.getvalue()


def test_a_problem_is_told_in_both_languages() -> None:
    screen = io.StringIO()
    Console(screen).problem(EmbeddedError("disk-full", indonesian="Penuh.", english="Full."))
    assert screen.getvalue().split("✗ ")[1:] == ["Penuh.\n\n", "Full.\n\n"]
