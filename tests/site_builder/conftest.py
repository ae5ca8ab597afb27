"""A newsroom's API and a place to build its site in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import Place, newsroom


@pytest.fixture
def api() -> FakeApi:
    return newsroom()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)
