"""The houses themselves: what is in them holds, and a kill is a kill."""

from __future__ import annotations

from tests.kills import calls, scenes
from tests.kills.houses import House


def test_a_house_at_rest_has_no_faults_and_equals_a_full_build(house: House) -> None:
    house.run(scenes.publish_a_video)
    assert house.run(calls.recover)["failures"] == []
    assert house.run(calls.faults) == []
    grown = house.run(calls.site_files)
    assert any(path.startswith("video/") for path in grown)
    anew = house.zygote.start(house.copy_of(), calls.build_anew).result()
    assert grown == anew


def test_a_call_killed_at_a_step_dies_there(house: House) -> None:
    ended = house.start(scenes.publish_a_video, kill=("outbox.written", 1)).wait()
    assert ended.killed
    house.run(calls.recover)
    assert house.run(calls.faults) == []
