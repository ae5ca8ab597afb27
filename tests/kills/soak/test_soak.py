"""After any history, with kills anywhere in it, the public sees exactly what is public."""

from __future__ import annotations

import os
import secrets

import pytest

from tests.kills import calls
from tests.kills.houses import House
from tests.kills.soak import crowd, words
from tests.kills.soak.history import History, Size, say

WHOLE = bool(os.environ.get("SOAK"))
SIZE = (
    Size(operations=5000, kills=200, batch=25, checkpoint=500)
    if WHOLE
    else Size(operations=40, kills=6, batch=10, checkpoint=20)
)


@pytest.mark.timeout(7200 if WHOLE else 300)
def test_a_random_history_with_kills_ends_as_a_full_build(house: House) -> None:
    seed = os.environ.get("SOAK_SEED") or (secrets.token_hex(4) if WHOLE else "policetube")
    report = say if WHOLE else lambda text: None
    report(f"soak on {house.database}: SOAK_SEED={seed}")
    history = History(house=house, seed=seed, size=SIZE, say=report)
    history.run()
    assert history.done >= SIZE.operations
    assert history.kills >= SIZE.kills
    report(f"killed at: {dict(history.killed_at.most_common())}")


def test_a_site_whose_home_page_is_hidden_is_built_anew_as_it_grew(house: House) -> None:
    house.run(crowd.furnish, "home")
    house.run(calls.recover)
    assert any(path.startswith("video/") for path in house.run(calls.site_files))
    house.run(words.hide_home)
    assert house.run(calls.recover)["failures"] == []
    assert house.run(calls.faults) == []
    grown = house.run(calls.site_files)
    assert grown == house.zygote.start(house.copy_of(), calls.build_anew).result()
