"""Templates: plans with holes, filled by what is known when they are applied.

A hole is `{name}` in any text of an entry. What fills it is data: it is put in place as it is and never looked at
again, so a title that looks like a notation or another hole stays a title. `{{` and `}}` are braces.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from git_jit.canonical import Malformed
from git_jit.config import NAME_PATTERN
from git_jit.errors import NotFound, UsageError
from git_jit.model import Json, short
from git_jit.plans import Place, PlanInvalid, Problem, WorkPlan, derived_key
from git_jit.plans.as_json import raws_of, where_in
from git_jit.plans.entries import Raw, plan_of
from git_jit.reader import Reader
from git_jit.record import field, record

CONTAINER: Final = ("container.id", "container.short_id", "container.title")
"""Holes that every template has: the issue it is applied to, or the one that it creates for that."""
EACH: Final = "each"
"""The key of an entry that names a parameter of many values: one issue for each, which is its `ITEM`."""
ITEM: Final = "item"
FROM_CONTAINER: Final = ("key", "depends_on", "blocks", "links", "gates")
"""What the entry of the container says about an issue that is there already."""
MAX_VALUES: Final = 500
"""Values of one parameter."""

_HOLE: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


class NoTemplate(NotFound):
    """There is no such template here. `details` has `templates`."""

    code = "no_template"


class BadParameter(UsageError):
    """A value was given that the template does not take, or one is missing that it needs."""

    code = "bad_parameter"


class TemplateInvalid(PlanInvalid):
    """A template cannot be used as it is."""

    code = "template_invalid"
    advice = "correct the template; 'git jit template show epic --json' is one that works"


@record(kw_only=True)
class Parameter:
    """One hole that whoever applies the template fills."""

    description: str = ""
    default: str | None = None
    """None: it must be given, if a hole needs it; one with many values may always be left out."""
    many: bool = False


@record(kw_only=True)
class Template:
    """A plan with holes."""

    name: str
    description: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    container: str | None = None
    """The key of the entry that stands for the issue the template is applied to, when there is one."""
    applies_to: tuple[str, ...] = ()
    """The types of issues it can be applied to; empty: any."""
    issues: tuple[Mapping[str, Json], ...] = ()


@record(kw_only=True)
class Container:
    """The issue that a template is applied to."""

    id: str
    title: str


def parse(name: str, document: Json) -> Template:
    """The template that `document` says, tried with made-up values. Raises `TemplateInvalid` with all mistakes."""
    where = where_in(f"templates.{name}")
    problems: list[Problem] = []
    try:
        read = Reader(document, "")
        template = Template(
            name=name,
            description=read.optional("description") or "",
            parameters=_parameters(read),
            container=read.optional("container"),
            applies_to=tuple(read.strings("applies_to")),
            issues=tuple(issue.rest for issue in read.objects("issues")),
        )
    except Malformed as error:
        path = str(error.details["path"]).removeprefix("$").removeprefix(".")
        raise TemplateInvalid([Problem(place=where(path), message=str(error.details["reason"]))]) from None
    problems += [Problem(place=where(key), message="is not a field of a template") for key in read.rest]
    problems += [
        Problem(place=where(f"parameters.{one}"), message=message)
        for one in template.parameters
        if (message := _objection_to_name(one))
    ]
    if template.container is not None and template.container not in {key_of(issue) for issue in template.issues}:
        problems.append(Problem(place=where("container"), message=f"names '{template.container}', the key of no issue"))
    _raise(problems)
    _try(template)
    return template


def _objection_to_name(parameter: str) -> str | None:
    if parameter in {ITEM, *CONTAINER}:
        return "means something in every template already"
    return None if re.fullmatch(NAME_PATTERN, parameter) else "must be a name of letters, digits and '._-'"


def objection(name: str, document: Json) -> TemplateInvalid | None:
    """Why the template cannot be used; None if it can."""
    try:
        parse(name, document)
    except TemplateInvalid as error:
        return error
    return None


def _parameters(read: Reader) -> dict[str, Parameter]:
    inner = Reader(read.object("parameters"), ".parameters")
    found = {}
    for name in list(inner.rest):
        one = Reader(inner.rest[name], f".parameters.{name}")
        found[name] = Parameter(
            description=one.optional("description") or "", default=one.optional("default"), many=one.flag("many")
        )
        for key in one.rest:
            raise one.fail(key, "is not a field of a parameter")
    return found


def dump(template: Template) -> dict[str, Json]:
    """The inverse of `parse`."""
    return {
        "description": template.description,
        "parameters": {
            name: {"description": one.description, "default": one.default, "many": one.many}
            for name, one in template.parameters.items()
        },
        "container": template.container,
        "applies_to": list(template.applies_to),
        "issues": [dict(issue) for issue in template.issues],
    }


def _try(template: Template) -> None:
    """Fill every hole with something, with and without a container that is there."""
    given = {name: ["x", "y"] if one.many else ["x"] for name, one in template.parameters.items()}
    for container in (None, Container(id="0" * 32, title="x")) if template.container else (None,):
        try:
            instantiate(template, given, container, new_id="0" * 32)
        except PlanInvalid as error:
            raise TemplateInvalid([_problem(problem) for problem in _problems_of(error)]) from None


def _problems_of(error: PlanInvalid) -> list[Mapping[str, object]]:
    found = error.details["problems"]
    assert isinstance(found, list)  # as `PlanInvalid` makes it
    return found


def _problem(problem: Mapping[str, object]) -> Problem:
    return Problem(place=Place(text=str(problem["place"])), message=str(problem["message"]))


def instantiate(
    template: Template,
    given: Mapping[str, Sequence[str]],
    container: Container | None,
    *,
    new_id: str,
    name: str | None = None,
    take_over: bool = True,
) -> WorkPlan:
    """The plan that the template makes of `given` values.

    `container` is the issue it is applied to; without one its place is taken by a new issue, whose id will be `new_id`.
    Without `take_over`, dependencies stay where they are. Raises `BadParameter`, `PlanInvalid`.
    """
    values = _values(template, given, bound=container is not None)
    filler = _Filler(template, values, container, new_id)
    raws = filler.raws()
    if not take_over:
        raws = [Raw(fields={k: v for k, v in raw.fields.items() if k != "takes_over"}, where=raw.where) for raw in raws]
    return plan_of(name, raws, filler.problems, where_in(f"templates.{template.name}"))


def _used(template: Template, *, bound: bool) -> set[str]:
    """The names in holes. Of the container's entry, if it is `bound` to an issue, only what is said of such a one."""
    found: set[str] = set()
    for issue in template.issues:
        whole = not (bound and key_of(issue) == template.container)
        todo: list[Json] = [value for name, value in issue.items() if whole or name in FROM_CONTAINER]
        while todo:
            match todo.pop():
                case str() as text:
                    found.update(hole[1] for hole in _HOLE.finditer(text) if hole[1])
                case list() as members:
                    todo += members
                case dict() as members:
                    todo += members.values()
                case _:
                    pass
    return found


