"""Benchmarks compare like with like."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

from bench import ladder, publication
from bench.result import Result, machine
from cms.media.ladder import Plan, rungs
from cms.media.samples import VOICE, Sample, make


def test_the_peer_encodes_each_rendition_with_our_own_settings(tmp_path: Path) -> None:
    clip = make(
        Sample(name="c.mp4", picture="testsrc2", sound=VOICE, width=426, height=240, seconds=1),
        tmp_path,
    )
    planned = Plan(
        rungs=rungs(426, 240, rate=Fraction(25)),
        frame_rate=Fraction(25),
        frame_rate_reason="",
        duration=1.0,
        audio_channels=2,
    )
    commands = ladder.peers(clip, tmp_path / "many", planned)
    assert [Path(command[-1]).name for command in commands] == ["240p.mp4", "144p.mp4", "audio.m4a"]
    for command, rung in zip(commands, planned.rungs, strict=False):
        assert command[command.index("-maxrate") + 1] == str(rung.maxrate)
        assert command[command.index("-preset") + 1] == "veryfast"
        assert command.count("-map") == 2
    ladder.carry_out(commands, tmp_path / "many")
    assert min(ladder.renditions(tmp_path / "many", planned)) > 1000


def test_a_publication_is_measured_without_the_first_build(tmp_path: Path) -> None:
    whole, rounds = publication.publications(tmp_path, 60)
    assert len({(one.rendered, one.uploaded) for one in rounds}) == 1
    assert 0 < rounds[0].rendered < whole.rendered


def test_a_result_is_written_with_the_machine_that_it_speaks_of(tmp_path: Path) -> None:
    result = Result(name="x", figures={"a": 1}, ratios={"b": 2.0}, machine=machine())
    written = json.loads(result.write(tmp_path).read_text())
    assert written["machine"]["cores"] >= 1
    assert written["ratios"] == {"b": 2.0}
