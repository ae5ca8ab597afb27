"""Two units with an editor each, and a chief above one of them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.test import Client
from wagtail.models import Collection

from cms.editorial import roles
from cms.editorial.roles import Role
from content_models.models import UnitPage
from tests.cms import factories


def make_user(name: str, role: Role | None, unit: UnitPage | None) -> AbstractUser:
    user = get_user_model().objects.create_user(name, password="rahasia", is_superuser=role is None)
    if role and unit:
        user.groups.add(roles.ensure_group(role, unit))
    return user


def client_of(user: AbstractUser) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def desk(db: None) -> SimpleNamespace:
    """Polda Bali with Polresta Denpasar below it, Polda Jabar beside it; people and clients."""
    home = factories.make_home()
    mabes = factories.make_unit(home, "mabes-polri", "mabes")
    bali = factories.make_unit(mabes, "polda-bali")
    jabar = factories.make_unit(mabes, "polda-jabar")
    denpasar = factories.make_unit(bali, "polresta-denpasar", "polres")
    top = Collection.get_first_root_node()
    for unit, above in ((mabes, None), (bali, mabes), (jabar, mabes), (denpasar, bali)):
        parent = above.collection if above else top
        parent.refresh_from_db()
        unit.collection = parent.add_child(instance=Collection(name=unit.title))
        unit.save()
    people = {
        "bali_editor": make_user("bali_editor", Role.EDITOR, bali),
        "bali_chief": make_user("bali_chief", Role.RELEASER, bali),
        "denpasar_editor": make_user("denpasar_editor", Role.EDITOR, denpasar),
        "jabar_editor": make_user("jabar_editor", Role.EDITOR, jabar),
        "admin": make_user("admin", None, None),
    }
    return SimpleNamespace(
        home=home,
        mabes=mabes,
        bali=bali,
        jabar=jabar,
        denpasar=denpasar,
        people=people,
        clients={name: client_of(user) for name, user in people.items()},
    )
