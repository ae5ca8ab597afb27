"""Captions as text with the seconds at which it is said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from content_models.transcript import MOST_PASSAGES, Passage, passages, plain


def webvtt(*cues: tuple[int, str]) -> str:
    def clock(seconds: int) -> str:
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.000"

    blocks = [f"{clock(at)} --> {clock(at + 1)} line:0\n{words}" for at, words in cues]
    return "\n\n".join(["WEBVTT", *blocks]) + "\n"


def test_words_are_gathered_into_passages_that_begin_at_a_second() -> None:
    text = webvtt((1, "Selamat pagi."), (4, "Kita mulai"), (9, "sekarang."), (12, "Pertama, ini"))
    assert passages(text) == (
        Passage(start=1.0, text="Selamat pagi. Kita mulai sekarang."),
        Passage(start=12.0, text="Pertama, ini"),
    )
    assert plain(text) == "Selamat pagi. Kita mulai sekarang.\nPertama, ini"


def test_tags_and_entities_become_the_words_that_are_seen() -> None:
    assert plain(webvtt((0, "<v Bripka Ani>Ke <i>kiri</i>\n&lt;awas&gt; &amp; pelan</v>"))) == (
        "Ke kiri <awas> & pelan"
    )


def test_words_that_stay_on_screen_are_said_once() -> None:
    assert plain(webvtt((0, "Halo"), (1, "Halo"), (2, "semua"))) == "Halo semua"


def test_what_older_files_hold_is_read_as_far_as_it_goes() -> None:
    assert plain("WEBVTT\r\n\r\n1\r\n00:01.000 --> 00:02.000\r\nA\r\n\r\nNOTE x\r\n") == "A"
    assert passages("WEBVTT\n") == passages("") == passages("Bukan takarir") == ()


@given(st.lists(st.tuples(st.integers(0, 20_000), st.sampled_from(["A.", "B", "C!"])), max_size=50))
def test_every_word_is_there_and_passages_stay_few(cues: list[tuple[int, str]]) -> None:
    long = [(at, f"{words[0]}{at}{words[1:]}") for at, words in cues]
    found = passages(webvtt(*long))
    said = " ".join(passage.text for passage in found).split()
    assert set(said) == {words for _at, words in long}
    starts = [passage.start for passage in found]
    assert starts == sorted(starts)
    assert len(found) <= MOST_PASSAGES


def test_a_very_long_video_has_longer_passages_not_more() -> None:
    cues = [(at, f"Kata {at}.") for at in range(0, 14_400, 3)]
    found = passages(webvtt(*cues))
    assert len(found) <= MOST_PASSAGES
    assert found[-1].text.endswith("Kata 14397.")
