import pytest

from git_jit.config import dump, parse
from git_jit.query import parse as parse_filter
from git_jit.templates import TEMPLATES, UnknownTemplate, template


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_a_valid_configuration(name: str) -> None:
    rules = template(name)
    assert parse(dump(rules)) == rules
    assert set(rules.membership.values()) <= set(rules.namespaces)


@pytest.mark.parametrize(("name", "text"), [pair for rules in TEMPLATES.values() for pair in rules.queries.items()])
def test_its_queries_are_filters(name: str, text: str) -> None:
    parse_filter(text)


def test_an_unknown_template_names_the_known_ones() -> None:
    with pytest.raises(UnknownTemplate) as caught:
        template("scrum")
    assert (caught.value.message, caught.value.hint) == (
        "no template 'scrum'",
        "templates are minimal, default, agile, research",
    )
