"""The public ledger of corrections and withdrawals: its lines from the API into the store.

Not to be taken for `ledger.py`, which keeps what was built.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from site_builder import decode, keys, stored
from site_builder.errors import BuilderError, ErrorCode
from site_builder.records import LedgerEntry, WithdrawalReason
from site_builder.store import Store

KINDS = ("CORRECTION", "WITHDRAWAL", "RETURN")

Node = Mapping[str, Any]


def entry(node: Node) -> LedgerEntry:
    """A line as the API gives it; raises `BuilderError` for one that is not whole."""
    try:
        if node["kind"] not in KINDS or not decode.KEY.fullmatch(node["publicId"]):
            raise ValueError(f"kind {node['kind']!r}, public ID {node['publicId']!r}")
        published = node["publishedAt"]
        return LedgerEntry(
            sequence=int(node["sequence"]),
            kind=node["kind"],
            node_id=node["nodeId"],
            public_id=node["publicId"],
            at=decode.moment(node["at"]),
            changed=tuple(str(field) for field in node["changedFields"]),
            published_at=None if published is None else decode.moment(published),
            unit_code=node["unitCode"],
            # Lines that an earlier release stored say nothing of it.
            reason=_reason(node.get("withdrawalReason")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BuilderError(
            ErrorCode.HALF_ANSWER,
            f"Line {node.get('sequence')} of the API's ledger cannot be used: {error}. Nothing was "
            "stored; use the builder of the API's release.",
        ) from error


def _reason(node: Node | None) -> WithdrawalReason | None:
    if node is None:
        return None
    return WithdrawalReason(
        code=_words(node, "code"),
        label=_words(node, "label"),
        explanation=_words(node, "explanation"),
    )


def _words(node: Node, name: str) -> str:
    if not isinstance(value := node[name], str):
        raise ValueError(f"{name} {value!r} is no text")
    return decode.NOT_IN_XML.sub("", value)


def add(store: Store, nodes: Iterable[Node], *, upto: int) -> None:
    """Keep the lines up to a sequence; a line that is known changes nothing.

    Must run inside `store.transaction()`.
    """
    for node in nodes:
        line = entry(node)
        if line.sequence > upto:
            continue
        month = keys.month_of(line.at)
        if not store.put_line(line.sequence, month, stored.text(node)):
            continue
        is_first = store.count_month(keys.LEDGER, month)
        store.mark((keys.NEWEST_LINES, keys.lines(month)))
        if is_first:
            store.mark((keys.months(keys.LEDGER), keys.period(keys.LEDGER, month)))


def line(store: Store, sequence: int) -> LedgerEntry | None:
    """The line of a change; None if it is not there."""
    text = store.line(sequence)
    return None if text is None else entry(orjson.loads(text))


def newest(store: Store, count: int) -> list[LedgerEntry]:
    """The newest lines, newest first."""
    return [entry(orjson.loads(text)) for text in store.newest_lines(count)]


def in_month(store: Store, month: str) -> list[LedgerEntry]:
    """All lines of a month `yyyy-mm`, newest first."""
    return [entry(orjson.loads(text)) for text in store.lines_in(month)]
