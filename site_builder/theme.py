"""A site's own theme: a folder whose templates and front-end files go before the built-in ones.

- `templates/NAME` takes the place of the built-in template; it may extend or include that one as
  `built-in/NAME`.
- `assets/NAME` takes the place of the built front-end file; `assets/theme.css` is loaded after the
  style sheet by every page.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from site_builder.errors import BuilderError, ErrorCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The two folders of a theme; None where there is none."""

    templates: Path | None = None
    assets: Path | None = None

    @classmethod
    def at(cls, folder: Path | None) -> Self:
        """The theme in a folder; no folder is no theme."""
        if folder is None:
            return cls()
        found = {name: folder / name for name in ("templates", "assets")}
        there = {name: path for name, path in found.items() if path.is_dir()}
        if not there:
            raise BuilderError(
                ErrorCode.SETTING_INVALID,
                f"The theme {folder} holds neither a folder `templates` nor a folder `assets`. "
                "Make one of them, or give another folder.",
            )
        return cls(**there)
