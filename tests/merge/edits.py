"""Random commands on a small tracker, each with a token in what it writes, so that nothing can vanish unseen."""

from collections.abc import Callable
from typing import Any

from git_jit import graph
from git_jit.codec import issue_document
from git_jit.merge.stored import decode, without
from git_jit.model import Issue, IssueId, State, Timestamp
from git_jit.paths import comment_path, gate_path, issue_path, place_of
from git_jit.workflow import TABLE
from tests.merge.world import Tree, World

ISO = Timestamp("2026-11-21T09:00:00.000000Z")
GATE = "tests"
PENDING = {"at": None, "by": None, "run": None, "status": "pending", "tree": None}
TWINS = (IssueId("0" * 32), IssueId("7" * 32))
"""One of them moves up when it collides, the other down."""


def ids(tree: Tree) -> list[IssueId]:
    return [place.issue for path in tree if (place := place_of(path)).issue and not place.comment]


def create(world: World, tree: Tree) -> None:
    if len(ids(tree)) >= world.most_issues:
        return
    id = IssueId(f"{world.random.getrandbits(128):032x}")
    issue = Issue(id=id, title=world.token(), created_at=ISO, description=f"{world.token()}\n\nend")
    tree[issue_path(id)] = issue_document(issue)


def twin(world: World, tree: Tree) -> None:
    """An id that others take too: an import that was made twice, or a copied file."""
    created = Timestamp(f"2026-11-2{world.random.randint(0, 1)}T09:00:00.000000Z")
    id = world.random.choice(TWINS)
    if issue_path(id) not in tree:
        tree[issue_path(id)] = issue_document(Issue(id=id, title=world.token(), created_at=created))


def change(world: World, tree: Tree, field: str, value: Any) -> None:
    if found := ids(tree):
        path = issue_path(world.random.choice(found))
        tree[path] = {**tree[path], field: value(tree[path]) if callable(value) else value}


def title(world: World, tree: Tree) -> None:
    change(world, tree, "title", world.token())


def assignee(world: World, tree: Tree) -> None:
    change(world, tree, "assignee", f"human:{world.token()}")


def priority(world: World, tree: Tree) -> None:
    change(world, tree, "priority", world.random.choice(["low", "normal", "high", "critical"]))


def unknown(world: World, tree: Tree) -> None:
    change(world, tree, f"x_{world.random.choice('ab')}", {"deep": {world.random.choice("pq"): world.token()}})


def context(world: World, tree: Tree) -> None:
    def edit(document: dict[str, Any]) -> dict[str, Any]:
        key = world.random.choice("abc")
        rest = {name: value for name, value in document["context"].items() if name != key}
        return rest if world.random.random() < 0.3 else {**rest, key: world.token()}

    change(world, tree, "context", edit)


def description(world: World, tree: Tree) -> None:
    def edit(document: dict[str, Any]) -> list[str]:
        lines = list(document["description"])
        place = world.random.randint(0, len(lines))
        lines[place : place + world.random.randint(0, 1)] = [world.token()] if world.random.random() < 0.7 else []
        return [] if lines == [""] else lines

    change(world, tree, "description", edit)


def label(world: World, tree: Tree) -> None:
    def edit(document: dict[str, Any]) -> list[str]:
        labels = list(document["labels"])
        if labels and world.random.random() < 0.5:
            labels.remove(world.random.choice(labels))
        elif world.random.random() < 0.3:
            labels = [one for one in labels if not one.startswith("sprint:")] + [f"sprint:{world.token()}"]
        else:
            labels.append(f"c:{world.token()}")
        return sorted(labels)

    change(world, tree, "labels", edit)


def _connect(world: World, tree: Tree, read: Callable[[Any], list[str]]) -> tuple[str, str] | None:
    """A new edge that closes no circle here."""
    found = ids(tree)
    if len(found) < 2:
        return None
    source, target = world.random.sample(found, 2)
    edges: dict[str, list[str]] = {id: read(tree[issue_path(id)]) for id in found}
    if target in edges[source] or graph.path(edges, target, source):
        return None
    return source, target


def depend(world: World, tree: Tree) -> None:
    if edge := _connect(world, tree, lambda document: document["dependencies"]):
        path = issue_path(IssueId(edge[0]))
        tree[path] = {**tree[path], "dependencies": sorted([*tree[path]["dependencies"], edge[1]])}


def independ(world: World, tree: Tree) -> None:
    change(world, tree, "dependencies", lambda d: d["dependencies"][1:])


def parent(world: World, tree: Tree) -> None:
    def parents(document: dict[str, Any]) -> list[str]:
        return [link["target"] for link in document["links"] if link["type"] == "parent"]

    if edge := _connect(world, tree, parents):
        path = issue_path(IssueId(edge[0]))
        rest = [link for link in tree[path]["links"] if link["type"] != "parent"]
        added = {"type": "parent", "target": edge[1], "note": "kept"}
        tree[path] = {**tree[path], "links": sorted([*rest, added], key=lambda k: (k["type"], k["target"]))}


def comment(world: World, tree: Tree) -> None:
    if found := ids(tree):
        issue, id = world.random.choice(found), f"01J{world.random.getrandbits(100):023}"[:26]
        document = {"author": None, "body": [world.token()], "created_at": ISO, "id": id, "issue": issue}
        tree[comment_path(issue, id)] = document | {"replaces": None, "schema": 1}


