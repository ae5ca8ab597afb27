"""Back to an earlier release by one command; what was corrected or withdrawn since stays so."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from cms.publishing.models import LogHead
from cms.publishing.past import corrected_since
from cms.publishing.pipeline import cycle
from content_models.models import VideoPage
from static_export.rollback import kept_releases
from static_export.targets import open_target
from tests.cms.factories import make_video, publish

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site(settings: Settings, tmp_path: Path, newsroom: SimpleNamespace, buckets: str) -> Path:
    settings.STATE_DIR = tmp_path
    settings.SITE_BUILD_DIR = tmp_path / "dist"
    settings.SITE_TARGETS = [f"file:{tmp_path / 'edge'}", f"file:{tmp_path / 'mirror'}"]
    settings.SITE_EDGE_URL = ""
    return tmp_path / "edge"


def until_quiet() -> int:
    """The sequence that is live then."""
    while cycle().did_something:
        pass
    return LogHead.objects.get().live_sequence


def said(*words: str) -> str:
    out = io.StringIO()
    call_command("rollback", *words, stdout=out)
    return out.getvalue()


def page_of(site: Path, page: VideoPage) -> str:
    return (site / page.public_path.strip("/") / "index.html").read_text()


def retitle(page: VideoPage, title: str) -> int:
    page.title = title
    publish(page)
    return until_quiet()


def test_the_site_returns_at_every_target_and_comes_forward_with_the_next_publication(
    newsroom: SimpleNamespace, site: Path
) -> None:
    page = make_video(newsroom.bali, title="Judul pertama")
    first = until_quiet()
    retitle(page, "Judul kedua")
    assert f"before: {first}" in said()
    assert "restore " in said(str(first), "--dry-run", "--undo-corrections")
    assert "Judul kedua" in page_of(site, page)
    said(str(first), "--undo-corrections")
    for target in (site, site.with_name("mirror")):
        assert "Judul pertama" in page_of(target, page)
        assert "Judul kedua" not in (target / "index.html").read_text()
        left = kept_releases(open_target(f"file:{target}")).releases[-1].left  # type: ignore[arg-type]
        assert left > 1, "the build of the house is at hand"
    retitle(page, "Judul ketiga")
    assert "Judul ketiga" in page_of(site, page)


def test_what_was_corrected_or_withdrawn_since_stays_so(
    newsroom: SimpleNamespace, site: Path
) -> None:
    page = make_video(newsroom.bali, title="Nama yang salah")
    other = make_video(newsroom.jabar, title="Yang lain")
    away = make_video(newsroom.jabar, title="Yang ditarik")
    first = until_quiet()
    retitle(page, "Nama yang benar")
    away.unpublish()
    until_quiet()
    assert corrected_since(first) == [page.public_path]
    said(str(first))
    assert "Nama yang benar" in page_of(site, page)
    assert page_of(site, other)
    # Not what is kept for other ways back, which nobody can get.
    for file in {*site.rglob("*.html")} - {*(site / ".policetube").rglob("*")}:
        assert "Nama yang salah" not in file.read_text(), file
        assert "Yang ditarik" not in file.read_text(), file


def test_a_release_that_is_not_kept_is_refused_with_those_that_are(
    newsroom: SimpleNamespace,
) -> None:
    make_video(newsroom.bali)
    until_quiet()
    with pytest.raises(CommandError, match="unknown-release"):
        said("999")
