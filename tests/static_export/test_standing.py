"""A target says itself what it holds."""

from __future__ import annotations

import pytest

from static_export import ExportError, push, standing
from static_export.targets import open_target
from tests.static_export.places import DirectoryPlace, Place
from tests.static_export.sites import Site


def test_an_empty_target_holds_nothing(place: Place) -> None:
    found = standing(place.target())
    assert (found.epoch, found.sequence, found.unfinished) == (None, None, None)


def test_a_target_holds_the_build_that_was_pushed_last(place: Place, site: Site) -> None:
    for _ in range(2):
        push(dist=site.next().write(), target=place.target())
    found = standing(place.target())
    assert (found.epoch, found.sequence) == (site.epoch, site.sequence)
    assert found.unfinished is None


def test_a_push_that_failed_is_seen_with_what_was_there_before(
    directory: DirectoryPlace, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(dist=site.write(), target=directory.target())
    before = site.sequence
    site.files["index.html"] = b"other"
    monkeypatch.setattr("static_export.retry.FIRST_PAUSE", 0.001)
    with pytest.raises(ExportError):
        push(dist=site.next().write(), target=directory.target(), purge_url="http://127.0.0.1:9")
    found = standing(directory.target())
    assert (found.sequence, found.unfinished) == (before, site.sequence)


def test_a_target_that_cannot_be_asked_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    target = open_target("s3://nowhere", s3_endpoint_url="http://127.0.0.1:9")
    with pytest.raises(ExportError, match="s3://nowhere cannot be asked"):
        standing(target)