def state(world: World, tree: Tree) -> None:
    def move(document: dict[str, Any]) -> dict[str, Any]:
        now = State(document["state"])
        to = world.random.choice([target for target, rule in TABLE.items() if now in rule.sources] or [State.BACKLOG])
        closing: dict[str, Any] = {"closed_at": None, "close_reason": None}
        if to.terminal and now.terminal:
            closing = {name: document[name] for name in closing}
        elif to.terminal:
            closing = {"closed_at": ISO, "close_reason": world.token()}
        return {**document, **closing, "state": to.value}

    if found := ids(tree):
        path = issue_path(world.random.choice(found))
        tree[path] = move(tree[path])


def delete(world: World, tree: Tree) -> None:
    found = ids(tree)
    if len(found) < 2:
        return
    gone = world.random.choice(found)
    for path in [path for path in tree if gone in path and not path.startswith("conflicts/")]:
        del tree[path]
    for id in ids(tree):
        path, document = issue_path(id), tree[issue_path(id)]
        waits = [target for target in document["dependencies"] if target != gone]
        links = [link for link in document["links"] if link["target"] != gone]
        if (waits, links) != (document["dependencies"], document["links"]):
            tree[path] = {**document, "dependencies": waits, "links": links}


def name_document(world: World, tree: Tree) -> None:
    """A file of the code, as `doc add` and `doc rm` name it: under one path, pinned to a commit or not."""

    def edit(document: dict[str, Any]) -> list[dict[str, Any]]:
        path, commit = f"docs/{world.random.choice('ab')}.md", world.random.choice([None, "c" * 40])
        rest = [one for one in document["documents"] if (one["path"], one["commit"]) != (path, commit)]
        if world.random.random() < 0.7:
            rest.append({"commit": commit, "label": world.token(), "pages": 3, "path": path, "type": None})
        return sorted(rest, key=lambda one: (one["path"], one["commit"] or ""))

    change(world, tree, "documents", edit)


def external(world: World, tree: Tree) -> None:
    def edit(document: dict[str, Any]) -> dict[str, str]:
        return {**document["external"], world.random.choice(["plan", "jira"]): world.token()}

    change(world, tree, "external", edit)


def verdict(world: World, tree: Tree) -> None:
    def edit(document: dict[str, Any]) -> dict[str, Any]:
        at = Timestamp(f"2026-11-21T09:{world.random.randint(0, 59):02}:00.000000Z")
        said = {
            "at": at,
            "by": "ci:x",
            "run": world.token(),
            "tree": None,
            "definition": world.random.choice("de") * 64,
        }
        return {**document["gates"], GATE: {**said, "status": world.random.choice(["passed", "failed"])}}

    change(world, tree, "gates", edit)


def require(world: World, tree: Tree) -> None:
    """A gate that is required from now on, or not any more."""

    def edit(document: dict[str, Any]) -> dict[str, Any]:
        key = world.random.choice([GATE, "review"])
        rest = {name: value for name, value in document["gates"].items() if name != key}
        return rest if key in document["gates"] else {**rest, key: PENDING}

    change(world, tree, "gates", edit)


def define(world: World, tree: Tree) -> None:
    path = gate_path(GATE)  # type: ignore[arg-type]
    document = tree.get(path, {"key": GATE, "schema": 1, "title": "Tests"})
    field = world.random.choice(["title", "argv", "pins"])
    value = [*document.get("pins", []), world.token()] if field == "pins" else [world.token()]
    tree[path] = {**document, field: world.token() if field == "title" else sorted(value)}
    for issue in map(issue_path, ids(tree)):  # a definition that changes takes the passes of its own clone along
        gates = tree[issue]["gates"]
        if field != "title" and GATE in gates and gates[GATE]["status"] == "passed":
            tree[issue] = {**tree[issue], "gates": {**gates, GATE: PENDING}}


def configure(world: World, tree: Tree) -> None:
    document = tree["config.json"]
    match world.random.randint(0, 7):
        case 4:
            rule = {"forbidden_labels": ["z:*"], "message": world.token()}
            document = {**document, "rules": {**document.get("rules", {}), world.random.choice("ab"): rule}}
        case 5:
            template = {"description": world.token(), "issues": [{"key": "a", "title": world.token()}]}
            document = {**document, "templates": {**document.get("templates", {}), world.random.choice("ab"): template}}
        case 6:
            categories = {**document.get("archive_categories", {}), world.random.choice("ab"): f"docs/{world.token()}"}
            document = {**document, "archive_categories": categories}
        case 7:
            document = {**document, "archive_never": sorted([*document.get("archive_never", []), world.token()])}
        case 0:
            queries = {**document.get("queries", {}), world.random.choice("ab"): world.token()}
            document = {**document, "queries": queries}
        case 1:
            document = {**document, "types": {"bug": 1, world.token(): 2}, "default_type": None}
        case 2:
            document = {**document, "default_type": world.random.choice([*document["types"]])}
        case _:
            document = {**document, "types": {"bug": 1}, "default_type": None}
    tree["config.json"] = document


def resolve(world: World, tree: Tree) -> None:
    """Decide one conflict in favour of what was kept."""
    found = [path for path in tree if path.startswith("conflicts/")]
    if not found:
        return
    path = world.random.choice(sorted(found))
    conflict = decode(tree[path])
    assert conflict is not None, tree[path]
    rest = without(tree[path], [world.random.choice(conflict.lost)])
    if rest is None:
        del tree[path]
    else:
        tree[path] = rest


COMMANDS: tuple[tuple[Callable[[World, Tree], None], int], ...] = (
    (create, 4), (title, 3), (assignee, 2), (priority, 2), (unknown, 2), (context, 3), (description, 4), (label, 5),
    (depend, 6), (independ, 2), (parent, 3), (comment, 3), (state, 5), (delete, 1), (verdict, 2), (define, 1),
    (configure, 2), (resolve, 1), (twin, 1), (name_document, 3), (external, 1), (require, 1),
)  # fmt: skip
"""What may happen, and how often."""
