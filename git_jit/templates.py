"""Ready-made configurations for `git jit init --template`: namespaces, a hierarchy of types, saved queries."""

from collections.abc import Mapping
from typing import Final

from git_jit.config import Config, Namespace
from git_jit.errors import NotFound
from git_jit.text import suggestion


class UnknownTemplate(NotFound):
    code = "unknown_template"


_QUERIES: Final = {
    "mine": "assignee:me is:open",
    "next": "is:ready assignee:none",
    "overdue": "is:overdue",
    "stuck": "is:blocked priority:>=high",
}
"""Questions that need no rules to be worth asking."""

_TYPE: Final = Namespace(description="What kind of work this is; exactly one", unique=True, required=True)
_COMPONENT: Final = Namespace(description="The part of the product it is about")

TEMPLATES: Final[Mapping[str, Config]] = {
    "minimal": Config(),
    "default": Config(
        namespaces={
            "component": _COMPONENT,
            "epic": Namespace(description="The larger goal it belongs to"),
            "milestone": Namespace(description="The release or date it belongs to", unique=True),
            "type": _TYPE,
        },
        types={"milestone": 1, "epic": 2, "task": 3, "bug": 3, "enhancement": 3},
        strategic_types=("milestone", "epic"),
        membership={"epic": "epic", "milestone": "milestone"},
        default_type="task",
        queries={**_QUERIES, "bugs": "type:bug is:open"},
    ),
    "agile": Config(
        namespaces={
            "component": _COMPONENT,
            "epic": Namespace(description="The initiative it belongs to"),
            "milestone": Namespace(description="The release it belongs to", unique=True),
            "points": Namespace(description="Size by agreement", unique=True, values=("1", "2", "3", "5", "8", "13")),
            "sprint": Namespace(description="The iteration it is planned for", unique=True),
            "story": Namespace(description="The user story it belongs to"),
            "team": Namespace(description="Who owns it", unique=True),
            "type": _TYPE,
        },
        types={"milestone": 1, "epic": 2, "story": 3, "task": 4, "bug": 4, "spike": 4},
        strategic_types=("milestone", "epic"),
        membership={"epic": "epic", "milestone": "milestone", "story": "story"},
        default_type="task",
        queries={
            **_QUERIES,
            "bugs": "type:bug is:open",
            "stories": "type:story is:open",
            "unplanned": "is:open NOT label:sprint:*",
        },
        stale_days=14,
    ),
    "research": Config(
        namespaces={
            "area": Namespace(description="The field it is about"),
            "experiment": Namespace(description="The experiment it belongs to"),
            "method": Namespace(description="How it is approached"),
            "paper": Namespace(description="The publication it is for"),
            "question": Namespace(description="The research question it helps to answer"),
            "type": _TYPE,
        },
        types={"question": 1, "paper": 1, "experiment": 2, "analysis": 3, "reading": 3, "writing": 3, "task": 3},
        strategic_types=("question", "paper"),
        membership={"experiment": "experiment", "paper": "paper", "question": "question"},
        default_type="task",
        queries={**_QUERIES, "experiments": "type:experiment is:open", "reading": "type:reading is:open"},
        stale_days=30,
    ),
}


def template(name: str) -> Config:
    """The configuration called `name`. Raises `UnknownTemplate`."""
    if name in TEMPLATES:
        return TEMPLATES[name]
    raise UnknownTemplate(f"no template '{name}'", hint=suggestion(name, TEMPLATES, known="templates are"))
