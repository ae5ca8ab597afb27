"""The browser's search over files of the index: it finds all there is, and reads what it must."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from site_builder.records import Link, Passage
from site_builder.search import volume
from site_builder.search.documents import Document
from site_builder.search.words import Stems
from tests.site_builder.test_search_words import ESBUILD, FRONTEND, NODE

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)
SIZES = {"v-newest": 5_000, "v": 3_000}
# Asks each query of a page of its own until nothing is left; files are read as a server gives them.
PROGRAM = """
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
const [, , folder, asked] = process.argv;
let bytes = 0;
globalThis.fetch = async (url, { headers } = {}) => {
  if (!headers) return new Response(readFileSync(folder + url));
  const [, from, to] = /^bytes=(\\d+)-(\\d+)$/.exec(headers.Range).map(Number);
  const file = openSync(folder + url, "r");
  const content = Buffer.alloc(to - from + 1);
  const length = readSync(file, content, 0, content.length, from);
  closeSync(file);
  bytes += length;
  const named = { "Content-Range": `bytes ${from}-${to}/9` };
  return new Response(content.subarray(0, length), { status: 206, headers: named });
};
const { Engine } = await import(`${folder}/engine.mjs`);
const answers = [];
for (const { text, filters } of JSON.parse(asked)) {
  bytes = 0;
  const search = await new Engine().search(text, filters);
  const [pages, silent] = [[], []];
  let first = 0;
  do {
    const results = await search.more(10);
    pages.push(results.map(({ card }) => card.path));
    silent.push(...results.filter(({ said }) => !said).map(({ card }) => card.path));
    first ||= bytes;
  } while (search.waiting.length || !search.isWhole);
  answers.push({ pages, silent, first, bytes, found: search.found });
}
console.log(JSON.stringify(answers));
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`pages` of ten paths at most; bytes fetched for the first and for all.

    `silent` are those with no passage to show.
    """

    pages: list[list[str]]
    silent: list[str]
    first: int
    bytes: int
    found: int

    @property
    def paths(self) -> list[str]:
        return [path for page in self.pages for path in page]


def words_of(number: int) -> list[str]:
    """What a document says: all of them one word, every third another, and so on."""
    steps = {"semua": 1, "dua": 2, "tiga": 3, "ratus": 401, "jarang": 2_500}
    return [word for word, step in steps.items() if number % step == 0]


def title_of(number: int) -> str:
    # No passage for what is in the title: a byte less, so that later ones end anywhere.
    if number == 0:
        return "Semua dua tiga"
    return "Judul tua" if number % 1_000 == 999 else "Judul"


def document(number: int) -> Document:
    said = " ".join(words_of(number))
    return Document(
        kind="VIDEO",
        public_id=f"n{number}",
        path=f"/video/n{number}/",
        title=title_of(number),
        synopsis="",
        body="",
        place="",
        published_at=NOON - timedelta(hours=number),
        language="id",
        poster=None,
        duration=9,
        has_captions=True,
        unit=Link(name="Polda Bali", path="/unit/polda-bali/"),
        names=(),
        filters=("unit:polda-bali",) if number % 7 == 0 else (),
        passages=(Passage(start=1.0, text=said),),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two volumes, the newest first, and the browser's engine."""
    place = tmp_path_factory.mktemp("engine")
    (place / "search").mkdir()
    first = 0
    begins = []
    for name, size in SIZES.items():
        documents = map(document, range(first, first + size))
        content = volume.written(documents, slots=64, stems=Stems())
        (place / "search" / f"{name}.bin").write_bytes(content)
        first += size
        oldest = int((NOON - timedelta(hours=first - 1)).timestamp())
        begins.append([name, oldest if name != "v" else 0])
    root = {"version": 1, "slots": {"v": 64, "p": 16}, "stretches": begins}
    (place / "search" / "root.json").write_text(json.dumps(root))
    command = [ESBUILD, "--bundle", "--format=esm", "--log-level=error"]
    engine = f"--outfile={place / 'engine.mjs'}"
    subprocess.run([*command, engine, FRONTEND / "engine.js"], check=True)
    (place / "ask.mjs").write_text(PROGRAM)
    return place


def ask(folder: Path, *texts: str, **filters: str) -> list[Answer]:
    queries = json.dumps([{"text": text, "filters": filters} for text in texts])
    command = [NODE, folder / "ask.mjs", folder, queries]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return [Answer(**answer) for answer in answers]


def holding(*words: str) -> list[str]:
    every = range(sum(SIZES.values()))
    return [f"/video/n{one}/" for one in every if set(words) <= set(words_of(one))]


def test_one_who_asks_for_more_and_more_finds_every_document_once(folder: Path) -> None:
    queries = [
        ("semua",),
        ("semua", "dua", "tiga"),
        ("ratus", "semua"),
        ("jarang", "semua"),
        ("jarang", "dua"),
        ("jarang", "ratus"),
    ]
    for words, answer in zip(queries, ask(folder, *map(" ".join, queries)), strict=True):
        assert sorted(answer.paths) == sorted(holding(*words)), words
        assert answer.found == len(answer.paths)
        assert set(answer.silent) <= {"/video/n0/"}


def test_documents_that_are_worth_the_same_come_newest_first(folder: Path) -> None:
    (answer,) = ask(folder, "semua dua tiga ")
    assert answer.paths == holding("semua", "dua", "tiga")


def test_of_long_lists_no_more_is_read_than_the_first_results_take(folder: Path) -> None:
    first, narrow = ask(folder, "semua dua tiga", "jarang semua")
    # Three lists of 10,000, 5,000 and 3,333 bytes in the newest volume alone.
    assert first.first < 3 * 4_096 + 3 * 256 + 10 * 600
    assert first.bytes > 18_000
    # Every list is read as far as the rare word needs it, no further.
    assert narrow.paths == holding("jarang", "semua")
    assert narrow.bytes < first.bytes / 2


def test_a_word_that_is_not_finished_and_filters_find_all_there_is(folder: Path) -> None:
    every = range(sum(SIZES.values()))
    (unfinished,) = ask(folder, "semua tua")
    assert sorted(unfinished.paths) == sorted(
        f"/video/n{one}/" for one in every if title_of(one) == "Judul tua"
    )
    (filed,) = ask(folder, "semua tiga", unit="polda-bali")
    assert sorted(filed.paths) == sorted(f"/video/n{one}/" for one in every if one % 21 == 0)
    (dated,) = ask(folder, "dua", **{"from": "2026-08-01", "to": "2026-09-30"})
    days = {one: (NOON - timedelta(hours=one) + timedelta(hours=7)).date() for one in every}
    assert sorted(dated.paths) == sorted(
        f"/video/n{one}/"
        for one, day in days.items()
        if one % 2 == 0 and "2026-08-01" <= day.isoformat() <= "2026-09-30"
    )
