"""What a browser gets from each edge that can run here: HTTP, header by header."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import brotli
import pytest

from cms.embedded.object_storage import RunningStore
from site_builder.assets import TYPES as ASSET_TYPES
from static_export import ExportError, push
from static_export.build import Build
from static_export.edge import TYPES_BY_ENDING, cache_policy, security_headers
from static_export.manifest import CACHE_CONTROL, Artifact
from static_export.paths import url_path
from tests.static_export.edges import (
    MEDIA_ORIGIN,
    NOBODY,
    Edge,
    caddy_edge,
    netlify_edge,
    varnish_edge,
)
from tests.static_export.sites import Site, small_site, video

PAGE = f"/{video(0)}"
STYLE = "/assets/site.0123456789.css"
MOVED, MOVED_308, AWAY = "/video/zz9/pindah/", "/video/zz9/tetap/", "/video/zz9/ditarik/"

KNOWN_HEADERS = {
    *("age", "accept-ranges", "connection", "content-length", "date", "etag", "last-modified"),
    *("cache-control", "content-encoding", "content-type", "location", "vary"),
    *(name.lower() for name in security_headers(MEDIA_ORIGIN)),
}

KINDS = ("caddy", pytest.param("varnish", marks=pytest.mark.storage), "netlify")
NOT_OURS = "no rule of ours speaks of it: Netlify's servers do that as they do"
NO_HEADERS = "Netlify adds headers to files alone, not to redirects"
NO_FIRST_PART = "errors get the headers that are the same everywhere; others go by the first part"
# What a kind of edge cannot do, and why: the test must fail there.
CANNOT: dict[tuple[str, str], str] = {
    ("varnish", "test_text_travels_compressed[varnish-br]"): "Varnish packs with gzip alone",
    ("varnish", "test_text_travels_compressed[varnish-zstd]"): "Varnish packs with gzip alone",
    ("netlify", "test_a_copy_that_is_still_right_is_not_sent_again"): NOT_OURS,
    ("netlify", "test_a_part_of_a_file_can_be_asked_for"): NOT_OURS,
    ("netlify", "test_every_file_answers_with_its_type"): NOT_OURS,
    ("netlify", "test_hsts_is_not_sent_over_plain_http"): "Netlify leads all of that to HTTPS",
    ("netlify", "test_no_answer_says_more_than_a_browser_needs"): NOT_OURS,
    ("netlify", "test_only_get_and_head_are_allowed"): NOT_OURS,
    ("netlify", "test_text_travels_compressed"): NOT_OURS,
    ("netlify", "test_the_file_name_of_a_page_leads_to_its_address"): NOT_OURS,
    ("netlify", "test_two_versions_of_equal_size_in_one_second_have_different_tags"): NOT_OURS,
    ("netlify", "test_what_is_absent_is_kept_for_half_a_minute"): NO_FIRST_PART,
    **{
        ("netlify", f"test_every_answer_is_guarded[netlify-{path}]"): reason
        for path, reason in (
            (PAGE[:-1], NO_HEADERS),
            (MOVED, NO_HEADERS),
            ("/none/", NO_FIRST_PART),
            ("/.git/config", NO_FIRST_PART),
        )
    },
}


def a_site(folder: Path) -> Site:
    site = small_site(folder / "dist")
    site.files["embed/ax1/index.html"] = b"player"
    site.files["embed.html"] = b"no player"
    site.files["sitemap.xml"] = b"<sitemapindex/>"
    site.files["tag/bali utara+/index.html"] = b"<h1>Bali Utara+</h1>"
    site.redirects = {
        MOVED: (PAGE, 301),
        MOVED_308: ("https://www.example.go.id/pindah?dari=video", 308),
        "/unit/lama/": ("/unit/polda-bali/", 301),
    }
    site.gone = {AWAY}
    for name in ("banner.json", "banner.css"):
        site.files[name] = b"{}"
        site.claim(name, cache="urgent")
    return site


def running(
    kind: str, folder: Path, request: pytest.FixtureRequest, **options: tuple[str, ...]
) -> AbstractContextManager[Edge]:
    site = a_site(folder)
    if kind == "caddy":
        return caddy_edge(site, folder)
    if kind == "netlify":
        return netlify_edge(site, folder)
    store: RunningStore = request.getfixturevalue("object_storage")
    return varnish_edge(site, folder, store, **options)


@pytest.fixture(scope="module", params=KINDS)
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Edge]:
    folder = tmp_path_factory.mktemp("edge")
    with running(request.param, folder, request, purge_from=NOBODY) as found:
        yield found


@pytest.fixture
def edge(shared: Edge, request: pytest.FixtureRequest) -> Edge:
    """One edge for tests that only read."""
    except_where_it_cannot(shared.kind, request)
    return shared


@pytest.fixture(params=KINDS)
def own_edge(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Edge]:
    """An edge for tests that publish again."""
    except_where_it_cannot(request.param, request)
    with running(request.param, tmp_path, request) as found:
        yield found


def except_where_it_cannot(kind: str, request: pytest.FixtureRequest) -> None:
    for name in (request.node.name, request.node.originalname):
        if reason := CANNOT.get((kind, name)):
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))


def test_every_file_answers_with_its_bytes_and_cache_policy(edge: Edge) -> None:
    for item in artifacts(edge):
        response = edge.get(url_path(item.path))
        assert response.status_code == 200, item.path
        assert response.content == edge.site.files[item.path]
        assert response.headers["Cache-Control"] == CACHE_CONTROL[item.cache]


def test_every_file_answers_with_its_type(edge: Edge) -> None:
    for item in artifacts(edge):
        assert edge.get(url_path(item.path)).headers["Content-Type"] == item.type


def test_a_feed_is_told_from_other_xml(edge: Edge) -> None:
    assert edge.get("/feed.xml").headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert edge.get("/sitemap/2026-03.xml").headers["Content-Type"].startswith("application/xml")


def artifacts(edge: Edge) -> list[Artifact]:
    items = Build.open(edge.site.folder).items().values()
    return [item for item in items if isinstance(item, Artifact)]


@pytest.mark.parametrize(
    "path", ["/", PAGE, STYLE, PAGE[:-1], MOVED, AWAY, "/none/", "/.git/config"]
)
def test_no_answer_says_more_than_a_browser_needs(edge: Edge, path: str) -> None:
    response = edge.get(path)
    assert set(response.headers) <= KNOWN_HEADERS, "a cookie, or the name of a server or a store"
    response = edge.client.post(path)
    assert set(response.headers) <= KNOWN_HEADERS | {"allow"}


@pytest.mark.parametrize(
    "path", ["/", PAGE, STYLE, PAGE[:-1], MOVED, AWAY, "/none/", "/.git/config"]
)
def test_every_answer_is_guarded(edge: Edge, path: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        headers = edge.client.request(method, path).headers
        for name, value in security_headers(MEDIA_ORIGIN).items():
            assert headers[name] == value, f"{method} {path}"


@pytest.mark.parametrize("path", [f"{PAGE}?utm_source=x", f"{PAGE}?", "/%76ideo/" + PAGE[7:]])
def test_another_spelling_of_an_address_is_the_same_page(edge: Edge, path: str) -> None:
    assert edge.get(path).content == edge.get(PAGE).content
    assert edge.get(path, Host="example.org").content == edge.get(PAGE).content


@pytest.mark.parametrize(
    "path", ["/tag/bali%20utara+/", "/tag/bali%20utara%2B/", "/tag/b%61li%20utara%2b/?x"]
)
def test_an_address_with_letters_that_must_be_escaped_is_found(edge: Edge, path: str) -> None:
    status, answer = edge.raw(path)
    assert (status, b"<h1>Bali Utara+</h1>" in answer) == (200, True)


def test_the_edge_and_the_builder_agree_on_the_types_of_assets() -> None:
    ours = {ending: media_type for ending, media_type in TYPES_BY_ENDING if ending[0] == "."}
    assert {suffix: ours.get(suffix) for suffix in ASSET_TYPES} == dict(ASSET_TYPES)


def test_an_address_without_its_last_slash_leads_to_the_one_with_it(edge: Edge) -> None:
    response = edge.get(PAGE.rstrip("/") + "?t=10")
    assert response.status_code in {301, 308}
    assert response.headers["Location"] == PAGE + "?t=10"


def test_the_file_name_of_a_page_leads_to_its_address(edge: Edge) -> None:
    response = edge.get(PAGE + "index.html")
    assert (response.status_code, response.headers["Location"]) == (308, PAGE)
    assert edge.get("/index.html").headers["Location"] == "/"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/index.html",
        "/\\evil.example/index.html",
        "//evil.example/..",
        "//evil.example",
    ],
)
def test_no_request_makes_the_edge_lead_to_another_host(edge: Edge, target: str) -> None:
    _, answer = edge.raw(target)
    location = re.search(rb"(?mi)^location: (.*?)\r$", answer)
    assert location is None or re.fullmatch(rb"/(?![/\\\\]).*", location[1])


@pytest.mark.parametrize("path", ["/tidak/ada/", "/assets/none.css", "/none.xml", "/video/"])
def test_what_is_absent_answers_404_with_the_page_for_it(edge: Edge, path: str) -> None:
    response = edge.get(path)
    assert response.status_code == 404
    assert response.content == edge.site.files["404.html"]
    assert response.headers["Content-Type"].lower() == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", ["/tidak/ada/", "/assets/none.css", AWAY])
def test_what_is_absent_is_kept_for_half_a_minute(edge: Edge, path: str) -> None:
    assert edge.get(path).headers["Cache-Control"] == "public, max-age=30"


def test_what_was_withdrawn_answers_410_with_the_page_for_it(edge: Edge) -> None:
    for path in (AWAY, AWAY.rstrip("/")):
        response = edge.get(path)
        assert (response.status_code, response.content) == (410, edge.site.files["410.html"])
    assert edge.client.head(AWAY).status_code == 410


def test_what_moved_answers_with_its_status_and_new_address(edge: Edge) -> None:
    for path in (MOVED, MOVED.rstrip("/")):
        response = edge.get(path)
        assert (response.status_code, response.headers["Location"]) == (301, PAGE)
        assert PAGE in response.text
    response = edge.get(MOVED_308)
    assert response.status_code == 308
    assert response.headers["Location"] == "https://www.example.go.id/pindah?dari=video"
    assert edge.client.head(MOVED).headers["Location"] == PAGE


@pytest.mark.parametrize(
    "goal",
    [
        "/x\r\nSet-Cookie: a=b",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "https://",
        '/"><script>',
        "/{{env}}",
        "relative/",
        "https://user@evil.example/",
        "",
    ],
)
def test_a_redirect_to_a_dangerous_address_is_refused(tmp_path: Path, goal: str) -> None:
    site = small_site(tmp_path / "dist")
    site.redirects = {MOVED: (goal, 301)}
    with pytest.raises(ExportError):
        push(dist=site.write(), target=f"file:{tmp_path / 'edge'}")
    assert not (tmp_path / "edge").exists()


def test_head_says_what_get_says_without_a_body(edge: Edge) -> None:
    got, head = edge.get(PAGE), edge.client.head(PAGE, headers={"Accept-Encoding": "identity"})
    assert head.content == b""
    for name in ("Content-Length", "Content-Type", "ETag", "Cache-Control"):
        assert head.headers.get(name) == got.headers.get(name)


def test_a_part_of_a_file_can_be_asked_for(edge: Edge) -> None:
    body = edge.site.files[STYLE[1:]]
    response = edge.get(STYLE, Range="bytes=5-14")
    assert response.status_code == 206
    assert response.content == body[5:15]
    assert response.headers["Content-Range"] == f"bytes 5-14/{len(body)}"
    assert edge.get(STYLE, Range="bytes=99999-").status_code == 416


@pytest.mark.parametrize("encoding", ["br", "gzip", "zstd"])
def test_text_travels_compressed(edge: Edge, encoding: str) -> None:
    body = edge.site.files[STYLE[1:]]
    with edge.client.stream("GET", STYLE, headers={"Accept-Encoding": encoding}) as response:
        raw = b"".join(response.iter_raw())
    assert response.headers["Content-Encoding"] == encoding
    assert "Accept-Encoding" in response.headers["Vary"]
    assert len(raw) < len(body) / 5
    if encoding == "zstd":
        assert raw[:4] == b"\x28\xb5\x2f\xfd"
    else:
        assert {"br": brotli, "gzip": gzip}[encoding].decompress(raw) == body


def test_a_copy_that_is_still_right_is_not_sent_again(edge: Edge) -> None:
    tag = edge.get(PAGE).headers["ETag"]
    assert not tag.startswith("W/")
    response = edge.get(PAGE, **{"If-None-Match": tag})
    assert (response.status_code, response.content) == (304, b"")


def test_two_versions_of_equal_size_in_one_second_have_different_tags(own_edge: Edge) -> None:
    seen = set()
    for letter in b"abcdef":
        own_edge.site.files["index.html"] = bytes([letter]) * 20
        own_edge.show()
        response = own_edge.get("/")
        assert response.content == bytes([letter]) * 20
        seen.add(response.headers["ETag"])
    assert len(seen) == 6


def test_the_security_headers_are_strict(edge: Edge) -> None:
    headers = edge.get(PAGE).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["media-src"] == f"{MEDIA_ORIGIN} blob:"
    assert policy["img-src"] == f"'self' {MEDIA_ORIGIN} data:"
    assert policy["connect-src"] == f"'self' {MEDIA_ORIGIN}"
    assert policy["frame-ancestors"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_hsts_is_not_sent_over_plain_http(edge: Edge) -> None:
    assert "Strict-Transport-Security" not in edge.get(PAGE).headers, "RFC 6797 §7.2"


def test_hsts_is_sent_where_a_proxy_ended_https(edge: Edge) -> None:
    headers = edge.get(PAGE, **{"X-Forwarded-Proto": "https"}).headers
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_only_the_embedded_player_may_be_framed_by_others(edge: Edge) -> None:
    policy = edge.get("/embed/ax1/").headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors *")
    # For a page that isolates itself (Cross-Origin-Embedder-Policy).
    assert edge.get("/embed/ax1/").headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert edge.get("/embed.html").headers["Content-Security-Policy"].endswith("'self'")


@pytest.mark.parametrize(
    "target",
    [
        "/.policetube/state.json",
        "/.policetube/rules/video/zz9/pindah/redirect-301",
        "/%2epolicetube/state.json",
        "/%2Epolicetube%2Fstate.json",
        "//.policetube/state.json",
        "/video/../.policetube/state.json",
        "/video/%2e%2e/.policetube/state.json",
        "/.well-known/../.policetube/state.json",
        "/.well-known/%2e%2e/.policetube/state.json",
        "/.well-known/..%2f.policetube/state.json",
        "/./.policetube/state.json",
        "/.git/config",
        "/.env",
        "/../dist/manifest.json",
        "/..%2fdist/manifest.json",
        "/%2e%2e/dist/manifest.json",
        "/assets/..%2f..%2fdist%2fmanifest.json",
        "/..\\..\\etc\\passwd",
        "/../../../../../../etc/passwd",
        "/assets/%00",
        "/assets/",
        "/video/",
        "/unit",
        "/.policetube",
    ],
)
def test_nothing_hidden_and_nothing_outside_is_served(edge: Edge, target: str) -> None:
    status, answer = edge.raw(target)
    assert status in {400, 404}, answer
    for secret in (b"epoch", b"root:", PAGE.encode(), b"site.0123456789.css"):
        assert secret not in answer


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PURGE"])
def test_only_get_and_head_are_allowed(edge: Edge, method: str) -> None:
    for path in (PAGE, AWAY, MOVED, "/none"):
        assert edge.client.request(method, path).status_code == 405
    assert edge.client.request(method, PAGE).headers["Allow"] == "GET, HEAD"


def test_a_push_shows_at_the_edge_with_no_change_of_its_configuration(own_edge: Edge) -> None:
    site, key = own_edge.site, PAGE[1:] + "index.html"
    body = site.files.pop(key)
    site.gone.add(PAGE)
    assert own_edge.show() == (PAGE,)
    assert own_edge.get(PAGE).status_code == 410
    site.gone.remove(PAGE)
    site.redirects[PAGE] = (f"/{video(1)}", 301)
    assert own_edge.show() == (PAGE,)
    assert own_edge.get(PAGE).headers["Location"] == f"/{video(1)}"
    del site.redirects[PAGE]
    site.files[key] = body
    assert own_edge.show() == (PAGE,)
    del site.files[key]
    assert own_edge.show() == (PAGE,)
    assert own_edge.get(PAGE).status_code == 404


def test_the_cache_policy_follows_from_the_path() -> None:
    assert cache_policy("/assets/site.css") == "immutable"
    assert cache_policy(PAGE) == "page"
    assert cache_policy("/") == cache_policy("/unit/polda-bali/") == "listing"
    assert cache_policy("/banner.json") == cache_policy("/banner.css") == "urgent"


def test_what_is_urgent_is_as_good_as_fresh_everywhere(edge: Edge) -> None:
    for name in ("banner.json", "banner.css"):
        control = edge.get(f"/{name}").headers["Cache-Control"]
        assert control == "public, max-age=10, stale-if-error=86400"
    # Netlify gives an address that no rule of ours speaks of no policy at all.
    other = edge.get("/bannerlain/").headers.get("Cache-Control", "")
    assert "max-age=30" in other or (edge.kind == "netlify" and not other)