def _values(template: Template, given: Mapping[str, Sequence[str]], *, bound: bool) -> dict[str, list[str]]:
    known = template.parameters
    for name, said in given.items():
        if name not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            raise BadParameter(f"the template '{template.name}' has no parameter '{name}'", hint=takes)
        if len(said) > 1 and not known[name].many:
            raise BadParameter(f"'{name}' takes one value, not {len(said)}", hint=f"give --set {name}=… once")
        if len(said) > MAX_VALUES:
            raise BadParameter(f"'{name}' takes at most {MAX_VALUES} values, not {len(said)}")
    missing = [name for name, one in known.items() if not one.many and one.default is None and not given.get(name)]
    if missing := [name for name in missing if name in _used(template, bound=bound)]:
        needs = ", ".join(f"'{name}'" for name in missing)
        said = " ".join(f"--set {name}='…'" for name in missing)
        raise BadParameter(f"the template '{template.name}' needs {needs}", hint=f"add {said}")
    return {name: list(given.get(name) or ([] if one.many else [one.default or ""])) for name, one in known.items()}


class _Filler:
    """One application of a template."""

    def __init__(
        self, template: Template, values: Mapping[str, Sequence[str]], container: Container | None, new_id: str
    ) -> None:
        self.problems: list[Problem] = []
        self._template = template
        self._values = values
        self._container = container
        self._texts = {name: said[0] for name, said in values.items() if not template.parameters[name].many and said}
        self._copies: dict[str, list[str]] = {}
        """Keys of entries that are repeated, with those of their copies."""
        if container is None:
            title = next((str(i.get("title", "")) for i in template.issues if key_of(i) == template.container), "")
            title = _HOLE.sub(lambda found: self._texts.get(found[1] or "", ""), title)
            container = Container(id=new_id, title=title)
        self._texts |= dict(zip(CONTAINER, (container.id, short(container.id), container.title), strict=True))

    def raws(self) -> list[Raw]:
        path = f"templates.{self._template.name}.issues"
        raws = raws_of([dict(issue) for issue in self._template.issues], {}, path, self.problems)
        expanded = [copy for raw in raws for copy in self._each(raw)]
        return [self._redirected(self._bound(raw)) for raw in expanded]

    def _each(self, raw: Raw) -> list[Raw]:
        """The entry with its holes filled; one for each value of what it names in `each`."""
        fields = dict(raw.fields)
        many = fields.pop(EACH, None)
        if many is None:
            return [Raw(fields=self._filled(fields, raw, self._texts), where=raw.where)]
        if not isinstance(many, str) or many not in self._values or not self._template.parameters[many].many:
            self.problems.append(Problem(place=raw.where(EACH), message="must name a parameter of many values"))
            return []
        key = key_of(fields)
        items = self._values[many]
        copies = [f"{key}-{number}" for number in range(1, len(items) + 1)]
        waits = fields.get("depends_on")
        # Whoever waits for one of none waits for what that would have waited for.
        self._copies[key] = copies or (
            [one for one in waits if isinstance(one, str)] if isinstance(waits, list) else []
        )
        return [
            Raw(fields={**self._filled(fields, raw, {**self._texts, ITEM: item}), "key": copy}, where=raw.where)
            for copy, item in zip(copies, items, strict=True)
        ]

    def _bound(self, raw: Raw) -> Raw:
        """The entry of the container as one that stands for an issue, if there is one."""
        if self._container is None or key_of(raw.fields) != self._template.container:
            return raw
        kept = {name: value for name, value in raw.fields.items() if name in FROM_CONTAINER}
        return Raw(fields={**kept, "key": key_of(raw.fields), "issue": self._container.id}, where=raw.where)

    def _redirected(self, raw: Raw) -> Raw:
        """The entry with the copies of what it refers to."""
        fields = dict(raw.fields)
        for name in ("depends_on", "blocks", "takes_over"):
            members = fields.get(name)
            if isinstance(members, list):
                fields[name] = [new for one in members for new in self._copies_of(one)]
        return Raw(fields=fields, where=raw.where)

    def _copies_of(self, key: Json, depth: int = 0) -> list[Json]:
        copies = self._copies.get(key) if isinstance(key, str) and depth <= len(self._copies) else None
        if copies is None:
            return [key]
        return [new for one in copies for new in (self._copies_of(one, depth + 1) if one in self._copies else [one])]

    def _filled(self, fields: Mapping[str, Json], raw: Raw, texts: Mapping[str, str]) -> dict[str, Json]:
        return {name: self._fill(value, raw, name, texts) for name, value in fields.items()}

    def _fill(self, value: Json, raw: Raw, path: str, texts: Mapping[str, str]) -> Json:
        match value:
            case str():
                return _HOLE.sub(lambda found: self._hole(found, raw, path, texts), value)
            case list():
                return [self._fill(one, raw, f"{path}[{n}]", texts) for n, one in enumerate(value)]
            case dict():
                return {name: self._fill(one, raw, f"{path}.{name}", texts) for name, one in value.items()}
            case _:
                return value

    def _hole(self, found: re.Match[str], raw: Raw, path: str, texts: Mapping[str, str]) -> str:
        if found[0] in {"{{", "}}"}:
            return found[0][0]
        name = found[1]
        if name in texts:
            return texts[name]
        said = f"'{{{name}}}' is no hole; holes are {', '.join(texts)}" if name is not None else "has a brace alone"
        self.problems.append(Problem(place=raw.where(path), message=f"{said}; write '{{{{' for a brace"))
        return "x"


def key_of(fields: Mapping[str, Json]) -> str:
    """The key of an entry of a template: the one it says, else that of its title, holes and all."""
    return str(fields.get("key") or derived_key(str(fields.get("title", ""))))


def _raise(problems: Sequence[Problem]) -> None:
    if problems:
        raise TemplateInvalid(problems)
