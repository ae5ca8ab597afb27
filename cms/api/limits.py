"""Every query has a cost, counted before it runs; one over budget is refused."""

from __future__ import annotations

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
# Lists without `first`: how many items they hold at the most, for counting.
INNER_LISTS = {
    "renditions": 8,
    "captions": 6,
    "sprites": 2,
    "categories": 6,
    "tags": 10,
    "ancestors": 4,
}
DEFAULT_PAGES = {"videos": 20, "units": 100, "categories": 100, "tags": 100, "changes": 100}


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

    def cost(self, selection: SelectionSetNode | None, *, depth: int, at_root: bool = False) -> int:
        if selection is None:
            return 0
        if depth > MAX_DEPTH:
            raise GraphQLError(
                f"This query is nested deeper than {MAX_DEPTH} levels.",
                extensions={"code": "TOO_DEEP", "limit": MAX_DEPTH},
            )
        total = 0
        for node in selection.selections:
            if isinstance(node, FieldNode):
                if node.name.value.startswith("__"):
                    # Introspection: bounded by the schema's own size.
                    total += 1
                    continue
                inner = self.cost(node.selection_set, depth=depth + 1)
                total += 1 + self._times(node, at_root=at_root) * inner
            elif isinstance(node, InlineFragmentNode):
                total += self.cost(node.selection_set, depth=depth + 1, at_root=at_root)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments.get(node.name.value)
                # depth + 1 also ends fragments that spread themselves.
                total += self.cost(
                    fragment.selection_set if fragment else None, depth=depth + 1, at_root=at_root
                )
        return total

    def _times(self, node: FieldNode, *, at_root: bool) -> int:
        name = node.name.value
        if not at_root:
            return INNER_LISTS.get(name, 1)
        arguments = {argument.name.value: argument.value for argument in node.arguments}
        if name == "nodes":
            value = arguments.get("ids")
            if isinstance(value, ListValueNode):
                return len(value.values)
            if isinstance(value, VariableNode):
                return len(self.variables.get(value.name.value) or ())
            return 1
        value = arguments.get("first")
        if isinstance(value, IntValueNode):
            return max(1, int(value.value))
        if isinstance(value, VariableNode):
            given = self.variables.get(value.name.value)
            if isinstance(given, int):
                return max(1, given)
        return DEFAULT_PAGES.get(name, 1)


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        definition.variable.name.value: int(definition.default_value.value)
        for definition in operation.variable_definitions
        if isinstance(definition.default_value, IntValueNode)
    }
