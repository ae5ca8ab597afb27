"""Scalars of the contract; records hold ISO text already, so they pass through."""

from __future__ import annotations

import graphene
from graphql.error import GraphQLError
from graphql.language.ast import IntValueNode


class BigInt(graphene.Scalar):
    """A whole number that may pass 32 bits (bytes of a file)."""

    @staticmethod
    def serialize(value: int) -> int:
        return int(value)

    @staticmethod
    def parse_value(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise GraphQLError("BigInt takes a whole number.")
        return value

    @staticmethod
    def parse_literal(node: object, _variables: object = None) -> int:
        if not isinstance(node, IntValueNode):
            raise GraphQLError("BigInt takes a whole number.")
        return int(node.value)


class IsoDate(graphene.Date):
    """A calendar date, ISO 8601: 2026-11-21."""

    class Meta:
        name = "Date"

    @staticmethod
    def serialize(value: object) -> str:
        return value if isinstance(value, str) else graphene.Date.serialize(value)


class IsoDateTime(graphene.DateTime):
    """A moment in UTC, ISO 8601: 2026-11-21T09:30:00+00:00."""

    class Meta:
        name = "DateTime"

    @staticmethod
    def serialize(value: object) -> str:
        return value if isinstance(value, str) else graphene.DateTime.serialize(value)
