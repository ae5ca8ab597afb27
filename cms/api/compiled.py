"""Queries compiled to Python: a selection of plain fields becomes one dictionary, written at once.

graphql-core asks a dozen questions of every field of every item; nearly all of ours are text out of
a record. A query is compiled once, after the same validation, and run as often as it is asked. What
the compiler does not know (directives, introspection, arguments below the root) and every run that
does not go smoothly (an error, null where none may be) is left to graphql-core, from the start: an
answer of ours is always one that it would have given, which a test compares over many queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import isfinite
from typing import Any

from graphene.types.resolver import dict_or_attr_resolver
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.values import get_argument_values, get_variable_values
from graphql.language import SelectionNode

# Fields that one query may be compiled to. A fragment is written out wherever it is spread, so that
# a short text may ask for any number; the builder's longest has some 150.
MOST_FIELDS = 2000

Complete = Callable[[Any, Any], Any]
Resolve = Callable[..., Any]
# What may pass as it is, by the name of its type: an expression of `v`.
PASSES = {
    "String": "v.__class__ is str",
    "ID": "v.__class__ is str",
    "Date": "v.__class__ is str",
    "DateTime": "v.__class__ is str",
    "Int": "v.__class__ is int and -2147483648 <= v <= 2147483647",
    "BigInt": "v.__class__ is int",
    "Float": "v.__class__ is float and isfinite(v)",
    "Boolean": "v is True or v is False",
}


class UnknownError(Exception):
    """Not for us: graphql-core will answer."""


class Info:
    """All that our resolvers ask of a `ResolveInfo`."""

    __slots__ = ("context",)

    def __init__(self, context: object) -> None:
        self.context = context


class Compiled:
    """One operation of a validated document; raises `UnknownError` if it cannot be compiled."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation_name: str | None
    ) -> None:
        operation = get_operation_ast(document, operation_name)
        if operation is None or operation.operation != OperationType.QUERY:
            raise UnknownError("no query of that name")
        assert schema.query_type is not None  # noqa: S101 -- ours has one
        self._schema = schema
        self._operation = operation
        compiler = _Compiler(schema, document)
        self._roots = [
            (key, *compiler.root(schema.query_type, nodes))
            for key, nodes in compiler.collected(schema.query_type, [operation]).items()
        ]

    def run(self, variables: Mapping[str, Any], context: object) -> dict[str, Any]:
        """The data; raises whatever goes wrong."""
        info = Info(context)
        definitions = self._operation.variable_definitions
        values = get_variable_values(self._schema, definitions, dict(variables))
        if isinstance(values, list):
            raise UnknownError("a variable is not of its type")
        return {
            key: complete(resolve(None, info, **get_argument_values(field, node, values)), info)
            for key, field, node, resolve, complete in self._roots
        }


