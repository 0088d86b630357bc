"""What `validate --explain` says about rules of the repository: in lines, and as JSON."""

from collections.abc import Iterable, Iterator

from git_jit.cli.json_out import minified
from git_jit.cli.sanitize import one_line
from git_jit.model import IssueId, Json, short
from git_jit.ops.explaining import RuleSaid
from git_jit.text import counted
from git_jit.validate.rules import Explained, TermSaid


def lines_of(said: Iterable[RuleSaid]) -> Iterator[str]:
    """The lines for people, ready to be shown."""
    for each in said:
        yield from map(one_line, _rule(each))
        for id, explained in each.issues:
            yield from map(one_line, _issue(id, explained))


def _rule(said: RuleSaid) -> Iterator[str]:
    data = dict(said.data)
    severity, enforced, message = data.pop("severity"), data.pop("enforce"), data.pop("message")
    head = f"rule '{said.name}' ({severity}{', enforced' if enforced else ''})"
    yield f"{head}: {message}" if message else head
    when = data.pop("when")
    yield f"    about: {when if when is not None else 'every issue'}"
    yield f"    requires: {minified(data).rstrip()}"
    if not said.is_asked:
        yield "    not asked: it is off, cannot be understood, or goes by the day or the code and the past was asked"
    elif said.about is not None:
        yield f"    now: about {counted(said.about, 'issue')}, broken by {said.broken}"


def _issue(id: IssueId, explained: Explained) -> Iterator[str]:
    yield f"  '{short(id)}' {_verdict(explained)}"
    if explained.terms:
        yield f"    {'about it' if explained.is_about else 'not about it'}: {'; '.join(map(_term, explained.terms))}"
    if explained.answer is None:
        return
    yield f"    looked for: {explained.answer.wanted}"
    yield f"    found: {explained.answer.found}"
    for lack in explained.answer.lacks:
        yield f"    lacks: {lack.message}"
        if lack.hint:
            yield f"    next: {lack.hint}"


def _verdict(explained: Explained) -> str:
    if explained.answer is None:
        return "is not what the rule is about"
    return "breaks it" if explained.answer.lacks else "meets it"


def _term(term: TermSaid) -> str:
    value = f" ({', '.join(term.value)})" if term.value else ""
    return f"{term.text} {'holds' if term.holds else 'does not hold'}{value}"


def values_of(said: Iterable[RuleSaid]) -> list[Json]:
    """The same as data."""
    return [
        {
            "rule": each.name,
            "data": each.data,
            "asked": each.is_asked,
            "about": each.about,
            "broken": each.broken,
            "issues": [_value(id, explained) for id, explained in each.issues],
        }
        for each in said
    ]


def _value(id: IssueId, explained: Explained) -> dict[str, Json]:
    answer = explained.answer
    return {
        "id": id,
        "is_about": explained.is_about,
        "terms": [{"term": term.text, "holds": term.holds, "value": [*term.value]} for term in explained.terms],
        "wanted": answer.wanted if answer else None,
        "found": answer.found if answer else None,
        "met": not answer.lacks if answer else None,
        "lacks": [{"message": lack.message, "hint": lack.hint} for lack in answer.lacks] if answer else [],
    }
