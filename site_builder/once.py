"""`{% once item, … %}…{% endonce %}`: what stands inside is rendered once for the same values.

A card stands on a dozen pages and is the same on each. Inside, nothing may be used but these values
(records or plain values) and what is the same for the whole site: there is no telling otherwise.
"""

from __future__ import annotations

from itertools import count

from jinja2 import Environment, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from markupsafe import Markup

MOST = 8_000
Key = tuple[object, ...]
PLAIN = frozenset({str, int, bool, float})


class Once(Extension):
    """The tag. Records are told apart by identity, so they are held on to for as long."""

    tags = {"once"}

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._numbers = count(1)
        self._kept: dict[Key, tuple[tuple[object, ...], Markup]] = {}

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The tag as: look whether it is kept; if not, render and keep it; say it."""
        line = next(parser.stream).lineno
        values = parser.parse_tuple(explicit_parentheses=False)
        items = values.items if isinstance(values, nodes.Tuple) else [values]
        body = parser.parse_statements(("name:endonce",), drop_needle=True)
        # A line may hold two of them.
        place = nodes.Const(f"{parser.filename or parser.name}:{next(self._numbers)}")
        said = parser.free_identifier(line)
        found = self.call_method("find", [place, *items], lineno=line)
        keep = self.call_method("keep", [said, place, *items], lineno=line)
        missing = nodes.Test(said, "none", [], [], None, None)
        render = [nodes.AssignBlock(said, None, body), nodes.ExprStmt(keep)]
        made: list[nodes.Node] = [
            nodes.Assign(said, found),
            nodes.If(missing, render, [], []),
            nodes.Output([said]),
        ]
        return [node.set_lineno(line) for node in made]

    def find(self, *values: object) -> Markup | None:
        """What is kept of a place in a template for these values."""
        kept = self._kept.get(_key(values))
        return None if kept is None else kept[1]

    def keep(self, said: Markup, *values: object) -> None:
        """Keep it; with its values, or their identity could pass to others."""
        if len(self._kept) >= MOST:
            self._kept.clear()
        self._kept[_key(values)] = (values, said)


def _key(values: tuple[object, ...]) -> Key:
    return tuple([one if one.__class__ in PLAIN else id(one) for one in values])
