"""What rendering hands on: each artifact's state and what it looked at; and how that travels.

Between processes, results go in parcels: texts that many artifacts name travel once, the rest as
numbers. As objects they would take longer to pack and unpack than their pages to write.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from site_builder.keys import Window
from site_builder.ledger import Built
from site_builder.routes import ROUTES, Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One artifact rendered; `is_staged` if its bytes differ from those of the output."""

    built: Built
    is_staged: bool
    dependencies: tuple[str, ...]
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One artifact that could not be rendered: which, and where in which template."""

    path: str
    template: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.template}, line {self.line}: {self.message}"


Result = Rendered | Failure
# Digest, size, whether staged, numbers of the keys, numbers of each window's four texts.
Row = tuple[str, int, bool, tuple[int, ...], tuple[tuple[int, int, int, int], ...]]
Parcel = tuple[list[str], list[Row | Failure]]


def built(spec: Spec, sha256: str, size: int) -> Built:
    """State of a page's bytes; how it is served is the word of its route."""
    route = ROUTES[spec.route]
    return Built(
        spec=spec,
        sha256=sha256,
        size=size,
        type=route.type,
        cache=route.policy,
        group=route.group,
    )


def packed(results: Sequence[Result]) -> Parcel:
    """Results of some specs, in their order."""
    numbers: dict[str, int] = {}

    def number(text: str) -> int:
        return numbers.setdefault(text, len(numbers))

    rows: list[Row | Failure] = []
    for result in results:
        if isinstance(result, Failure):
            rows.append(result)
            continue
        windows = tuple(
            (number(one.facet), number(one.listing), number(one.low), number(one.high))
            for one in result.windows
        )
        keys = tuple(map(number, result.dependencies))
        state = result.built
        rows.append((state.sha256, state.size, result.is_staged, keys, windows))
    return list(numbers), rows


def unpacked(specs: Sequence[Spec], parcel: Parcel) -> list[Result]:
    """The results of the specs."""
    texts, rows = parcel
    return [
        row if isinstance(row, Failure) else _unpacked(spec, texts, row)
        for spec, row in zip(specs, rows, strict=True)
    ]


def _unpacked(spec: Spec, texts: list[str], row: Row) -> Rendered:
    sha256, size, is_staged, keys, windows = row
    return Rendered(
        built=built(spec, sha256, size),
        is_staged=is_staged,
        dependencies=tuple(texts[number] for number in keys),
        windows=tuple(
            Window(facet=texts[facet], listing=texts[listing], low=texts[low], high=texts[high])
            for facet, listing, low, high in windows
        ),
    )
