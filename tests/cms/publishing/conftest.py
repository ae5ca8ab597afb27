from __future__ import annotations

from types import SimpleNamespace

import pytest

from cms.publishing import outbox
from cms.publishing.relay import relay
from tests.cms import factories


@pytest.fixture
def newsroom(db: None) -> SimpleNamespace:
    """Mabes above two Poldas, one of which has a Polres; the log is already numbered."""
    with outbox.transaction():
        home = factories.make_home()
        mabes = factories.make_unit(home, "mabes-polri", "mabes")
        bali = factories.make_unit(mabes, "polda-bali")
        jabar = factories.make_unit(mabes, "polda-jabar")
        denpasar = factories.make_unit(bali, "polresta-denpasar", "polres")
    relay()
    return SimpleNamespace(home=home, mabes=mabes, bali=bali, jabar=jabar, denpasar=denpasar)
