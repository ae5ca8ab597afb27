"""Nothing that is handed in makes a tool read another file or call another machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cms.media.judge import Reason
from cms.media.probe import Probe
from tests.cms.media import containers, corpus, playing
from tests.cms.media.conftest import ffmpeg

pytestmark = pytest.mark.ffmpeg

PINK = (255, 0, 255)


class Canary:
    """A film that nobody may open: a file, and an address that notes who asks."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "secret.mp4"
        self.asked: list[str] = []
        canary = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                canary.asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(canary.path.read_bytes())

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/secret.mp4"


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Canary]:
    made = Canary(tmp_path)
    source = f"color=c=0xff00ff:s={corpus.WIDTH}x{corpus.HEIGHT}:r=25"
    ffmpeg("-f", "lavfi", "-i", source, "-t", "1.2", *corpus.H264, made.path)
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def hls(path: str, url: str) -> bytes:
    entries = "".join(f"#EXTINF:1.0,\n{where}\n" for where in (path, url))
    return f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n{entries}#EXT-X-ENDLIST\n".encode()


def dash(path: str, url: str) -> bytes:
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT1S"><Period><AdaptationSet mimeType="video/mp4">'
        f'<Representation id="1" bandwidth="1"><BaseURL>{url}</BaseURL></Representation>'
        "</AdaptationSet></Period></MPD>"
    ).encode()


def concat(path: str, url: str) -> bytes:
    return f"ffconcat version 1.0\nfile '{path}'\nfile '{url}'\n".encode()


def sdp(path: str, url: str) -> bytes:
    return (
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
    )


def picture(path: str, url: str) -> bytes:
    """SVG that draws another file."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">'
        f'<image href="{url}"/><image href="file://{path}"/></svg>'
    ).encode()


LISTS = (hls, dash, concat, sdp, picture)


@pytest.mark.parametrize("name", ["list.mp4", "list.mkv", "list.avi", "list.m3u8"])
@pytest.mark.parametrize("content", LISTS, ids=lambda content: content.__name__)
def test_a_list_of_other_files_is_no_video(
    content: Callable[[str, str], bytes], name: str, canary: Canary, tmp_path: Path
) -> None:
    source = tmp_path / name
    source.write_bytes(content(str(canary.path), canary.url))
    found, verdict = playing.examined(source)
    assert not isinstance(found, Probe)
    assert verdict.refusal is not None
    assert verdict.refusal.reason == Reason.NOT_A_VIDEO
    assert canary.asked == []


def hls_in_subtitles(folder: Path, canary: Canary) -> Path:
    """A list of files in a stream of captions in AVI, once read by the demuxer of subtitles."""
    words = hls(str(canary.path), canary.url)
    gab2 = b"GAB2\0" + (2).to_bytes(2, "little") + bytes(8) + len(words).to_bytes(4, "little")
    base = corpus.draw("base.avi", video=("-c:v:0", "mpeg4", "-q:v", "2"), audio=("-c:a", "mp2"))
    data = base(folder).read_bytes()
    chunk = gab2 + words + b"\0" * (len(words) % 2)
    path = folder / "captions.avi"
    at = data.index(b"movi") + 4
    path.write_bytes(data[:at] + b"02tx" + len(chunk).to_bytes(4, "little") + chunk + data[at:])
    return path


def linked(folder: Path, canary: Canary) -> Path:
    """Matroska that goes on in another file."""
    streamed, path = folder / "streamed.mkv", folder / "linked.mkv"
    ffmpeg(
        *("-i", corpus.PLAIN(folder), "-c", "copy", "-f", "matroska", "-live", "1", streamed),
    )
    path.write_bytes(containers.linked_segment(streamed.read_bytes(), canary.path.name))
    return path


def naming(folder: Path, canary: Canary) -> Path:
    """Captions that name files and addresses."""
    words, path = folder / "words.srt", folder / "words.mkv"
    words.write_text(
        f"1\n00:00:00,000 --> 00:00:01,000\n<img src='file://{canary.path}'> {canary.url}\n"
    )
    ffmpeg("-i", corpus.PLAIN(folder), "-i", words, "-c", "copy", "-c:s", "ass", path)
    return path


@pytest.mark.parametrize("make", [hls_in_subtitles, linked, naming], ids=lambda make: make.__name__)
def test_a_video_that_names_other_files_plays_without_them(
    make: Callable[[Path, Canary], Path], canary: Canary, tmp_path: Path
) -> None:
    source = make(tmp_path, canary)
    _made, plan = playing.encoded(source, tmp_path / "ladder")
    played = playing.play(tmp_path / "ladder" / f"{plan.rungs[-1].name}.m3u8")
    assert played.seconds == pytest.approx(1.2, abs=0.2)
    corner = played.middle.getpixel((12, 12))
    assert corner[0] > 200 > 60 > corner[2], "the red corner, not the canary"
    assert canary.asked == []


@pytest.mark.parametrize("where", ["path", "address", "alias"])
def test_an_index_whose_data_lie_elsewhere_is_read_from_here_alone(
    where: str, canary: Canary, tmp_path: Path
) -> None:
    entry = {
        "path": containers.url_entry(f"file://{canary.path}"),
        "address": containers.url_entry(canary.url),
        "alias": containers.alias_entry(str(canary.path)),
    }[where]
    data = containers.elsewhere(canary.path.read_bytes(), entry)
    # What lies here is a film of its own, not noise: its place is where the index looks.
    source = tmp_path / "elsewhere.mp4"
    source.write_bytes(containers.without(data, b"nothing"))
    noise = containers.noise_in_mdat(source.read_bytes())
    source.write_bytes(noise)
    _found, verdict = playing.examined(source)
    assert verdict.refusal is not None
    assert verdict.refusal.reason == Reason.UNREADABLE
    assert canary.asked == []
