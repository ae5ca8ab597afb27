"""`{% once item, … %}…{% endonce %}`: what stands inside is rendered once for the same values.

A card stands on a dozen pages and is the same on each. Inside, nothing may be used but these values
(records or plain values) and what is the same for the whole site: there is no telling otherwise.
"""

from __future__ import annotations

from collections.abc import Callable

from jinja2 import Environment, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from markupsafe import Markup

MOST = 8_000
Key = tuple[str, int, tuple[object, ...]]


class Once(Extension):
    """The tag. Values that cannot be hashed are told apart by identity, so they are kept, too."""

    tags = {"once"}

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._kept: dict[Key, tuple[tuple[object, ...], Markup]] = {}

    def parse(self, parser: Parser) -> nodes.Node:
        """The tag as a call with its inside."""
        line = next(parser.stream).lineno
        values = parser.parse_tuple(explicit_parentheses=False)
        items = values.items if isinstance(values, nodes.Tuple) else [values]
        body = parser.parse_statements(("name:endonce",), drop_needle=True)
        place = [nodes.Const(f"{parser.filename or parser.name}"), nodes.Const(line)]
        call = self.call_method("render", [*place, *items], lineno=line)
        return nodes.CallBlock(call, [], [], body).set_lineno(line)

    def render(
        self, template: str, line: int, *values: object, caller: Callable[[], Markup]
    ) -> Markup:
        """What stands inside, rendered or kept."""
        key = (template, line, tuple(map(_sign, values)))
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= MOST:
                self._kept.clear()
            # The values are held on to, or their identity could pass to others.
            kept = self._kept[key] = (values, caller())
        return kept[1]


def _sign(value: object) -> object:
    return value if value.__class__ in (str, int, bool, float) else id(value)
