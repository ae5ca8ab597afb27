"""Benchmarks compare like with like."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import economy, footage, ladder, peers, publication, quality
from bench.result import Result, machine
from cms.media import graph
from cms.media.loudness import AS_IT_IS


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(footage, "SIZE", (640, 360))
        return footage.drawn(tmp_path_factory.mktemp("clip"), 1)


def test_the_peer_encodes_each_rendition_with_our_own_settings(clip: Path, tmp_path: Path) -> None:
    found, planned = ladder.planned(clip)
    commands = peers.one_run_each(clip, tmp_path, found, planned, AS_IT_IS)
    written = [
        Path(argument).name
        for command in commands
        for argument in command
        if argument.startswith(str(tmp_path))
    ]
    assert written == ["360p.mp4", "audio.m4a", "still-%d.jpg", "storyboard.jpg"]
    own = graph.video_options(planned.rungs[0], planned)
    for option in ("preset", "crf", "maxrate", "g"):
        assert commands[0][commands[0].index(f"-{option}") + 1] == str(own[option])


def test_the_quality_and_the_bytes_of_ours_and_of_the_peers_are_compared(
    clip: Path, tmp_path: Path
) -> None:
    found, planned = ladder.planned(clip)
    sides = {
        "each": peers.one_run_each(clip, tmp_path / "each", found, planned, AS_IT_IS),
        "peertube": peers.peertube(clip, tmp_path / "peertube", planned),
        "mediacms": peers.mediacms(clip, tmp_path / "mediacms", planned),
    }
    for name, commands in sides.items():
        (tmp_path / name).mkdir()
        ladder.carry_out(commands)
        assert 20 < quality.losses(clip, tmp_path / name, planned)["360p"] < 80
        assert quality.picture_bytes(tmp_path / name, planned)["360p"] > 1000


def test_the_economy_set_is_compared_at_the_quality_of_h264(clip: Path, tmp_path: Path) -> None:
    figures, ratios = economy.compare(clip, tmp_path)
    assert figures["objects_more"] == 2
    assert abs(figures["av1_less_h264_xpsnr_360p"]) < 20
    assert 0 < ratios["av1_to_h264_bytes_at_equal_xpsnr_360p"] < 2


def test_bytes_at_a_quality_lie_on_the_line_between_what_is_known() -> None:
    known = [(30.0, 100), (40.0, 10_000)]
    assert quality.bytes_at(35.0, known) == pytest.approx(1000)
    assert quality.bytes_at(45.0, known) == pytest.approx(100_000)


def test_a_publication_is_measured_without_the_first_build(tmp_path: Path) -> None:
    whole, rounds = publication.publications(tmp_path, 60)
    assert len({(one.rendered, one.uploaded) for one in rounds}) == 1
    assert 0 < rounds[0].rendered < whole.rendered


def test_a_result_is_written_with_the_machine_that_it_speaks_of(tmp_path: Path) -> None:
    result = Result(name="x", figures={"a": 1}, ratios={"b": 2.0}, machine=machine())
    written = json.loads(result.write(tmp_path).read_text())
    assert written["machine"]["cores"] >= 1
    assert written["ratios"] == {"b": 2.0}
