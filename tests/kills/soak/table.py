"""What may happen in the house, how often, and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from random import Random

from tests.kills.soak import admin, footage, shell, tree, words, writing
from tests.kills.soak.desk import Desk


class How(Enum):
    """Whose transactions hold it together."""

    REQUEST = "in one outer transaction"
    ADMIN = "through the admin"
    ALONE = "each statement for itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    act: Callable[[Desk], str]
    weight: int
    how: How

    @property
    def name(self) -> str:
        return f"{self.act.__module__.rpartition('.')[2]}.{self.act.__name__}"


def operations(how: How, *rows: tuple[int, Callable[[Desk], str]]) -> tuple[Operation, ...]:
    """Rows of weight and function."""
    return tuple(Operation(act=act, weight=weight, how=how) for weight, act in rows)


# They make more of what there is; left out while there is plenty.
GROWTH = (
    operations(
        How.REQUEST,
        (8, writing.create_and_publish),
        (4, writing.create_draft),
        (4, tree.copy_video),
        (3, tree.make_alias),
        (2, tree.create_unit),
        (2, footage.take_in),
        (4, footage.take_in_ready),
    )
    + operations(How.ADMIN, (4, admin.copy))
    + operations(How.ALONE, (2, shell.add_live))
)

# They make less of it; they come more often while there is plenty.
DECAY = (
    operations(
        How.REQUEST,
        (6, tree.delete_page),
        (1, tree.delete_branch),
        (4, footage.drop_file),
    )
    + operations(How.ADMIN, (4, admin.delete))
    + operations(How.ALONE, (1, tree.delete_page))
)

OTHERS = (
    operations(
        How.REQUEST,
        (4, writing.edit_draft),
        (8, writing.edit_and_publish),
        (6, writing.publish),
        (5, writing.unpublish),
        (4, writing.rename_slug),
        (4, writing.revert),
        (3, writing.schedule),
        (3, writing.let_expire),
        (4, writing.strike_the_clock),
        (2, writing.edit_home),
        (3, tree.rename_unit),
        (4, tree.publish_unit),
        (2, tree.unpublish_unit),
        (1, tree.unpublish_branch),
        (4, tree.move_video),
        (3, tree.move_unit),
        (2, tree.reorder),
        (4, footage.become_ready),
        (3, footage.replace_file),
        (5, footage.add_captions),
        (4, footage.change_captions),
        (2, footage.restore_captions),
        (2, footage.delete_captions),
        (4, words.add_tag),
        (3, words.rename_tag),
        (2, words.delete_tag),
        (2, words.add_category),
        (2, words.rename_category),
        (1, words.delete_category),
        (3, words.restrict),
        (5, words.lift),
    )
    + operations(
        How.ADMIN,
        (5, admin.edit_and_publish),
        (2, admin.edit_draft),
        (4, admin.unpublish),
        (3, admin.move),
        (3, admin.act_in_bulk),
        (2, admin.set_privacy),
        (2, admin.edit_category),
        (3, admin.edit_captions),
        (2, admin.read_preview),
    )
    + operations(
        How.ALONE,
        # A worker's end, in the transactions of its own.
        (4, footage.encode_anew),
        (2, shell.retitle),
        (1, shell.switch_off),
        (2, shell.switch_on),
        (1, shell.retitle_unit),
        (1, shell.switch_unit),
        (1, shell.rename_listings),
        (1, shell.retitle_home),
        # Killed between save and signal, nothing but the sweep will tell of these.
        (2, writing.publish),
        (2, writing.unpublish),
        (2, writing.rename_slug),
        (1, tree.move_video),
        (1, tree.publish_unit),
    )
)


def draw(rng: Random, *, plenty: bool) -> Operation:
    """One of them, by weight."""
    table = OTHERS + DECAY * 2 if plenty else OTHERS + DECAY + GROWTH
    return rng.choices(table, [operation.weight for operation in table])[0]
