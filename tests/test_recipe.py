import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpuspress.errors import RecipeError
from corpuspress.recipe import Recipe


def test_a_recipe_survives_its_plain_form():
    assert Recipe.from_dict(Recipe().to_dict()) == Recipe()


def test_every_option_says_what_it_means():
    for section in Recipe().to_dict():
        for name, field in type(getattr(Recipe(), section)).__dataclass_fields__.items():
            assert field.metadata["meaning"], f"{section}.{name}"


def test_all_faults_are_reported_together():
    with pytest.raises(RecipeError) as caught:
        Recipe.from_dict({"boilerplat": {}, "read": {"patern": "x", "max_bytes": "much"}, "layout": 3}, "r.toml")
    for part in ("r.toml", "`boilerplate`", "`pattern`", "`read.max_bytes`", "`layout` must be a table"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("section", "option", "value"),
    [
        ("boilerplate", "strictness", "wild"),
        ("boilerplate", "enabled", 1),
        ("boilerplate", "max_share", -0.5),
        ("boilerplate", "without", "byline"),
        ("language", "keep", [1]),
        ("publish", "row_group_rows", True),
        ("read", "pattern", "(?P<ordinal>\\d+)"),
        ("read", "pattern", "("),
        ("deduplicate", "similarity", 2.0),
        ("deduplicate", "shingle_words", 0),
        ("publish", "row_group_rows", 0),
        ("publish", "compression_level", 99),
        ("decode", "fallback", "klingon"),
    ],
)
def test_a_bad_value_is_refused(section, option, value):
    with pytest.raises(RecipeError, match=option):
        Recipe.from_dict({section: {option: value}})


def test_a_whole_number_may_stand_for_a_share():
    assert Recipe.from_dict({"boilerplate": {"max_share": 1}}).boilerplate.max_share == 1


def test_a_file_that_is_no_toml_is_named(tmp_path):
    (tmp_path / "r.toml").write_text("[[[")
    with pytest.raises(RecipeError, match=r"r\.toml"):
        Recipe.from_toml(tmp_path / "r.toml")
    with pytest.raises(RecipeError, match=r"none\.toml"):
        Recipe.from_toml(tmp_path / "none.toml")


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda part: st.dictionaries(st.text(), part))
)
def test_anything_is_a_recipe_or_a_clear_error(data):
    if isinstance(data, dict):
        with contextlib.suppress(RecipeError):
            Recipe.from_dict(data)
