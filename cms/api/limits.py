"""Every query has a cost, counted before it runs; one over budget is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError
from graphql.language import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

MAX_DEPTH = 12
MAX_COST = 60_000
MAX_DOCUMENT = 20_000
INTERFACES = frozenset({"Node"})
# Lists without `first`: how many items they hold at the most, for counting.
INNER_LISTS = {
    "renditions": 14,
    "captions": 6,
    "sprites": 2,
    # A quarter of a minute each; of a few minutes, as most videos last.
    "transcript": 20,
    "categories": 6,
    "tags": 10,
    "ancestors": 4,
    "photographs": 20,
    "copies": 6,
    "relatedVideos": 6,
}
DEFAULT_PAGES = {
    "videos": 20,
    "stories": 20,
    "units": 100,
    "categories": 100,
    "tags": 100,
    "redirects": 100,
    "changes": 100,
    "ledger": 100,
}
# What a list can hold at the most, for a size that cannot be known before the query runs.
LARGEST_PAGES = {
    "videos": 100,
    "stories": 100,
    "units": 500,
    "categories": 100,
    "tags": 100,
    "redirects": 100,
    "changes": 1000,
    "ledger": 100,
    "nodes": 100,
}


def check(document: DocumentNode, variables: Mapping[str, Any]) -> None:
    """Raise `GraphQLError` (code `TOO_COSTLY` or `TOO_DEEP`) if a query asks for too much.

    The cost is the number of values it can return: each field counts once for every item of the
    lists around it. Introspection counts by depth alone.
    """
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    total = 0
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            counter = _Counter(fragments, _defaults(operation) | dict(variables))
            total += counter.cost(operation.selection_set, depth=1, at_root=True)
    if total > MAX_COST:
        raise GraphQLError(
            f"This query could return {total:,} values; the limit is {MAX_COST:,}. "
            "Ask for fewer items (`first`) or fewer fields at once.",
            extensions={"code": "TOO_COSTLY", "cost": total, "limit": MAX_COST},
        )


class _Counter:
    def __init__(
        self, fragments: dict[str, FragmentDefinitionNode], variables: dict[str, Any]
    ) -> None:
        self.fragments = fragments
        self.variables = variables
        # A fragment costs the same wherever it is spread at one depth: count it once, or a few
        # fragments that spread each other many times take hours to count.
        self._counted: dict[tuple[str, int, bool], int] = {}

    def cost(self, selection: SelectionSetNode | None, *, depth: int, at_root: bool = False) -> int:
        if selection is None:
            return 0
        if depth > MAX_DEPTH:
            raise GraphQLError(
                f"This query is nested deeper than {MAX_DEPTH} levels.",
                extensions={"code": "TOO_DEEP", "limit": MAX_DEPTH},
            )
        total = 0
        # A node is of one type only: of what is asked of several, the dearest counts.
        by_type: Counter[str] = Counter()
        for node in selection.selections:
            if isinstance(node, FieldNode):
                if node.name.value.startswith("__"):
                    # Introspection: bounded by the schema's own size.
                    total += 1
                    continue
                inner = self.cost(node.selection_set, depth=depth + 1)
                total += 1 + self._times(node, at_root=at_root) * inner
            elif isinstance(node, InlineFragmentNode):
                inner = self.cost(node.selection_set, depth=depth + 1, at_root=at_root)
                by_type[_type_of(node)] += inner
            elif isinstance(node, FragmentSpreadNode):
                inner = self._spread(node.name.value, depth=depth + 1, at_root=at_root)
                by_type[_type_of(self.fragments.get(node.name.value))] += inner
        return total + by_type.pop("", 0) + max(by_type.values(), default=0)

    def _spread(self, name: str, *, depth: int, at_root: bool) -> int:
        """Cost of a fragment; the depth also ends fragments that spread themselves."""
        key = (name, depth, at_root)
        if key not in self._counted:
            fragment = self.fragments.get(name)
            self._counted[key] = self.cost(
                fragment.selection_set if fragment else None, depth=depth, at_root=at_root
            )
        return self._counted[key]

    def _times(self, node: FieldNode, *, at_root: bool) -> int:
        name = node.name.value
        if not at_root:
            return INNER_LISTS.get(name, 1)
        arguments = {argument.name.value: argument.value for argument in node.arguments}
        value = arguments.get("ids" if name == "nodes" else "first")
        if value is None:
            return DEFAULT_PAGES.get(name, 1)
        if isinstance(value, ListValueNode):
            return max(1, len(value.values))
        if isinstance(value, IntValueNode):
            return max(1, int(value.value))
        if isinstance(value, VariableNode):
            return self._size(self.variables.get(value.name.value), LARGEST_PAGES.get(name, 1))
        return LARGEST_PAGES.get(name, 1)

    @staticmethod
    def _size(given: Any, largest: int) -> int:
        if isinstance(given, list):
            return max(1, len(given))
        # GraphQL takes 100.0 for an Int.
        if isinstance(given, int | float) and not isinstance(given, bool):
            return max(1, int(given))
        return largest


def _type_of(fragment: InlineFragmentNode | FragmentDefinitionNode | None) -> str:
    """The one type that a fragment is about; empty if it may be about any."""
    condition = fragment.type_condition if fragment else None
    name = condition.name.value if condition else ""
    return "" if name in INTERFACES else name


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    """Default values of the variables, as far as they say how long a list is."""
    found: dict[str, Any] = {}
    for definition in operation.variable_definitions:
        default = definition.default_value
        if isinstance(default, IntValueNode):
            found[definition.variable.name.value] = int(default.value)
        elif isinstance(default, ListValueNode):
            found[definition.variable.name.value] = list(default.values)
    return found
