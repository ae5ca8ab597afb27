"""Captions as people bring them become WebVTT that players take; what was mended is told."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
import webvtt
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from cms.editorial.subtitles import (
    NotCaptionsError,
    Repaired,
    webvtt_of_file,
    webvtt_of_text,
)
from content_models.validators import validate_webvtt

SUBRIP = """1
00:00:03,000 --> 00:00:04,500
Kendaraan diarahkan ke kiri.

2
00:00:01,000 --> 00:00:02,000
Selamat pagi – café
"""


def upload(content: bytes, name: str = "teks.srt") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def cues_of(text: str) -> list[tuple[str, str, str]]:
    """Start, end and raw words of each cue, as webvtt-py reads them."""
    found = webvtt.from_buffer(io.StringIO(text), format="vtt").captions
    return [(cue.start, cue.end, cue.raw_text) for cue in found]


def seconds_of(clock: str) -> float:
    hours, minutes, rest = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def test_subrip_becomes_webvtt_in_order_of_time() -> None:
    repaired = webvtt_of_text(SUBRIP)
    assert repaired.text == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nSelamat pagi – café\n\n"
        "00:00:03.000 --> 00:00:04.500\nKendaraan diarahkan ke kiri.\n"
    )
    assert len(repaired.notes) == 1


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_letters_survive_what_windows_writes(encoding: str) -> None:
    repaired = webvtt_of_file(upload(SUBRIP.replace("\n", "\r\n").encode(encoding)))
    assert "Selamat pagi – café" in repaired.text
    assert any(encoding[:6].upper() in note for note in repaired.notes) == (encoding[:5] != "utf-8")


def test_letters_that_only_latin_1_knows_are_read_too() -> None:
    data = SUBRIP.encode("cp1252").replace(b"\xe9", b"\x81\xe9")
    assert "caf\x81é" in webvtt_of_file(upload(data)).text


@pytest.mark.parametrize(
    ("language", "encoding", "words"), [("ar", "cp1256", "صباح الخير"), ("zh", "gb18030", "早上好")]
)
def test_old_files_are_read_as_their_language_was_written(
    language: str, encoding: str, words: str
) -> None:
    data = f"1\n00:00:01,000 --> 00:00:02,000\n{words}\n".encode(encoding)
    assert words in webvtt_of_file(upload(data), language=language).text


def one(times: str, words: str = "Halo", header: str = "") -> str:
    return f"{header}{times}\n{words}\n"


@pytest.mark.parametrize(
    ("text", "cues"),
    [
        # Byte order marks in the middle, as files joined by hand have them.
        ("\ufeffWEBVTT\n\n\ufeff00:01.000 --> 00:02.000\n\ufeffHalo\n", ["1-2 Halo"]),
        ("WEBVTT\r\rNOTE rahasia\r\r00:01.000 --> 00:02.000\rHalo\r", ["1-2 Halo"]),
        ("WEBVTT\n\nSTYLE\n::cue { color: red }\n\n00:01.000 --> 00:02.000\nHalo", ["1-2 Halo"]),
        # Comma for point, hours missing, one digit, a space, another arrow, no fraction.
        (one("00:01,5 --> 00:02,5", header="WEBVTT\n\n"), ["1.5-2.5 Halo"]),
        (one("0:1 -> 0:2"), ["1-2 Halo"]),
        (one("00: 00: 01,000 –> 00: 00: 02,000"), ["1-2 Halo"]),
        (one("01:00:00.000 --> 01:00:01.000"), ["3600-3601 Halo"]),
        # Numbers and blank lines lost.
        ("00:00:01,000 --> 00:00:02,000\nA\n00:00:02,000 --> 00:00:03,000\nB", ["1-2 A", "2-3 B"]),
        ("1\n00:00:01,000 --> 00:00:02,000\nA\n2\n00:00:02,000 --> 00:00:03,000\nB",
         ["1-2 A", "2-3 B"]),
        ("1\n00:00:01,000 --> 00:00:02,000\nA\n\nB\n\n2\n00:00:02,000 --> 00:00:03,000\nC",
         ["1-2 A\nB", "2-3 C"]),
        ("WEBVTT\n\nawal\n00:01.000 --> 00:02.000\nA\n\nakhir\n00:02.000 --> 00:03.000\nB",
         ["1-2 A", "2-3 B"]),
        # Words that look like a number stay where they are no number.
        ("1\n00:00:01,000 --> 00:00:02,000\nTahun\n2026\n\n2\n00:00:02,000 --> 00:00:03,000\nC",
         ["1-2 Tahun\n2026", "2-3 C"]),
        # End before start, overlap, together, order, twice, empty.
        (one("00:05.000 --> 00:01.000", "Mundur", "WEBVTT\n\n"), ["5-6 Mundur"]),
        ("00:00:01,000 --> 00:00:05,000\nA\n\n00:00:02,000 --> 00:00:03,000\nB",
         ["1-2 A", "2-3 B"]),
        ("00:00:01,000 --> 00:00:02,000\nA\n\n00:00:01,000 --> 00:00:03,000\nB", ["1-3 A\nB"]),
        ("00:00:04,000 --> 00:00:05,000\nB\n\n00:00:01,000 --> 00:00:02,000\nA",
         ["1-2 A", "4-5 B"]),
        ("00:00:01,000 --> 00:00:02,000\nA\n\n00:00:01,000 --> 00:00:03,000\nA", ["1-3 A"]),
        ("00:00:01,000 --> 00:00:02,000\n \n\n00:00:02,000 --> 00:00:03,000\n<i></i>\n\n"
         "00:00:04,000 --> 00:00:05,000\nA", ["4-5 A"]),
        # Tags: those of WebVTT stay and are closed; words that look like tags stay words.
        (one("00:00:01,000 --> 00:00:02,000", '<font color="red"><b>Awas</font></b>'),
         ["1-2 <b>Awas</b>"]),
        (one("00:00:01,000 --> 00:00:02,000", "<v Bripka Ani>Selamat <I>pagi"),
         ["1-2 <v Bripka Ani>Selamat <i>pagi</i></v>"]),
        (one("00:00:01,000 --> 00:00:02,000", "{\\an8}3 < 5 & 7 &gt; 6 --> &eacute;<br>"),
         ["1-2 3 &lt; 5 &amp; 7 &gt; 6 --&gt; é"]),
        (one("00:00:01,000 --> 00:00:02,000", "<script>alert(1)</script>"), ["1-2 alert(1)"]),
        (one("00:00:01,000 --> 00:00:02,000", "&lt;b&gt;"), ["1-2 &lt;b&gt;"]),
        # Settings that players know stay.
        (one("00:01.000 --> 00:02.000 line:0 X1:40 align:left", header="WEBVTT\n\n"), ["1-2 Halo"]),
    ],
)  # fmt: skip
def test_what_can_be_meant_is_taken(text: str, cues: list[str]) -> None:
    repaired = webvtt_of_text(text)
    found = [f"{seconds_of(a):g}-{seconds_of(b):g} {w}" for a, b, w in cues_of(repaired.text)]
    assert found == cues
    assert webvtt_of_text(repaired.text) == Repaired(text=repaired.text)


def test_settings_that_players_know_stay() -> None:
    text = webvtt_of_text("WEBVTT\n\n00:01.000 --> 00:02.000 line:0 X1:40 align:left\nHalo\n").text
    assert "00:00:01.000 --> 00:00:02.000 line:0 align:left\nHalo" in text


def test_captions_end_with_the_video() -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:09.000\nA\n\n00:11.000 --> 00:12.000\nB\n"
    repaired = webvtt_of_text(text, duration=5.0)
    assert cues_of(repaired.text) == [("00:00:01.000", "00:00:05.000", "A")]
    assert len(repaired.notes) == 1
    # A recording's length is rounded; nobody is bothered for that.
    assert webvtt_of_text(text.partition("\n\n00:11")[0], duration=8.6).notes == ()
    with pytest.raises(NotCaptionsError, match="video lain"):
        webvtt_of_text("WEBVTT\n\n00:11.000 --> 00:12.000\nB\n", duration=5.0)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Laporan kejadian hari ini.",
        b"\x00\x00\x00\x18ftypisom",
        b"WEBVTT\n",
        b"WEBVTT\n\n00:99:99.000 --> xx\nRusak\n",
        b"WEBVTT\n\n00:00:61.000 --> 00:00:62.000\nRusak\n",
        b"1\n00:00:01,000 --> 00:00:02,000\n\n",
        b"\xff\xfe1",
    ],
)
def test_what_is_no_captions_is_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(NotCaptionsError):
        webvtt_of_file(upload(content))


def test_each_repair_is_told_in_indonesian() -> None:
    broken = (
        "WEBVTT\n\nNOTE x\n\n00:01,0 -> 00:03.000\nA\n\n00:02.000 --> 00:04.000\n<font>B</font>\n\n"
        "00:02.000 --> 00:04.000\n<font>B</font>\n\n00:08.000 --> 00:07.000\nC\n\n"
        "00:06.000 --> 00:07.000\n\n\n00:05.000 --> 00:06.000\nD\n\n00:30.000 --> 00:40.000\nE\n"
    )
    with translation.override("id"):
        notes = webvtt_of_text(broken, duration=20.0).notes
    assert len(notes) == 9
    with translation.override("en"):
        assert not set(notes) & set(webvtt_of_text(broken, duration=20.0).notes)


# What files hold, in every unlucky order.
MOMENTS = st.builds(
    lambda h, m, s, f, point: f"{h}{m:02}:{s}{point}{f}",
    st.sampled_from(["", "00:", "0:", "01:"]),
    st.integers(0, 70),
    st.integers(0, 62),
    st.integers(0, 999),
    st.sampled_from([",", ".", " ,"]),
)
WORDS = st.lists(
    st.sampled_from(
        [
            "Halo", "<i>", "</i>", "<b>", "</b>", "<v Ani>", "</v>", "<c.a.b>", "<", ">", "&",
            "-->",
            "&lt;", "&amp;", "&#13;", "&#10;", "&nbsp;", "<font>", "<00:01.000>", "{\\an8}", "\n",
            "\n\n", "12", "NOTE", "WEBVTT", "\ufeff", "\x00", "\x85", " ", "00:01 -> 00:02", "é",
            "00:00:01.000 --> 00:00:02.000",
        ]
    ),
    max_size=8,
).map("".join)  # fmt: skip
CUES = st.builds(
    lambda name, a, arrow, b, rest, words, gap: f"{name}{a} {arrow} {b}{rest}\n{words}{gap}",
    st.sampled_from(["", "1\n", "awal\n", "NOTE x\n\n"]),
    MOMENTS,
    st.sampled_from(["-->", "->", "–>"]),
    MOMENTS,
    st.sampled_from(["", " line:0", " align:left size:200", " X1:3"]),
    WORDS,
    st.sampled_from(["\n", "\n\n", "\r\n\r\n", "\n\n\n"]),
)
FILES = st.builds(
    lambda head, cues: head + "".join(cues),
    st.sampled_from(["", "WEBVTT\n\n", "WEBVTT - judul\n", "\ufeffWEBVTT\n\nSTYLE\nx\n\n"]),
    st.lists(CUES, min_size=1, max_size=6),
)


@given(FILES, st.sampled_from([None, 1.0, 65.4]))
@settings(max_examples=300, deadline=None)
def test_whatever_is_repaired_is_valid_and_needs_no_second_repair(
    text: str, duration: float | None
) -> None:
    try:
        repaired = webvtt_of_text(text, duration=duration)
    except NotCaptionsError:
        return
    validate_webvtt(repaired.text)
    cues = cues_of(repaired.text)
    assert len(cues) == repaired.text.count(" --> ")
    moments = [(seconds_of(start), seconds_of(end)) for start, end, _words in cues]
    assert all(start < end for start, end in moments)
    assert all(a[1] <= b[0] for a, b in pairwise(moments))
    assert all(words.strip() for _start, _end, words in cues)
    if duration:
        assert all(end <= duration + 0.5 for _start, end in moments)
    assert webvtt_of_text(repaired.text, duration=duration) == Repaired(text=repaired.text)
