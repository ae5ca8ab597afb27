"""A cache that outlives its store: real Varnish over real SeaweedFS, and failures between them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from cms.embedded.object_storage import RunningStore
from static_export import ExportError
from static_export.edge.varnish import FOREIGN, VarnishSettings, vcl
from static_export.manifest import CACHE_CONTROL
from tests.static_export.edges import MEDIA_ORIGIN, varnish_edge
from tests.static_export.houses import AWAY, House, as_new, housed
from tests.static_export.sites import small_site, video

pytestmark = pytest.mark.storage

PAGE, OTHER = f"/{video(0)}", f"/{video(1)}"
STYLE = "/assets/site.0123456789.css"


@pytest.fixture(scope="module")
def one_house(
    tmp_path_factory: pytest.TempPathFactory, object_storage: RunningStore
) -> Iterator[House]:
    with housed(tmp_path_factory.mktemp("varnish"), object_storage) as found:
        yield found


@pytest.fixture
def house(one_house: House) -> House:
    return as_new(one_house)


@pytest.fixture(scope="module")
def one_hasty_house(
    tmp_path_factory: pytest.TempPathFactory, object_storage: RunningStore
) -> Iterator[House]:
    values = {policy: hasty(value) for policy, value in CACHE_CONTROL.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("static_export.edge.varnish.CACHE_CONTROL", values)
        with housed(tmp_path_factory.mktemp("varnish"), object_storage) as found:
            yield found


def hasty(policy: str) -> str:
    """The policy, but that what it calls fresh or renewable is so for one second only."""
    return re.sub(r"(max-age|stale-while-revalidate)=\d{2,3}\b", r"\1=1", policy)


@pytest.fixture
def hasty_house(one_hasty_house: House) -> House:
    return as_new(one_hasty_house)


def test_a_page_seen_once_is_not_asked_for_again(house: House) -> None:
    answers = [house.get(f"{PAGE}?{number}") for number in range(5)]
    answers += [house.get(PAGE, Host=host) for host in ("a.example", "b.example")]
    answers.append(house.edge.client.head(PAGE))
    assert {answer.status_code for answer in answers} == {200}
    assert house.origin.asked_for(PAGE) == 1


def test_many_who_come_at_once_make_one_request(house: House) -> None:
    house.origin.held = threading.Event()
    with ThreadPoolExecutor(max_workers=20) as pool:
        asked = [pool.submit(httpx.get, house.edge.base + PAGE, timeout=30) for _ in range(20)]
        assert house.origin.waiting.wait(timeout=60)
        time.sleep(0.3)
        house.origin.held.set()
        answers = [one.result() for one in asked]
    assert {answer.status_code for answer in answers} == {200}
    assert house.origin.asked_for(PAGE) == 1


def test_a_head_of_a_page_nobody_has_read_yet_is_answered(house: House) -> None:
    response = house.edge.client.head(PAGE, headers={"Accept-Encoding": "identity"})
    assert response.status_code == 200
    assert int(response.headers["Content-Length"]) == len(house.get(PAGE).content)
    assert house.origin.asked_for(PAGE) == 1


@pytest.mark.parametrize("failure", ["cut", "503", "half"])
def test_what_was_seen_last_outlives_the_store(hasty_house: House, failure: str) -> None:
    seen = {path: hasty_house.get(path) for path in ("/", PAGE, STYLE, "/404.html")}
    assert hasty_house.get(AWAY).status_code == 410
    hasty_house.origin.failing = failure
    time.sleep(2.3)
    for path, before in seen.items():
        for _ in range(2):
            now = hasty_house.get(path)
            assert (now.status_code, now.content) == (200, before.content)
    assert hasty_house.get(PAGE.rstrip("/")).headers["Location"] == PAGE
    assert hasty_house.get(AWAY).status_code == 410
    assert hasty_house.get("/.git/config").status_code == 404
    unseen = hasty_house.get(OTHER)
    assert (unseen.status_code, unseen.headers["Retry-After"]) == (503, "10")
    assert unseen.headers["Cache-Control"] == "no-store"
    assert unseen.headers["X-Content-Type-Options"] == "nosniff"
    hasty_house.origin.failing = ""
    assert hasty_house.get(OTHER).status_code == 200, "no error is kept"


def test_a_store_that_hangs_keeps_nobody_waiting_for_what_was_seen(hasty_house: House) -> None:
    before = hasty_house.get(PAGE)
    hasty_house.origin.failing = "hang"
    time.sleep(4.5)
    started = time.monotonic()
    assert hasty_house.get(PAGE).content == before.content
    assert time.monotonic() - started < 1


def test_while_the_store_answers_a_page_is_no_older_than_its_policy_says(
    hasty_house: House,
) -> None:
    hasty_house.get(PAGE)
    hasty_house.change(PAGE, b"<h1>Baru</h1>")
    time.sleep(2.3)
    assert hasty_house.get(PAGE).content == b"<h1>Baru</h1>"


def test_a_page_that_did_not_change_is_not_sent_again_by_the_store(hasty_house: House) -> None:
    packed = {"Accept-Encoding": "gzip"}
    for path in ("/", "/about/"):
        hasty_house.get(path)
    hasty_house.edge.site.files["about/index.html"] = b"<p>Tentang kami</p>" * 100
    hasty_house.edge.show()
    first = {path: hasty_house.get(path) for path in ("/", "/about/")}
    tags = {path: hasty_house.get(path, **packed).headers["ETag"] for path in first}
    hasty_house.origin.statuses.clear()
    time.sleep(2.3)
    for path, before in first.items():
        now = hasty_house.get(path)
        assert (now.content, now.headers["ETag"]) == (before.content, before.headers["ETag"])
        assert hasty_house.get(path, **packed).headers["ETag"] == tags[path]
        assert hasty_house.get(path, **packed, **{"If-None-Match": tags[path]}).status_code == 304
    assert hasty_house.origin.statuses == [304, 304]


def test_nothing_of_a_reader_reaches_the_store(house: House) -> None:
    house.get(
        PAGE,
        **{
            "Authorization": "AWS4-HMAC-SHA256 Credential=x",
            "Cookie": "a=b",
            "Referer": "https://example.org/",
            "User-Agent": "Penonton/1.0",
            "X-Amz-Expected-Bucket-Owner": "0",
            "X-Forwarded-For": "203.0.113.7",
        },
    )
    assert set(house.origin.headers) <= {"host", "accept", "connection", "x-varnish"}


def test_a_store_that_hides_what_it_lacks_answers_404_one_that_refuses_all_is_not_believed(
    house: House,
) -> None:
    house.origin.refuses_absent = True
    assert house.get("/none/").status_code == 404
    assert house.get("/none/").content == house.edge.site.files["404.html"]
    assert house.get(PAGE.rstrip("/")).status_code == 308
    house.origin.failing = "403"
    assert house.get(OTHER).status_code == 503
    house.origin.failing = ""
    assert house.get(OTHER).status_code == 200


def test_half_a_file_is_never_handed_on(house: House) -> None:
    house.origin.failing = "half"
    assert house.get(PAGE).status_code == 503


def test_a_purge_waits_for_a_copy_on_its_way_and_keeps_nothing_of_it(house: House) -> None:
    house.origin.held = threading.Event()
    with ThreadPoolExecutor(max_workers=2) as pool:
        old = pool.submit(httpx.get, house.edge.base + PAGE)
        assert house.origin.waiting.wait(timeout=60)
        house.change(PAGE, b"<h1>Baru</h1>")
        purged = pool.submit(house.purge, PAGE)
        time.sleep(0.3)
        assert not purged.done()
        house.origin.held.set()
        assert (old.result().status_code, purged.result()) == (200, 200)
    house.origin.held = None
    assert house.get(PAGE).content == b"<h1>Baru</h1>"


@pytest.mark.parametrize(
    "mark",
    [{"X-Forwarded-For": "203.0.113.7"}, {"Via": "2.0 Caddy"}, {"Forwarded": "for=203.0.113.7"}],
)
def test_what_came_through_a_proxy_is_no_order_to_purge(house: House, mark: dict[str, str]) -> None:
    house.get(PAGE)
    assert house.purge(PAGE, **mark) == 405
    house.get(PAGE)
    assert house.origin.asked_for(PAGE) == 1


def test_an_empty_bucket_answers_404(tmp_path: Path, object_storage: RunningStore) -> None:
    site = small_site(tmp_path / "dist")
    site.files = {"index.html": b"<h1>Beranda</h1>"}
    with varnish_edge(site, tmp_path, object_storage) as edge:
        for path in ("/none", "/none/", "/.git/config"):
            assert (edge.get(path).status_code, edge.get(path).content) == (404, b"")


@pytest.mark.parametrize(
    ("change", "value", "mend"),
    [
        ("endpoint_url", "https://s3.example.go.id", "TLS tunnel"),
        ("endpoint_url", "s3.example.go.id", "http://host"),
        ("endpoint_url", "http://host/path", "http://host"),
        ("endpoint_url", 'http://host"; import std', "http://host"),
        ("endpoint_url", "http://user:password@host", "http://host"),
        ("endpoint_url", "http://host:port", "http://host"),
        ("origin", "file:/srv/edge", "s3://bucket"),
        ("origin", 's3://bucket"', "s3://bucket"),
        ("origin", "s3://bucket/../other", "correct"),
        ("media_origin", "https://a;b", "host"),
        ("purge_from", ("everyone",), "10.0.0.0/8"),
    ],
)
def test_a_setting_that_would_change_the_configuration_is_refused(
    change: str, value: object, mend: str
) -> None:
    settings: dict[str, object] = {
        "origin": "s3://site/edge",
        "endpoint_url": "http://127.0.0.1:8333",
        "media_origin": MEDIA_ORIGIN,
        change: value,
    }
    with pytest.raises(ExportError, match=mend) as caught:
        vcl(VarnishSettings(**settings))  # type: ignore[arg-type]
    assert caught.value.code in {"bad-target", "bad-path"}


def test_what_is_left_out_of_answers_is_in_order() -> None:
    assert list(FOREIGN) == sorted(FOREIGN, key=str.lower)
