"""The rules that travel with a deploy, as text; what they mean is asked in `test_edge.py`."""

from __future__ import annotations

import tomllib
from pathlib import Path

from static_export.build import Build
from static_export.edge.netlify import headers_file
from tests.static_export.edges import MEDIA_ORIGIN
from tests.static_export.sites import Site, small_site


def rules_of(site: Site) -> dict[str, dict[str, str]]:
    rules: dict[str, dict[str, str]] = {}
    items = Build.open(site.write()).items().values()
    for line in headers_file(items, MEDIA_ORIGIN).decode().splitlines():
        if line.startswith("/"):
            headers = rules.setdefault(line, {})
        else:
            name, value = line.strip().split(": ", 1)
            headers[name] = value
    return rules


def test_policies_are_those_of_every_edge(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    site.files["embed/ax1/index.html"] = b"player"
    rules = rules_of(site)
    assert "immutable" in rules["/assets/*"]["Cache-Control"]
    assert rules["/video/*"]["Cache-Control"].startswith("public, max-age=60,")
    assert rules["/"]["Cache-Control"].startswith("public, max-age=30,")
    assert rules["/embed/*"]["Content-Security-Policy"].endswith("frame-ancestors *")
    assert rules["/unit/*"]["Content-Security-Policy"].endswith("frame-ancestors 'self'")
    assert f"media-src {MEDIA_ORIGIN} blob:" in rules["/"]["Content-Security-Policy"]
    assert rules["/*"]["Strict-Transport-Security"].startswith("max-age=31536000")


def test_a_build_on_netlify_gives_the_same_everywhere(tmp_path: Path) -> None:
    settings = tomllib.loads(Path("netlify.toml").read_text(encoding="utf-8"))
    [everywhere] = [rule["values"] for rule in settings["headers"] if rule["for"] == "/*"]
    assert everywhere == rules_of(small_site(tmp_path))["/*"]


def test_no_name_stands_in_two_rules_that_match_one_address(tmp_path: Path) -> None:
    rules = rules_of(small_site(tmp_path))
    everywhere, feeds = set(rules.pop("/*")), set(rules.pop("/*feed.xml"))
    assert feeds == {"Content-Type"}
    for headers in rules.values():
        assert not set(headers) & (everywhere | feeds)


def test_a_folder_named_as_a_file_begins_has_its_parts_counted(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    assert "/sitemap/*" in rules_of(site)
    site.files["sitemap.xml"] = b"<sitemapindex/>"
    site.files["sitemap/old/index.html"] = b"old"
    site.files["sitemap/index.html"] = b"all"
    rules = rules_of(site)
    assert "/sitemap/*" not in rules
    assert {"/sitemap.xml", "/sitemap", "/sitemap/:p0"} < set(rules)
