"""The starting content is whole and true to the rules of the models."""

from __future__ import annotations

from collections import Counter

from content_models.data import category_rows, unit_rows
from content_models.models.unit import ALLOWED_PARENTS
from content_models.validators import validate_region_code, validate_unit_code

# Kemendagri codes of the provinces that have a Polda of their own (2025); Papua Selatan (93) and
# Papua Pegunungan (95) are Polda Papua's.
PROVINCES_WITH_POLDA = {
    *("11", "12", "13", "14", "15", "16", "17", "18", "19", "21"),
    *("31", "32", "33", "34", "35", "36"),
    *("51", "52", "53"),
    *("61", "62", "63", "64", "65"),
    *("71", "72", "73", "74", "75", "76"),
    *("81", "82"),
    *("91", "92", "94", "96"),
}


def test_codes_and_names_are_valid_and_unique() -> None:
    rows = unit_rows()
    for row in rows:
        validate_unit_code(row.code)
        if row.region_code:
            validate_region_code(row.region_code)
        assert row.name == row.name.strip() != ""
    assert [code for code, count in Counter(row.code for row in rows).items() if count > 1] == []
    assert [name for name, count in Counter(row.name for row in rows).items() if count > 1] == []


def test_every_unit_stands_below_one_that_came_before_and_may_hold_it() -> None:
    levels: dict[str, str] = {}
    for row in unit_rows():
        if row.parent:
            assert levels[row.parent] in ALLOWED_PARENTS[row.level], row
        else:
            assert row.level == "mabes"
        levels[row.code] = row.level


def test_every_polda_is_there_with_its_province() -> None:
    poldas = {row.region_code: row.name for row in unit_rows() if row.level == "polda"}
    assert set(poldas) == PROVINCES_WITH_POLDA
    assert poldas["31"] == "Polda Metro Jaya"
    assert poldas["96"] == "Polda Papua Barat Daya"


def test_a_polsek_lies_in_a_district_and_a_polres_in_a_regency() -> None:
    for row in unit_rows():
        if row.level == "polsek":
            assert row.region_code.count(".") == 2, row
        if row.level == "polres":
            assert row.region_code.count(".") == 1, row


def test_several_poldas_have_their_polres() -> None:
    below = Counter(row.parent for row in unit_rows() if row.level == "polres")
    assert sum(count >= 4 for count in below.values()) >= 5


def test_categories_have_distinct_slugs() -> None:
    slugs = [row.slug for row in category_rows()]
    assert len(set(slugs)) == len(slugs) >= 6
