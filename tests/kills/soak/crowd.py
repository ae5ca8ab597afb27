"""Several editors at once, all at the same few pages: what each of them is told must be polite."""

from __future__ import annotations

from collections import Counter
from random import Random

from django.core.exceptions import ObjectDoesNotExist, ValidationError

from cms.publishing import outbox
from tests.kills.soak import admin, footage, shell, tree, words, writing
from tests.kills.soak.admin import RefusedError
from tests.kills.soak.desk import Desk, NothingToDoError
from tests.kills.soak.table import How, Operation, operations

# The page is gone, the form has a word to say, another was faster: none of them an error of ours.
POLITE = (NothingToDoError, ObjectDoesNotExist, ValidationError, RefusedError)

TABLE: tuple[Operation, ...] = (
    operations(
        How.REQUEST,
        (3, writing.create_and_publish),
        (6, writing.edit_draft),
        (8, writing.edit_and_publish),
        (6, writing.publish),
        (5, writing.unpublish),
        (3, writing.rename_slug),
        (2, writing.revert),
        (2, writing.edit_home),
        (3, tree.create_unit),
        (3, tree.rename_unit),
        (4, tree.publish_unit),
        (3, tree.unpublish_unit),
        (2, tree.unpublish_branch),
        (6, tree.move_video),
        (4, tree.move_unit),
        (3, tree.reorder),
        (2, tree.copy_video),
        (2, tree.make_alias),
        (3, tree.delete_page),
        (1, tree.delete_branch),
        (2, footage.replace_file),
        (4, footage.add_captions),
        (4, footage.change_captions),
        (2, footage.delete_captions),
        (4, words.add_tag),
        (4, words.rename_tag),
        (2, words.delete_tag),
        (2, words.add_category),
        (3, words.rename_category),
        (1, words.delete_category),
        (2, words.restrict),
        (4, words.lift),
    )
    + operations(
        How.ADMIN,
        (6, admin.edit_and_publish),
        (6, admin.edit_draft),
        (4, admin.unpublish),
        (4, admin.move),
        (3, admin.copy),
        (3, admin.act_in_bulk),
        (2, admin.delete),
        (3, admin.edit_category),
        (3, admin.edit_captions),
    )
    + operations(How.ALONE, (2, footage.encode_anew), (1, shell.retitle))
)

# Numbers that no operation of an editor has.
FURNISHED = 1_000_000


def furnish(seed: str) -> None:
    """A handful of pages on two files, so that everybody is in everybody's way."""
    rng = Random(seed)
    acts = [footage.take_in_ready] * 2 + [words.add_category] * 2 + [tree.create_unit] * 2
    for number, act in enumerate([*acts, *[writing.create_and_publish] * 5, *[words.add_tag] * 3]):
        with outbox.transaction():
            act(Desk(rng=rng, number=FURNISHED + number))


def work(seed: str, first: int, count: int) -> dict[str, int]:
    """Do `count` operations, numbered from `first`; how often each was done or refused."""
    came: Counter[str] = Counter()
    for number in range(first, first + count):
        rng = Random(f"{seed}:{number}")
        operation = rng.choices(TABLE, [one.weight for one in TABLE])[0]
        desk = Desk(rng=rng, number=number)
        try:
            if operation.how is How.REQUEST:
                with outbox.transaction():
                    operation.act(desk)
            else:
                operation.act(desk)
        except POLITE as refusal:
            came[f"{operation.name}: {type(refusal).__name__}"] += 1
        except Exception as error:
            error.add_note(f"{number} {operation.name}, {operation.how.value}")
            raise
        else:
            came[operation.name] += 1
    return dict(came)
