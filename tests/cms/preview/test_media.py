"""What a draft's player is given: private files, by links that end with the preview's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.core.signing import b62_decode
from django.test import Client

from cms.media import storage
from cms.media.storage import Bucket
from cms.preview import media
from content_models.models import Asset, LadderFile, Placement, VideoPage
from tests.cms import factories
from tests.cms.preview.conftest import link_of

FILMS = {
    "master.m3u8": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n720p.m3u8\n360p.m3u8\n"
    '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="iframes.m3u8"\n',
    "360p.m3u8": '#EXTM3U\n#EXT-X-MAP:URI="360p.mp4",BYTERANGE="4@0"\n#EXTINF:4,\n'
    "#EXT-X-BYTERANGE:5@4\n360p.mp4\n#EXT-X-ENDLIST\n",
    "storyboard.vtt": "WEBVTT\n\n00:00.000 --> 00:01.200\nstoryboard.jpg#xywh=0,0,160,90\n",
    "360p.mp4": "moovframe",
    "storyboard.jpg": "stills",
    "poster.jpg": "poster",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filmed:
    """A draft with a film in the private bucket, and the page that previews it."""

    client: Client
    page: VideoPage
    link: str
    html: str

    def named(self, pattern: str) -> str:
        """The first address in the page that matches."""
        found = re.search(rf'(?:href|src|poster|data-\w+)="([^"]*{pattern}[^"]*)"', self.html)
        assert found, pattern
        return unescape(found[1])


@pytest.fixture
def filmed(desk: SimpleNamespace, buckets: str) -> Filmed:
    asset = factories.make_asset(Placement.PRIVATE, collection=desk.bali.collection)
    factories.make_captions(asset, is_public=False)
    for name, text in FILMS.items():
        storage.put_bytes(
            Bucket.STAGING, asset.ladder.prefix + name, text.encode(), content_type="text/plain"
        )
    page = factories.make_draft(desk.bali, asset, title="Rahasia")
    page.save_revision()
    client = desk.clients["bali_editor"]
    link = link_of(client, page)
    return Filmed(client=client, page=page, link=link, html=client.get(link).content.decode())


def read(url: str) -> str:
    answer = httpx.get(url, timeout=10)
    assert answer.status_code == 200, url
    return answer.text


def test_files_of_a_draft_are_read_by_signed_links_and_never_without(filmed: Filmed) -> None:
    for name in ("360p.mp4", "poster.jpg"):
        url = filmed.named(re.escape(name))
        assert read(url) == FILMS[name]
        assert httpx.get(url.partition("?")[0], timeout=10).status_code == 403
        assert 0 < int(parse_qs(urlsplit(url).query)["X-Amz-Expires"][0]) <= 3600


def test_links_to_files_end_when_the_preview_does(
    filmed: Filmed, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = parse_qs(urlsplit(filmed.link).query)["token"][0]
    later = b62_decode(token.rsplit(":", 2)[1]) + 3000
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    html = filmed.client.get(filmed.link).content.decode()
    assert {int(seconds) for seconds in re.findall(r"X-Amz-Expires=(\d+)", html)} == {600}


def test_the_adaptive_stream_of_a_draft_leads_to_signed_ranges(filmed: Filmed) -> None:
    master = filmed.client.get(urlsplit(filmed.named(r"master\.m3u8")).path)
    assert master.status_code == 200
    assert master["Cache-Control"] == "no-store"
    # Rungs stay beside it, at the door.
    assert master.content.decode() == FILMS["master.m3u8"]

    base = filmed.named(r"master\.m3u8").removesuffix("master.m3u8")
    assert filmed.named(r"360p\.m3u8") == f"{base}360p.m3u8"
    rung = filmed.client.get(urlsplit(f"{base}360p.m3u8").path).content.decode()
    lines = rung.splitlines()
    head = re.search(r'URI="([^"]+)",BYTERANGE="4@0"', rung)
    assert head
    assert head[1] == lines[4]
    answer = httpx.get(lines[4], headers={"Range": "bytes=4-8"}, timeout=10)
    assert (answer.status_code, answer.text) == (206, "frame")


def test_the_storyboard_of_a_draft_is_signed_too(filmed: Filmed) -> None:
    index = filmed.client.get(urlsplit(filmed.named(r"storyboard\.vtt")).path).content.decode()
    sprite, _, area = index.splitlines()[-1].partition("#")
    assert area == "xywh=0,0,160,90"
    assert read(sprite) == FILMS["storyboard.jpg"]


def test_the_signer_of_a_draft_is_read_at_a_door_of_its_own_on_the_same_terms(
    desk: SimpleNamespace, filmed: Filmed
) -> None:
    signer = factories.make_asset(Placement.PRIVATE, collection=desk.bali.collection)
    for name in ("master.m3u8", "360p.m3u8"):
        key, text = signer.ladder.prefix + name, FILMS[name].encode()
        storage.put_bytes(Bucket.STAGING, key, text, content_type="text/plain")
    page = filmed.page
    page.signer = signer
    page.save_revision()
    html = filmed.client.get(link_of(filmed.client, page)).content.decode()
    found = re.search(r'data-signer data-hls="([^"]+)"', html)
    assert found
    master = urlsplit(unescape(found[1])).path
    assert filmed.client.get(master).content.decode() == FILMS["master.m3u8"]
    rung = filmed.client.get(master.replace("master.m3u8", "360p.m3u8")).content.decode()
    assert f"{signer.ladder.prefix}360p.mp4?" in rung
    assert desk.clients["jabar_editor"].get(master).status_code == 403
    for name in ("storyboard.vtt.txt", "original", "captions-1.vtt"):
        assert filmed.client.get(master.replace("master.m3u8", name)).status_code == 404, name


def test_captions_that_are_not_public_yet_are_read_at_the_door(filmed: Filmed) -> None:
    answer = filmed.client.get(urlsplit(filmed.named(r"captions-\d+\.vtt")).path)
    assert answer.content.decode().startswith("WEBVTT")
    assert answer["Content-Type"].startswith("text/vtt")


def test_the_doors_files_are_for_the_same_person_on_the_same_terms(
    desk: SimpleNamespace, filmed: Filmed
) -> None:
    path = urlsplit(filmed.named(r"master\.m3u8")).path
    for name in ("admin", "bali_chief", "jabar_editor"):
        assert desk.clients[name].get(path).status_code == 403, name
    assert Client().get(path).status_code == 302
    desk.people["bali_editor"].groups.clear()
    assert filmed.client.get(path).status_code == 403


def test_the_door_hands_out_nothing_but_texts_of_this_draft(
    desk: SimpleNamespace, filmed: Filmed
) -> None:
    base = urlsplit(filmed.named(r"master\.m3u8")).path.removesuffix("master.m3u8")
    other = factories.make_captions(factories.make_asset())
    for name in (
        "360p.mp4",
        "poster.jpg",
        "nothing.m3u8",
        f"captions-{other.pk}.vtt",
        "..%2Foriginal",
        "original",
    ):
        assert filmed.client.get(base + name).status_code == 404, name


def test_a_store_that_is_silent_is_no_fault_of_the_draft(
    filmed: Filmed, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = urlsplit(filmed.named(r"master\.m3u8")).path.removesuffix("master.m3u8")
    LadderFile.objects.filter(name="720p.m3u8").update(name="lost.m3u8")
    answer = filmed.client.get(f"{base}lost.m3u8")
    assert answer.status_code == 503
    assert "draf" in answer.content.decode() or "konsep" in answer.content.decode().lower()


def test_the_policy_names_the_stores_and_nobody_else(filmed: Filmed) -> None:
    policy = filmed.client.get(filmed.link)["Content-Security-Policy"]
    hosts = set(re.findall(r"https?://[^\s;]+", policy))
    assert hosts == set(media.origins())


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("uploaded", "masih diproses"),
        ("processing", "masih diproses"),
        ("refused", "tidak dapat digunakan"),
        ("failed", "tidak dapat digunakan"),
    ],
)
def test_a_draft_whose_film_is_not_ready_says_so(
    desk: SimpleNamespace, state: str, words: str
) -> None:
    asset = factories.make_asset(collection=desk.bali.collection)
    page = factories.make_draft(desk.bali, asset, title="Belum ada film")
    page.save_revision()
    Asset.objects.filter(pk=asset.pk).update(ladder=None, state=state)
    client = desk.clients["bali_editor"]
    html = client.get(link_of(client, page)).content.decode()
    assert "<h1>Belum ada film</h1>" in html
    assert words in html
    assert "data-player" not in html


def test_a_draft_whose_file_was_deleted_since_is_shown_without_it(desk: SimpleNamespace) -> None:
    asset = factories.make_asset(collection=desk.bali.collection)
    page = factories.make_draft(desk.bali, asset, title="Berkas hilang")
    page.save_revision()
    client = desk.clients["bali_editor"]
    link = link_of(client, page)
    VideoPage.objects.filter(pk=page.pk).update(asset=factories.make_asset())
    asset.ladder = None
    asset.save()
    asset.delete()
    html = client.get(link).content.decode()
    assert "<h1>Berkas hilang</h1>" in html
    assert "Berkas video belum dipilih." in html
