"""Mutated files: no crash, no hang, nothing left; each is shown or refused in words."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from cms.media import encode, judge, ladder, messages
from cms.media.errors import ErrorCode, MediaError
from cms.media.probe import Probe
from tests.cms.media import corpus, playing

pytestmark = pytest.mark.ffmpeg

SOAK = os.environ.get("SOAK") == "1"
ROUNDS = 700 if SOAK else 8
LONGEST = 60.0
# A whole ladder of each that is accepted would take hours.
ENCODED = 40 if SOAK else 1
SMALL = {"source": corpus.picture(96, 64), "seconds": 0.6}
BASES = {
    "mp4": corpus.draw("base.mp4", "-movflags", "+faststart", **SMALL),
    "mkv": corpus.draw("base.mkv", **SMALL),
    "avi": corpus.draw("base.avi", video=("-c:v:0", "mpeg4"), audio=("-c:a", "mp2"), **SMALL),
    "ts": corpus.draw("base.ts", **SMALL),
}
PROGRAM_FAULTS = {ErrorCode.TOOL_FAILED, ErrorCode.OUTPUT_INVALID}


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A few bytes of the header or of anywhere changed, moved, doubled or cut."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 12)):
        # Mostly where boxes and tables are.
        most = len(changed) if chance.random() < 0.3 else min(len(changed), 2048)
        at = chance.randrange(max(1, most))
        match chance.randrange(6):
            case 0:
                changed[at] = chance.randrange(256)
            case 1:
                changed[at : at + 4] = chance.choice(
                    [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\0\1"]
                )
            case 2:
                changed[at] ^= 1 << chance.randrange(8)
            case 3:
                del changed[at : at + chance.randint(1, 64)]
            case 4:
                changed[at:at] = changed[at : at + chance.randint(1, 64)]
            case _:
                if chance.random() < 0.2:
                    del changed[at + 64 :]
    return bytes(changed)


@pytest.mark.parametrize("kind", BASES)
def test_a_mutated_file_is_shown_or_refused_in_words(kind: str, tmp_path: Path) -> None:
    chance = random.Random(f"policetube {kind}")
    data = BASES[kind](tmp_path).read_bytes()
    (tmp_path / f"base.{kind}").unlink()
    source, encoded = tmp_path / "original", 0
    for number in range(ROUNDS):
        source.write_bytes(mutated(data, chance))
        began = time.monotonic()
        found, verdict = playing.examined(source)
        if verdict.refusal is not None:
            assert messages.sentence(verdict.refusal.reason, verdict.refusal.params)
        elif encoded < ENCODED:
            assert isinstance(found, Probe)
            encoded += 1
            tried(source, tmp_path / f"ladder-{number}", found, verdict)
        assert time.monotonic() - began < LONGEST, f"round {number}"
        left = {path.name for path in tmp_path.iterdir()} - {"original"}
        assert all(name.startswith("ladder-") for name in left), left
    assert encoded


def tried(source: Path, target: Path, found: Probe, verdict: judge.Verdict) -> None:
    """Encode; our own faults in words, never an exception of another kind."""
    target.mkdir()
    if found.video is None or found.duration > 60:
        return
    fault = None
    try:
        encode.encode(source, target, found, ladder.plan(found), on_share=lambda share: None)
    except MediaError as error:
        fault = error
    if fault is not None:
        assert fault.code in PROGRAM_FAULTS, fault
        assert messages.sentence(fault.code, {})
