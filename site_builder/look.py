"""The look of the site as digests: what must be rendered again although no content changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import jinja2

from site_builder import i18n
from site_builder.assets import Assets
from site_builder.environment import closure
from site_builder.membership import digest
from site_builder.routes import ROUTES
from site_builder.settings import Settings

CODE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Digest of each route's template with all it includes, and of everything that all share."""

    templates: Mapping[str, str]
    shared: str

    @property
    def built_with(self) -> str:
        """One digest of all."""
        return digest([sorted(self.templates.items()), self.shared])

    def to_json(self) -> str:
        """For the store."""
        return json.dumps({"templates": dict(self.templates), "shared": self.shared})

    @classmethod
    def from_json(cls, text: str | None) -> Self | None:
        """From the store; None before the first build."""
        return cls(**json.loads(text)) if text else None

    def changed_templates(self, before: Look) -> list[str]:
        """Templates that differ from an earlier look."""
        return sorted(
            name for name, found in self.templates.items() if before.templates.get(name) != found
        )


def of(settings: Settings, assets: Assets, environment: jinja2.Environment) -> Look:
    """The look that a build would give the site now."""
    templates = sorted({route.template for route in ROUTES.values() if route.template})
    shared = {
        "settings": asdict(settings),
        "assets": {name: asset.path for name, asset in assets.files.items()},
        "words": _file_digest(i18n.catalogue(settings.language)),
        "code": {path.name: _file_digest(path) for path in sorted(CODE.glob("*.py"))},
        "search": {path.name: _file_digest(path) for path in sorted(CODE.glob("search/*.*"))},
    }
    return Look(
        templates={name: digest(closure(environment, name)) for name in templates},
        shared=digest(shared),
    )


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
