"""Templates compiled for speed: what is the same on every page is worked out while compiling.

Some departures from Jinja's own compiler, none visible in the output:

- A call of a constant function with constant arguments (`_("Unit")`, `asset("site.css")`) becomes
  its result, joined to the text around it.
- Escaping answers plain text: Jinja wraps every value in `Markup`, only to join it at once.
- Text is gathered in a list, not handed on piece by piece through all the blocks around it.
- Functions and macros are called, and attributes read, directly. Jinja first looks whether a
  function wants the context (of ours only those of gettext do), and asks an object without such an
  attribute for an item; here only of dictionaries, and before `is defined` and `default`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from keyword import iskeyword
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

ABOUT_THE_MISSING = frozenset({"defined", "undefined", "default", "d"})
GETTEXT = frozenset({"_", "gettext", "ngettext", "pgettext", "npgettext"})
Constants = Mapping[str, Callable[..., object]]

try:
    from markupsafe._speedups import _escape_inner as escape_text
except ImportError:  # pragma: no cover -- where MarkupSafe has no compiled part

    def escape_text(text: str, /) -> str:
        return str(escape(text))


def escaped(value: Any) -> str:
    """Text for HTML, as `markupsafe.escape`; what is safe already stays as it is."""
    kind = value.__class__
    if kind is str:
        return escape_text(value)
    if kind is Markup:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return str(value)
    return str(escape(value))


class Generator(CodeGenerator):
    """Python code of a template."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._optional: list[nodes.Node] = []

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:
        super().visit_Template(node, frame)
        self.writeline(f"from {__name__} import escape_text, escaped as escape")

    def visit_Test(self, node: nodes.Test, frame: Frame) -> None:
        self._allow(node)
        if node.name == "none":
            self.write("((")
            self.visit(node.node, frame)
            self.write(") is None)")
            return
        super().visit_Test(node, frame)

    def blockvisit(self, nodes: Iterable[nodes.Node], frame: Frame) -> None:
        """Gather what a template or a block says; only macros do so by themselves."""
        if frame.buffer is not None:
            super().blockvisit(nodes, frame)
            return
        self.buffer(frame)
        super().blockvisit(nodes, frame)
        self.writeline(f"yield ''.join({frame.buffer})")
        frame.buffer = None

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("(escape_text(v) if (v := (")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_post(node, frame, finalize)
        else:
            self.write(")).__class__ is str else v if v.__class__ is Markup else escape(v))")

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        if node in self._optional or iskeyword(node.attr):
            super().visit_Getattr(node, frame)
            return
        self.write(f"(environment.getattr(v, {node.attr!r}) if (v := (")
        self.visit(node.node, frame)
        self.write(f")).__class__ is dict else v.{node.attr})")

    def visit_Filter(self, node: nodes.Filter, frame: Frame) -> None:
        self._allow(node)
        super().visit_Filter(node, frame)

    def _allow(self, node: nodes.Test | nodes.Filter) -> None:
        """What these are asked about may be missing."""
        if node.name in ABOUT_THE_MISSING and isinstance(node.node, nodes.Getattr):
            self._optional.append(node.node)

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        name = node.node.name if isinstance(node.node, nodes.Name) else None
        spread = node.dyn_args or node.dyn_kwargs
        if forward_caller or spread or name in GETTEXT or any(map(_is_reserved, node.kwargs)):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(")
        for argument in [*node.args, *node.kwargs]:
            self.visit(argument, frame)
            self.write(", ")
        self.write(")")


def _is_reserved(argument: nodes.Keyword) -> bool:
    return iskeyword(argument.key)


class Environment(jinja2.Environment):
    """An environment whose `constants` are functions that answer the same on every page."""

    code_generator_class = Generator
    constants: Constants = {}

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """One dictionary: every template that is included or imported copies it once a page."""
        return {**self.globals, **(d or {})}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        folded: nodes.Template = _Folder(self.constants).visit(tree)
        return folded


class _Folder(NodeTransformer):
    """Calls of constants with constant arguments -> their results."""

    def __init__(self, constants: Constants) -> None:
        self._constants = constants

    def visit_Output(self, node: nodes.Output) -> nodes.Node:
        """`{{ 'x' if y }}` says nothing if not y, without an object that says so."""
        self.generic_visit(node)
        for child in node.nodes:
            if isinstance(child, nodes.CondExpr) and child.expr2 is None:
                child.expr2 = nodes.Const("", lineno=child.lineno)
        return node

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        self.generic_visit(node)
        called = node.node
        if not isinstance(called, nodes.Name) or called.name not in self._constants:
            return node
        if node.kwargs or node.dyn_args or node.dyn_kwargs:
            return node
        if not all(isinstance(argument, nodes.Const) for argument in node.args):
            return node
        values = [argument.value for argument in node.args]  # type: ignore[attr-defined]
        try:
            result = self._constants[called.name](*values)
        except Exception:  # noqa: BLE001 -- the page that shows it says so, with the line
            return node
        plain = nodes.Const(str(result), lineno=node.lineno)
        return nodes.MarkSafe(plain, lineno=node.lineno) if hasattr(result, "__html__") else plain
