"""Caches before the site are told what changed, and what they were not told stops the push."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from pytest_django.fixtures import Settings

from cms.publishing.checks import (
    HALF_GIVEN,
    NO_ADDRESS,
    NO_ZONE,
    OUT_OF_BOUNDS,
    caches_can_be_told,
)
from cms.publishing.models import LogHead
from cms.publishing.pipeline import cycle
from cms.publishing.purging import telling_caches
from static_export import ExportError, push
from tests.cms.factories import make_video
from tests.cms.publishing import cdns
from tests.cms.publishing.cdns import Cdn, Fault
from tests.static_export.servers import QuietHandler, serving
from tests.static_export.sites import small_site

PATHS = ["/", "/tag/bali%20utara/", *(f"/video/v{n}/" for n in range(60))]
URLS = [f"http://127.0.0.1:8080{path}" for path in PATHS]
# Nobody listens there.
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr("static_export.retry.FIRST_PAUSE", 0.001)
    settings.CLOUDFLARE_PER_SECOND = settings.CLOUDFRONT_PER_SECOND = 1000.0


@pytest.fixture
def varnish(settings: Settings) -> Iterator[Cdn]:
    with cdns.purge_cache() as cdn:
        settings.SITE_PURGE_URL = cdn.url
        yield cdn


@pytest.fixture
def cloudflare(settings: Settings) -> Iterator[Cdn]:
    with cdns.cloudflare() as cdn:
        settings.CLOUDFLARE_ZONE_ID, settings.CLOUDFLARE_API_TOKEN = cdns.ZONE, cdns.TOKEN
        settings.CLOUDFLARE_API_URL = cdn.url
        yield cdn


@pytest.fixture
def cloudfront(settings: Settings) -> Iterator[Cdn]:
    with cdns.cloudfront() as cdn:
        settings.CLOUDFRONT_DISTRIBUTION_ID = cdns.DISTRIBUTION
        settings.CLOUDFRONT_ACCESS_KEY_ID = cdns.KEY
        settings.CLOUDFRONT_SECRET_ACCESS_KEY = "only-for-tests"
        settings.CLOUDFRONT_ENDPOINT_URL = cdn.url
        yield cdn


def purge(paths: list[str] = PATHS) -> tuple[str, ...]:
    with telling_caches() as caches:
        assert caches is not None
        return caches.purge(iter(paths))


def test_without_a_cache_nobody_is_told() -> None:
    with telling_caches() as caches:
        assert caches is None


def test_a_cache_that_takes_purge_hears_each_url_by_the_name_of_the_site(varnish: Cdn) -> None:
    assert purge() == tuple(PATHS)
    assert sorted(varnish.purged) == sorted(URLS)


def test_cloudflare_hears_whole_urls_thirty_at_a_time(cloudflare: Cdn) -> None:
    purge()
    assert sorted(cloudflare.purged) == sorted(URLS)
    assert sorted(cloudflare.requests) == [2, 30, 30]


def test_cloudfront_hears_all_paths_in_one_invalidation(cloudfront: Cdn) -> None:
    purge()
    assert sorted(cloudfront.purged) == sorted(PATHS)
    assert cloudfront.requests == [len(PATHS)]


def test_more_paths_than_cloudfront_takes_are_one_invalidation_of_everything(
    cloudfront: Cdn,
) -> None:
    many = [f"/video/{n}/" for n in range(3001)]
    assert purge(many) == tuple(many)
    assert cloudfront.purged == ["/*"]


def test_several_caches_are_told_at_once(
    varnish: Cdn, cloudflare: Cdn, cloudfront: Cdn, settings: Settings
) -> None:
    with cdns.purge_cache() as second:
        settings.SITE_PURGE_URL = f"{varnish.url}, {second.url}/"
        purge()
        assert sorted(varnish.purged) == sorted(second.purged) == sorted(URLS)
    assert len(cloudflare.purged) == len(cloudfront.purged) == len(URLS)


def test_nothing_changed_asks_nobody(varnish: Cdn, cloudflare: Cdn, cloudfront: Cdn) -> None:
    assert purge([]) == ()
    assert varnish.requests == cloudflare.requests == cloudfront.requests == []


@pytest.mark.parametrize("name", ["varnish", "cloudflare", "cloudfront"])
def test_what_passes_by_itself_is_asked_again(name: str, request: pytest.FixtureRequest) -> None:
    cdn: Cdn = request.getfixturevalue(name)
    cdn.faults = [Fault(500), Fault(503), Fault(429)]
    purge()
    assert len(cdn.purged) == len(PATHS)


@pytest.mark.parametrize("name", ["varnish", "cloudflare", "cloudfront"])
def test_what_does_not_pass_is_told_with_what_to_do(
    name: str, request: pytest.FixtureRequest
) -> None:
    cdn: Cdn = request.getfixturevalue(name)
    cdn.faults = [Fault(500)] * 1000
    with pytest.raises(ExportError, match=r"500.*push again") as caught:
        purge()
    assert caught.value.retryable


@pytest.mark.parametrize("name", ["varnish", "cloudflare"])
@pytest.mark.parametrize("as_date", [False, True])
def test_a_cache_is_left_alone_as_long_as_it_asks(
    name: str, as_date: bool, request: pytest.FixtureRequest
) -> None:
    cdn: Cdn = request.getfixturevalue(name)
    then = datetime.now(UTC) + timedelta(seconds=2)
    wait = format_datetime(then, usegmt=True) if as_date else "1"
    cdn.faults = [Fault(429, {"Retry-After": wait})]
    purge(PATHS[:1])
    first, second = cdn.moments
    # A date has no parts of seconds.
    assert second - first >= (0.5 if as_date else 0.99)
    assert cdn.purged == URLS[:1]


def test_a_cache_that_wants_minutes_is_left_to_the_next_push(cloudflare: Cdn, varnish: Cdn) -> None:
    cloudflare.faults = [Fault(429, {"Retry-After": "300"})]
    began = time.monotonic()
    with pytest.raises(ExportError, match=r"left alone for \d+ s more") as caught:
        purge()
    assert time.monotonic() - began < 5
    assert caught.value.retryable
    assert len(varnish.purged) == len(PATHS), "another cache was not told"
    asked = len(cloudflare.moments)
    with pytest.raises(ExportError, match="left alone"):
        purge()
    assert len(cloudflare.moments) == asked, "it was asked before its time"


def test_no_cache_is_asked_more_often_than_the_setting_says(
    varnish: Cdn, settings: Settings
) -> None:
    settings.SITE_PURGE_PER_SECOND = 20.0
    purge(PATHS[:11])
    assert max(varnish.moments) - min(varnish.moments) >= 0.45


def test_a_wrong_token_is_told_at_once_and_by_name(cloudflare: Cdn, settings: Settings) -> None:
    settings.CLOUDFLARE_API_TOKEN = "wrong"
    with pytest.raises(ExportError, match=r"10000 Authentication error.*CLOUDFLARE_API_TOKEN"):
        purge()
    assert cloudflare.purged == []
    assert len(cloudflare.moments) <= 3, "asked again although that cannot help"


def test_urls_of_another_zone_are_told(cloudflare: Cdn, settings: Settings) -> None:
    settings.SITE_BASE_URL = "http://elsewhere.example"
    with pytest.raises(ExportError, match=r"1012.*SITE_BASE_URL"):
        purge()


def test_wrong_credentials_of_cloudfront_are_told_at_once_and_by_name(
    cloudfront: Cdn, settings: Settings
) -> None:
    settings.CLOUDFRONT_ACCESS_KEY_ID = "AKIAWRONG"
    with pytest.raises(ExportError, match=r"InvalidClientTokenId.*CLOUDFRONT_ACCESS_KEY_ID"):
        purge()
    assert len(cloudfront.moments) == 1


def test_a_distribution_with_no_room_is_asked_again(
    cloudfront: Cdn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cms.publishing.caches.ROOM_SECONDS", 0.2)
    cloudfront.faults = [Fault(400, code="TooManyInvalidationsInProgress")]
    purge()
    first, second = cloudfront.moments
    assert second - first >= 0.19
    assert len(cloudfront.purged) == len(PATHS)


def test_a_server_that_takes_no_purge_is_told_by_name(settings: Settings) -> None:
    class Plain(QuietHandler):
        def do_PURGE(self) -> None:
            self.answer(405)

    with serving(Plain) as url:
        settings.SITE_PURGE_URL = url
        with pytest.raises(ExportError, match=r"405.*SITE_PURGE_URL"):
            purge()


def test_a_part_that_failed_fails_the_whole_and_the_other_caches_are_told(
    varnish: Cdn, cloudflare: Cdn
) -> None:
    cloudflare.faults = [Fault(400)]
    with pytest.raises(ExportError, match=r"Cloudflare: .*10013"):
        purge()
    assert len(varnish.purged) == len(PATHS)
    purge()
    assert set(cloudflare.purged) == set(URLS)


def test_a_push_whose_purge_failed_keeps_its_intent_and_the_next_one_purges_the_same(
    tmp_path: Path, cloudflare: Cdn
) -> None:
    site, target = small_site(tmp_path / "dist"), f"file:{tmp_path / 'edge'}"
    push(dist=site.write(), target=target)
    site.files["index.html"] = b"other"
    cloudflare.faults = [Fault(403)]
    site.next().write()
    with telling_caches() as caches:
        with pytest.raises(ExportError, match="Cloudflare"):
            push(dist=site.folder, target=target, purger=caches)
        assert '"intent":{' in (tmp_path / "edge/.policetube/state.json").read_text()
        report = push(dist=site.folder, target=target, purger=caches)
    assert (report.purged, report.resumed) == (("/",), 1)
    assert cloudflare.purged == URLS[:1]
    assert report.purged_after is not None
    assert 0 < report.uploaded_after <= report.purged_after <= report.seconds


@pytest.mark.django_db
def test_nothing_is_called_live_before_the_caches_know(
    newsroom: SimpleNamespace, settings: Settings, tmp_path: Path, varnish: Cdn, buckets: str
) -> None:
    settings.STATE_DIR, settings.SITE_BUILD_DIR = tmp_path, tmp_path / "dist"
    settings.SITE_TARGETS, settings.SITE_EDGE_URL = [f"file:{tmp_path / 'edge'}"], ""
    page = make_video(newsroom.bali)
    settings.SITE_PURGE_URL = NOWHERE
    with pytest.raises(ExportError, match=NOWHERE):
        cycle()
    assert LogHead.objects.get().live_sequence == 0
    settings.SITE_PURGE_URL = varnish.url
    cycle()
    assert LogHead.objects.get().live_sequence > 0
    assert f"{settings.SITE_BASE_URL}{page.public_path}" in varnish.purged


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"CLOUDFLARE_ZONE_ID": cdns.ZONE}, HALF_GIVEN),
        ({"CLOUDFLARE_API_TOKEN": "x"}, HALF_GIVEN),
        ({"MEDIA_CLOUDFLARE_ZONE_ID": cdns.ZONE}, HALF_GIVEN),
        ({"MEDIA_CLOUDFRONT_DISTRIBUTION_ID": "E1"}, HALF_GIVEN),
        ({"SITE_S3_ACCESS_KEY_ID": "x"}, HALF_GIVEN),
        ({"MEDIA_PURGE_URL": "media"}, NO_ADDRESS),
        ({"CLOUDFRONT_DISTRIBUTION_ID": "E1"}, HALF_GIVEN),
        ({"CLOUDFRONT_DISTRIBUTION_ID": "E1", "CLOUDFRONT_ACCESS_KEY_ID": "x"}, HALF_GIVEN),
        ({"SITE_PURGE_URL": "127.0.0.1:6081"}, NO_ADDRESS),
        ({"SITE_PURGE_URL": "http://a.example,ftp://b.example"}, NO_ADDRESS),
        ({"SITE_PURGE_URL": "http://a.example/purge/"}, NO_ADDRESS),
        ({"CLOUDFLARE_API_URL": ""}, NO_ADDRESS),
        ({"CLOUDFRONT_ENDPOINT_URL": "nowhere"}, NO_ADDRESS),
        ({"CLOUDFLARE_ZONE_ID": "example.go.id", "CLOUDFLARE_API_TOKEN": "x"}, NO_ZONE),
        ({"SITE_PURGE_PER_SECOND": 0.0}, OUT_OF_BOUNDS),
        ({"CLOUDFLARE_PER_SECOND": float("nan")}, OUT_OF_BOUNDS),
        ({"CLOUDFRONT_PER_SECOND": 1e9}, OUT_OF_BOUNDS),
    ],
    ids=str,
)
def test_a_cache_that_could_not_be_told_is_refused_by_name_at_the_start(
    given: dict[str, object], wrong: str, settings: Settings
) -> None:
    assert caches_can_be_told() == []
    for name, value in given.items():
        setattr(settings, name, value)
    (found,) = caches_can_be_told()
    assert found.id == wrong
    assert next(iter(given)) in found.msg
    assert found.hint


VCL = """\
vcl 4.1;
backend origin { .host = "127.0.0.1"; .port = "%s"; }
sub vcl_recv { if (req.method == "PURGE") { return (purge); } }
"""


@pytest.fixture
def real_varnish(tmp_path: Path) -> Iterator[tuple[str, list[bytes]]]:
    """Varnish as it comes, which keeps pages by host and path; and what its origin answers."""
    pages = [b"first"]

    class Origin(QuietHandler):
        def do_GET(self) -> None:
            self.answer(200, pages[-1])

    binary = shutil.which("varnishd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    assert binary, "varnishd is not installed: apt install varnish"
    with ExitStack() as stack:
        origin = stack.enter_context(serving(Origin))
        (tmp_path / "edge.vcl").write_text(VCL % origin.rpartition(":")[2])
        # A port is free again once its server is gone.
        with serving(Origin) as free:
            port = free.rpartition(":")[2]
        command = [binary, "-F", "-j", "none", "-T", "none", "-f", str(tmp_path / "edge.vcl")]
        command += ["-a", f"127.0.0.1:{port}", "-n", str(tmp_path / "v"), "-s", "malloc,16m"]
        log = stack.enter_context((tmp_path / "varnish.log").open("wb"))
        process = subprocess.Popen(command, stdout=log, stderr=log)
        stack.callback(process.wait)
        stack.callback(process.terminate)
        url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 60
        while True:
            assert process.poll() is None, (tmp_path / "varnish.log").read_text()
            try:
                httpx.get(url)
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield url, pages


def test_a_real_varnish_forgets_the_page_of_the_sites_host(
    real_varnish: tuple[str, list[bytes]], settings: Settings
) -> None:
    url, pages = real_varnish
    settings.SITE_BASE_URL, settings.SITE_PURGE_URL = "https://video.example.go.id", url

    def seen(host: str, path: str) -> bytes:
        return httpx.get(url + path, headers={"Host": host}).content

    def seen_everywhere() -> list[bytes]:
        return [seen("video.example.go.id", path) for path in ("/a/", "/b/")]

    assert seen_everywhere() == [b"first", b"first"]
    pages.append(b"second")
    assert seen_everywhere() == [b"first", b"first"], "nothing is cached"
    purge(["/a/"])
    assert seen_everywhere() == [b"second", b"first"]
