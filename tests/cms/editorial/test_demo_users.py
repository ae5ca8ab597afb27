"""The demo's people belong to units."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command


def test_users_without_units_are_refused_in_words(db: None) -> None:
    with pytest.raises(CommandError, match="load_units"):
        call_command("create_demo_users", stdout=io.StringIO())