class _Compiler:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._left = MOST_FIELDS
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }

    def root(
        self, parent: GraphQLObjectType, nodes: list[FieldNode]
    ) -> tuple[GraphQLField, FieldNode, Resolve, Complete]:
        field = self._field(parent, nodes)
        if field.resolve is None:
            raise UnknownError(f"{nodes[0].name.value} has no resolver")
        return field, nodes[0], field.resolve, self._complete(field.type, nodes)

    def collected(
        self,
        kind: GraphQLObjectType,
        owners: Iterable[OperationDefinitionNode | FieldNode],
    ) -> dict[str, list[FieldNode]]:
        """The fields that selections ask of a type, by the key they are answered under."""
        found: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        for owner in owners:
            selections = owner.selection_set.selections if owner.selection_set else ()
            self._collect(kind, selections, found, spread)
        return found

    def _collect(
        self,
        kind: GraphQLObjectType,
        selections: Iterable[SelectionNode],
        found: dict[str, list[FieldNode]],
        spread: set[str],
    ) -> None:
        for node in selections:
            if node.directives:
                raise UnknownError("a directive")
            if isinstance(node, FieldNode):
                self._left -= 1
                if self._left < 0:
                    raise UnknownError("too many fields")
                key = node.alias.value if node.alias else node.name.value
                found.setdefault(key, []).append(node)
                continue
            fragment: FragmentDefinitionNode | InlineFragmentNode
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in spread:
                    continue
                spread.add(node.name.value)
                fragment = self._fragments[node.name.value]
            elif isinstance(node, InlineFragmentNode):
                fragment = node
            else:
                raise UnknownError("a selection of another kind")
            if self._applies(fragment, kind):
                self._collect(kind, fragment.selection_set.selections, found, spread)

    def _applies(
        self, fragment: FragmentDefinitionNode | InlineFragmentNode, kind: GraphQLObjectType
    ) -> bool:
        if fragment.type_condition is None:
            return True
        wanted = self._schema.get_type(fragment.type_condition.name.value)
        if wanted is kind:
            return True
        return is_abstract_type(wanted) and self._schema.is_sub_type(wanted, kind)  # type: ignore[arg-type]

    def _field(self, parent: GraphQLObjectType, nodes: list[FieldNode]) -> GraphQLField:
        name = nodes[0].name.value
        if name not in parent.fields:
            raise UnknownError(f"{name} is introspection")
        return parent.fields[name]

    def _complete(self, kind: GraphQLOutputType, nodes: list[FieldNode]) -> Complete:
        """A function of a resolved value and the info: what is answered."""
        if isinstance(kind, GraphQLNonNull):
            return _never_null(self._complete(kind.of_type, nodes))
        if isinstance(kind, GraphQLList):
            return _each(self._complete(kind.of_type, nodes))
        if is_leaf_type(kind):
            assert isinstance(kind, GraphQLScalarType | GraphQLEnumType)  # noqa: S101 -- a leaf
            return _leaf(kind.serialize)
        if isinstance(kind, GraphQLObjectType):
            return _unless_null(self._object(kind, nodes))
        possible = self._schema.get_possible_types(kind)  # type: ignore[arg-type]
        return _by_name({one.name: self._object(one, nodes) for one in possible})

    def _object(self, kind: GraphQLObjectType, nodes: list[FieldNode]) -> Complete:
        """A function that writes the dictionary of one object, as source and then compiled."""
        if kind.is_type_of is not None:
            raise UnknownError(f"{kind.name} wants to be asked whether an object is one of it")
        known: dict[str, Any] = {"isfinite": isfinite, "getter": _getter}
        lines = [
            f"  {key!r}: {self._value(kind, fields, known)},"
            for key, fields in self.collected(kind, nodes).items()
        ]
        source = "\n".join(
            ["def write(root, info):", " get = getter(root)", " return {", *lines, " }"]
        )
        # Made of field names that the schema knows and of keys in quotes, nothing else.
        exec(compile(source, f"<selection of {kind.name}>", "exec"), known)  # noqa: S102
        write: Complete = known["write"]
        return write

    def _value(
        self, kind: GraphQLObjectType, fields: list[FieldNode], known: dict[str, Any]
    ) -> str:
        """Source of one field's value; what it calls is put into `known`."""
        if fields[0].name.value == "__typename":
            return repr(kind.name)
        field = self._field(kind, fields)
        if field.args:
            raise UnknownError(f"{fields[0].name.value} takes arguments")
        complete = f"complete_{len(known)}"
        known[complete] = self._complete(field.type, fields)
        value = self._resolved(field, fields[0].name.value, known)
        inner = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        passes = PASSES.get(getattr(inner, "name", ""))
        if passes is None:
            return f"{complete}({value}, info)"
        return f"v if ((v := {value}).__class__ and ({passes})) else {complete}(v, info)"

    @staticmethod
    def _resolved(field: GraphQLField, name: str, known: dict[str, Any]) -> str:
        resolve = field.resolve
        if isinstance(resolve, partial) and resolve.func is dict_or_attr_resolver:
            attribute, default = resolve.args
            if default is None and not resolve.keywords:
                return f"get({attribute!r})"
        if resolve is None:
            raise UnknownError(f"{name} has no resolver")
        function = f"resolve_{len(known)}"
        known[function] = resolve
        return f"{function}(root, info)"


def _getter(root: Any) -> Callable[[str], Any]:
    """How a field is read off an object, as graphene's own resolver does it."""
    return root.get if isinstance(root, dict) else lambda name: getattr(root, name, None)


def _never_null(complete: Complete) -> Complete:
    def never_null(value: Any, info: Any) -> Any:
        found = complete(value, info)
        if found is None:
            raise UnknownError("null where none may be")
        return found

    return never_null


def _unless_null(complete: Complete) -> Complete:
    return lambda value, info: None if value is None else complete(value, info)


def _each(complete: Complete) -> Complete:
    def each(values: Any, info: Any) -> list[Any] | None:
        if values is None:
            return None
        if not isinstance(values, list | tuple):
            raise UnknownError("a list that is none")
        return [complete(value, info) for value in values]

    return each


def _leaf(serialize: Callable[[Any], Any]) -> Complete:
    known: dict[str, Any] = {}

    def leaf(value: Any, _info: Any) -> Any:
        if value is None:
            return None
        if value.__class__ is not str:
            return serialize(value)
        if value not in known:
            if len(known) > 1000:
                known.clear()
            known[value] = serialize(value)
        return known[value]

    return leaf


def _by_name(writers: dict[str, Complete]) -> Complete:
    def of_its_kind(value: Any, info: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise UnknownError("an object that does not say what it is")
        return writers[value["__typename"]](value, info)

    return of_its_kind
