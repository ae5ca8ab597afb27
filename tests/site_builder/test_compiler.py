"""Templates compiled for speed say what Jinja's own would, and fail where and how they did."""

from __future__ import annotations

import dis
from pathlib import Path
from typing import Any

import jinja2
import pytest
from markupsafe import Markup

from site_builder import compiler
from site_builder.records import Link

SNIPPETS = (
    "{{ text }} {{ safe }} {{ number }} {{ none }} {{ link.name }} {{ table.name }} {{ list }}",
    "{{ table.items() | list }} {{ table.get('name') }} {{ table['name'] }} {{ list[0] }}",
    "{{ link.missing | default('&') }} {{ link.missing is defined }} {{ table.gone is defined }}",
    "{% if link.name %}<b>{% endif %}{{ link.name ~ safe }}{{ [text, safe] | join('&') }}",
    "{% for one in list %}{{ loop.index }}{{ one }}{% else %}none{% endfor %}",
    "{% for one in list if one != '<' %}{{ loop.last }}{{ one }}{% endfor %}",
    "{% set x %}<{{ text }}>{% endset %}{{ x }}{{ x | length }}",
    "{% macro m(a, b='&', class=1) %}{{ a }}{{ b }}{{ class }}{{ caller is defined }}{% endmacro %}"
    "{{ m(text) }}{{ m(safe, b=text) }}{{ m(*list) }}{{ m(a=1, **{'class': '&'}) }}",
    "{% macro m() %}[{{ caller(text) }}]{% endmacro %}{% call(x) m() %}{{ x }}{% endcall %}",
    "{% set ns = namespace(n=0) %}{% for one in list %}{% set ns.n = ns.n + 1 %}{% endfor %}"
    "{{ ns.n }}",
    "{% filter upper %}{{ text }}{% endfilter %}{{ text | upper | e }}{{ text | safe }}",
    "{% extends 'base' %}{% block a %}{{ super() }}<{{ text }}>{% endblock %}",
    "{% include 'part' %}{% from 'macros' import m %}{{ m(text) }}{% import 'macros' as k %}"
    "{{ k.m(1) }}",
    "{{ _('Plain & simple') }} {{ _('%(n)s & more', n=text) }} {{ _(text) }}",
    "{% trans %}Plain & simple{% endtrans %}{% trans n=text %}{{ n }} & more{% endtrans %}",
    "{% trans n=3 %}one{% pluralize %}{{ n }} of them{% endtrans %}",
    "{{ hundred('%') }}{{ hundred(text) }}{{ '%s' | format(text) }}",
)
OTHERS = {
    "base": "<a>{% block a %}{{ text }}{% endblock %}{{ link.path }}</a>",
    "part": "{{ text }}{{ link.name }}",
    "macros": "{% macro m(x) %}<{{ x }}>{% endmacro %}",
}
VALUES: dict[str, Any] = {
    "text": "<&\"'>",
    "safe": Markup("<i>&amp;</i>"),
    "number": 1.5,
    "none": None,
    "link": Link(name="A & B", path="/a/"),
    "table": {"name": "<", "items_": 1},
    "list": ["<", Markup("<"), 3],
}


def make(kind: type[jinja2.Environment], **more: str) -> jinja2.Environment:
    environment = kind(
        loader=jinja2.DictLoader(OTHERS | more),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    environment.globals["hundred"] = lambda value: f"100 {value}"
    return environment


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_template_says_what_jinjas_own_compiler_makes_it_say(snippet: str) -> None:
    ours, theirs = make(compiler.Environment), make(jinja2.Environment)
    ours.constants = {  # type: ignore[attr-defined]
        "_": lambda message: Markup(message) % {},
        "gettext": lambda message: Markup(message) % {},
        "hundred": lambda value: f"100 {value}",
    }
    assert ours.from_string(snippet).render(VALUES) == theirs.from_string(snippet).render(VALUES)


@pytest.mark.parametrize(
    "snippet",
    [
        "\n\n{{ link.missing }}",
        "\n\n{{ table.missing }}",
        "\n\n{{ missing }}",
        "\n\n{{ missing.more }}",
        "\n\n{{ link.missing.more }}",
        "\n\n{{ missing() }}",
        "\n{% for one in list %}\n{{ one.x }}{% endfor %}",
        "\n{{ text }}\n{{ 1 // 0 }}\n",
        "\n{% if text %}\n{{ hundred(link.missing) }}{% endif %}",
    ],
)
def test_a_fault_is_raised_in_its_own_line(snippet: str) -> None:
    lines = []
    for kind in (compiler.Environment, jinja2.Environment):
        environment = make(kind, broken=snippet)
        with pytest.raises((jinja2.UndefinedError, AttributeError, ZeroDivisionError)) as caught:
            environment.get_template("broken").render(VALUES)
        lines.append(caught.traceback[-1].lineno if kind is None else _line(caught.value))
    assert lines == [3, 3]


def _line(error: BaseException) -> int:
    """The line of the template in a traceback."""
    found, frame = 0, error.__traceback__
    while frame:
        if Path(frame.tb_frame.f_code.co_filename).name in ("<template>", "broken"):
            found = frame.tb_lineno
        frame = frame.tb_next
    return found


def test_what_is_the_same_on_every_page_is_worked_out_while_compiling() -> None:
    environment = make(compiler.Environment)
    asked: list[str] = []
    environment.constants = {"hundred": lambda value: asked.append(value) or "<!>"}  # type: ignore[attr-defined, func-returns-value]
    template = environment.from_string("a{{ hundred('x') }}b{{ hundred(text) }}c")
    assert asked == ["x"]
    assert "a&lt;!&gt;b" in [
        one.argval for one in dis.get_instructions(template.root_render_func)
    ] or "a&lt;!&gt;b" in str(template.root_render_func.__code__.co_consts)  # type: ignore[attr-defined]


def test_a_constant_that_fails_fails_the_page_that_shows_it() -> None:
    def broken(_value: str) -> str:
        raise LookupError("no such file")

    environment = make(compiler.Environment)
    environment.globals["hundred"] = broken
    environment.constants = {"hundred": broken}  # type: ignore[attr-defined]
    template = environment.from_string("{% if text == 'x' %}{{ hundred('x') }}{% endif %}")
    assert template.render(VALUES) == ""
    with pytest.raises(LookupError, match="no such file"):
        template.render(text="x")


def test_once_renders_what_stands_inside_once_for_the_same_values() -> None:
    asked: list[str] = []
    environment = make(compiler.Environment)
    environment.add_extension("site_builder.once.Once")
    environment.globals["ask"] = lambda value: asked.append(value) or value  # type: ignore[func-returns-value]
    template = environment.from_string(
        "{% for item in items %}{% once item, size %}<{{ ask(item.name) }}{{ size }}>{% endonce %}"
        "{% endfor %}"
    )
    one, two = Link(name="<1", path="/"), Link(name="2", path="/")
    assert template.render(items=[one, two, one], size=1) == "<&lt;11><21><&lt;11>"
    assert template.render(items=[one], size=2) == "<&lt;12>"
    assert template.render(items=[Link(name="3", path="/")], size=1) == "<31>"
    assert asked == ["<1", "2", "<1", "3"]


def test_two_parts_of_one_line_that_are_rendered_once_are_two() -> None:
    environment = make(compiler.Environment)
    environment.add_extension("site_builder.once.Once")
    template = environment.from_string(
        "{% once one %}<b>{{ one.name }}</b>{% endonce %}{% once one %}{{ one.path }}{% endonce %}"
    )
    assert template.render(one=Link(name="1", path="/a/")) == "<b>1</b>/a/"
