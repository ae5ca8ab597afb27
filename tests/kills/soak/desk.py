"""What an operation may ask for: chance, a name nobody else has, something to work on."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet
from wagtail.models import Page

from content_models.models import Asset, AssetState, UnitPage, VideoPage

# The units every house begins with stay; the others come and go.
FOUNDED = ("mabes-polri", "polda-bali", "polda-jabar", "polresta-denpasar")


class NothingToDoError(Exception):
    """There is nothing (any more) that this operation could be done to."""


def chief() -> AbstractUser:
    """Who may do anything in the house."""
    return get_user_model().objects.get_or_create(
        username="kepala", defaults={"is_superuser": True}
    )[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One operation's own chance; `number` is in every name it gives."""

    rng: Random
    number: int

    def one(self, rows: QuerySet[Any]) -> Any:
        """Any of the rows; raises `NothingToDoError` when there is none."""
        keys = sorted(rows.values_list("pk", flat=True))
        if not keys:
            raise NothingToDoError
        return rows.get(pk=self.rng.choice(keys))

    def some(self, rows: QuerySet[Any], most: int) -> list[Any]:
        """None to `most` of the rows."""
        keys = sorted(rows.values_list("pk", flat=True))
        chosen = self.rng.sample(keys, self.rng.randint(0, min(most, len(keys))))
        return list(rows.filter(pk__in=chosen))

    def happens(self, share: float) -> bool:
        return self.rng.random() < share

    def video(self, **lookup: object) -> VideoPage:
        """A video that can be edited: an alias only follows its original."""
        return self.one(VideoPage.objects.filter(alias_of=None, **lookup))

    def unit(self, **lookup: object) -> UnitPage:
        return self.one(UnitPage.objects.filter(alias_of=None, **lookup))

    def new_unit(self) -> UnitPage:
        """A unit that was made on the way, which may go again."""
        return self.one(UnitPage.objects.exclude(code__in=FOUNDED))

    def page(self) -> Page:
        """A video or a unit."""
        return self.video() if self.happens(0.7) else self.unit()

    def asset(self) -> Asset:
        """A file that can be shown, or one that soon can."""
        ready = Asset.objects.filter(state=AssetState.READY)
        soon = Asset.objects.filter(state=AssetState.UPLOADED)
        return self.one(soon if self.happens(0.1) and soon.exists() else ready)
