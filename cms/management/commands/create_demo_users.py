"""One user per role for the demo; safe to run again."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from cms.editorial import roles
from cms.editorial.roles import Role
from cms.publishing.interface import outer_transaction
from content_models.models import UnitPage

MABES, POLDA, POLRES = "mabes-polri", "polda-metro-jaya", "polres-metro-jakarta-selatan"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoUser:
    """Somebody who can log in; without a unit, the administrator of everything."""

    username: str
    first_name: str
    about: str
    unit: str = ""
    role: Role | None = None


DEMO_USERS = (
    DemoUser(username="admin", first_name="Admin", about="administrator"),
    DemoUser(
        username="humas-mabes",
        first_name="Humas Mabes",
        about="headquarters: writes and releases everywhere",
        unit=MABES,
        role=Role.RELEASER,
    ),
    DemoUser(
        username="kabid-polda",
        first_name="Kabidhumas Polda",
        about="regional chief, Polda Metro Jaya: releases",
        unit=POLDA,
        role=Role.RELEASER,
    ),
    DemoUser(
        username="editor-polda",
        first_name="Editor Polda",
        about="regional editor, Polda Metro Jaya: writes and submits",
        unit=POLDA,
        role=Role.EDITOR,
    ),
    DemoUser(
        username="editor-polres",
        first_name="Editor Polres",
        about="district editor, Polres Metro Jakarta Selatan: writes and submits",
        unit=POLRES,
        role=Role.EDITOR,
    ),
)


class Command(BaseCommand):
    help = (
        "Create the demo's users, groups and workflows. Passwords are drawn by chance, printed and "
        "kept in STATE_DIR/logins.txt; a second run keeps them."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.SESSION_COOKIE_SECURE:
            raise CommandError("Demo users are for the demo only; this is a production profile.")
        path = Path(settings.STATE_DIR) / "logins.txt"
        passwords = _read(path)
        with outer_transaction(), translation.override(settings.LANGUAGE_CODE):
            units = UnitPage.objects.in_bulk([MABES, POLDA, POLRES], field_name="code")
            if len(units) < 3:
                raise CommandError("The units are missing: run `manage.py load_units` first.")
            for user in DEMO_USERS:
                passwords[user.username] = _ensure(user, units, passwords.get(user.username))
        _write(path, passwords)
        for user in DEMO_USERS:
            self.stdout.write(f"{user.username:<14} {passwords[user.username]:<16} {user.about}")


def _ensure(user: DemoUser, units: dict[str, UnitPage], password: str | None) -> str:
    model = get_user_model()
    account, created = model.objects.get_or_create(
        username=user.username,
        defaults={
            "first_name": user.first_name,
            "email": f"{user.username}@policetube.invalid",
            "is_superuser": user.role is None,
            "is_staff": user.role is None,
        },
    )
    if created or password is None or not account.check_password(password):
        password = password or secrets.token_urlsafe(9)
        account.set_password(password)
        account.save()
    if user.role is not None:
        unit = units[user.unit]
        group = roles.ensure_group(user.role, unit)
        account.groups.set([group])
        if user.role is Role.RELEASER:
            roles.ensure_workflow(unit, group)
        if user.unit == MABES:
            roles.allow_headquarters(group)
    return password


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return {parts[0]: parts[1] for parts in lines if len(parts) >= 2}


def _write(path: Path, passwords: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {user.username: user.about for user in DEMO_USERS}
    text = "".join(f"{name}\t{word}\t{about.get(name, '')}\n" for name, word in passwords.items())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
