"""One kind of change: a world before it, the act, and what the world must be told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

# Names → primary keys, codes, forms: plain data, for it travels between processes.
Facts = dict[str, Any]


class How(Enum):
    """Who makes the change, which decides what a kill may leave behind."""

    # One outer transaction: wholly there and told, or wholly absent.
    WHOLE = auto()
    # By hand in a shell, with signals: told at once; the sweep mends what a kill cut off.
    SIGNALLED = auto()
    # By hand, without a signal: only the sweep can know.
    SILENT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`told` holds `OPERATION node`; facts fill the braces, `new` are videos made by the act."""

    name: str
    act: Callable[[Facts], None]
    arrange: Callable[[Facts], Any] | None
    told: tuple[str, ...]
    how: How
    # It acts on all worlds there are, so there may be but one.
    alone: bool = False
    # Node → keys before and after that matter here.
    keys: dict[str, tuple[Facts | None, Facts | None]] = field(default_factory=dict)


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    *told: str,
    arrange: Callable[[Facts], Any] | None = None,
    how: How = How.WHOLE,
    alone: bool = False,
    keys: dict[str, tuple[Facts | None, Facts | None]] | None = None,
) -> Callable[[Callable[[Facts], None]], Callable[[Facts], None]]:
    """Register an act under its function's name."""

    def register(act: Callable[[Facts], None]) -> Callable[[Facts], None]:
        name = act.__name__
        if name in SCENARIOS:
            raise ValueError(f"Two scenarios are called {name}.")
        SCENARIOS[name] = Scenario(
            name=name,
            act=act,
            arrange=arrange,
            told=told,
            how=how,
            alone=alone,
            keys=keys or {},
        )
        return act

    return register


def filled(value: Any, facts: Facts) -> Any:
    """The value with facts in its braces."""
    if isinstance(value, str):
        return value.format(**facts)
    if isinstance(value, dict):
        return {filled(key, facts): filled(item, facts) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [filled(item, facts) for item in value]
    return value
