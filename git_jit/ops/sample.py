"""Makes trackers that look like real ones: for the demo, for benchmarks, for tests.

The shape follows what was measured on real trackers: 75-95 % closed, 0.5-3 edges an issue of which about
45 % are parent-child and 45 % blocking, out-degree to 11-25, chains 12-26 deep, bodies with a long tail,
0-5 labels of a few hundred, 5-140 actors.

The same profile gives the same issues in every process and on every version of Python: only `random()` and
`getrandbits()` are used, whose sequences are promised, and no floating-point function whose last digit
depends on the platform.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from random import Random
from typing import Final, TypeVar

from git_jit.config import Config, Namespace
from git_jit.model import (
    Actor,
    Comment,
    CommentId,
    Date,
    Document,
    Gate,
    GateKey,
    GateMode,
    GateStage,
    GateStatus,
    GateVerdict,
    Issue,
    IssueId,
    Link,
    LinkType,
    Priority,
    State,
    Timestamp,
)
from git_jit.ops import sample_words as words
from git_jit.record import record, replace
from git_jit.view import Plan

T = TypeVar("T")

START: Final = datetime(2025, 1, 6, 9, tzinfo=UTC)
"""When the first issue of a sample was created."""
SPAN: Final = timedelta(days=540)
"""From the first issue to the last."""
MAX_DEPTH: Final = 20
"""Of a dependency chain, beside the one long chain of `CHAIN`."""
CHAIN: Final = (12, 26)
MAX_CHILDREN: Final = 100
BODY_QUANTILES: Final = (0, 20, 60, 120, 220, 350, 520, 760, 1_100, 1_900, 3_600)
"""Characters of a description, by tenths; one in `LONG` is longer."""
LONG: Final = 400
LONG_BODY: Final = (10_000, 50_000)
DEGREES: Final = (0,) * 55 + (1,) * 25 + (2,) * 11 + (3,) * 5 + (4,) * 2 + (6, 9)
"""How many earlier issues one waits for, in a hundred."""
HUB: Final = (11, 25)
"""How many the few issues wait for that gather a whole area; one in `HUBS`."""
HUBS: Final = 250


@record(kw_only=True)
class Profile:
    """What to make. `dirt` adds what real data has: a cycle, dangling edges, duplicates, odd spellings."""

    issues: int = 1_000
    seed: int = 1
    closed: float = 0.85
    foreign: float = 0.10
    """The part of titles that are not ASCII."""
    dirt: bool = False


@record
class Sample:
    """A whole tracker, oldest issue first."""

    profile: Profile
    issues: tuple[Issue, ...]
    comments: tuple[Comment, ...]
    gates: tuple[Gate, ...]
    config: Config

    def plan(self) -> Plan:
        """The plan that puts all of it into an empty store."""
        return Plan(
            issues={issue.id: issue for issue in self.issues},
            comments={(comment.issue, comment.id): comment for comment in self.comments},
            gates={gate.key: gate for gate in self.gates},
            config=self.config,
        )


def sample(profile: Profile) -> Sample:
    """Make the tracker that `profile` describes. About 0.1 ms an issue."""
    maker = _Maker(profile)
    issues = maker.issues()
    if profile.dirt:
        issues = _with_dirt(issues, maker.dice)
    return Sample(profile, tuple(issues), tuple(maker.comments), GATES, CONFIG)


GATES: Final = (
    Gate(
        key=GateKey("tests"),
        title="All tests pass",
        mode=GateMode.AUTO,
        argv=("sh", "-c", "make test"),
        timeout_s=900,
    ),
    Gate(key=GateKey("lint"), title="No warnings", mode=GateMode.AUTO, argv=("sh", "-c", "make lint")),
    Gate(key=GateKey("review"), title="Somebody has read it", stage=GateStage.POSTCHECK),
    Gate(key=GateKey("design"), title="The design is agreed", stage=GateStage.PRECHECK),
)
TYPES: Final = {"milestone": 1, "epic": 2, "story": 3, "task": 4, "bug": 4, "chore": 4}
CONFIG: Final = Config(
    namespaces={
        "type": Namespace(description="What kind of work this is", unique=True),
        "epic": Namespace(description="The epic it belongs to"),
        "milestone": Namespace(description="The release it is meant for", unique=True),
        "component": Namespace(description="The part of the program it touches"),
    },
    types=TYPES,
    strategic_types=("milestone", "epic"),
    membership={"epic": "epic", "milestone": "milestone"},
    default_type="task",
)


class Dice:
    """The few random choices a sample is made of, each from one `random()`."""

    __slots__ = ("_random", "bits")

    def __init__(self, seed: int) -> None:
        source = Random(seed)
        self._random = source.random
        self.bits = source.getrandbits

    def below(self, limit: int) -> int:
        """0 to `limit` - 1, all alike."""
        return int(self._random() * limit)

    def between(self, bounds: tuple[int, int]) -> int:
        return bounds[0] + self.below(bounds[1] - bounds[0] + 1)

    def chance(self, part: float) -> bool:
        return self._random() < part

    def pick(self, items: Sequence[T]) -> T:
        return items[int(self._random() * len(items))]

    def skewed(self, items: Sequence[T]) -> T:
        """The first ones far more often than the last: names, labels and parents are used like that."""
        part = self._random()
        return items[int(part * part * len(items))]


class _Maker:
    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.dice = Dice(profile.seed)
        self.actors = _actors(profile.issues)
        self.tags = tuple(f"tag:{topic}-{number}" for number in range(1, 21) for topic in words.TOPICS)
        self.comments: list[Comment] = []
        self.made: list[Issue] = []
        self.depth: list[int] = []
        self.children: dict[int, int] = {}
        count = profile.issues
        parents = max(min(count // 25, 130), count // 80)
        self.parents = sorted({count * number // (parents + 1) for number in range(parents)})
        self.parent_set = frozenset(self.parents)
        self.chain = _chain(count, self.dice.between(CHAIN))
        self.lines, self.ends = _corpus(self.dice)

    def issues(self) -> list[Issue]:
        for number in range(self.profile.issues):
            self.made.append(self._issue(number))
        return self.made

    def _issue(self, number: int) -> Issue:
        dice = self.dice
        id = IssueId(f"{dice.bits(128):032x}")
        closed_now = self._is_closed(number)
        waits = [self.made[other] for other in self._dependencies(number, closed=closed_now)]
        parent = self._parent(number)
        state = dice.pick(CLOSED) if closed_now else self._open_state(waits)
        created = START + SPAN * number / max(1, self.profile.issues) + timedelta(seconds=dice.below(3_600))
        closed = self._closed(created, waits) if state.terminal else None
        author = dice.skewed(self.actors)
        busy = state is not State.BACKLOG and state is not State.READY
        issue = Issue(
            id=id,
            title=self._title(number),
            created_at=_stamp(created, dice.below(1_000_000)),
            created_by=author,
            description=self._body(),
            state=state,
            priority=dice.pick(PRIORITIES),
            assignee=dice.skewed(self.actors) if busy or dice.chance(0.2) else None,
            labels=self._labels(number, parent),
            dependencies=tuple(sorted(issue.id for issue in waits)),
            links=self._links(number, parent),
            gates=self._gates(state, closed),
            documents=(Document(path=f"docs/design/{id[:8]}.md", label="Design"),) if dice.chance(0.15) else (),
            context={"branch": f"work/{id[:8]}"} if dice.chance(0.05) else {},
            due=Date((created + timedelta(days=dice.below(60))).date().isoformat()) if dice.chance(0.05) else None,
            estimate=30 * (1 + dice.below(16)) if dice.chance(0.2) else None,
            closed_at=closed,
            close_reason="not worth the complexity" if state is State.REJECTED else None,
        )
        if dice.chance(0.1):
            self._comment(issue, created)
        return issue

    def _is_closed(self, number: int) -> bool:
        """Old issues are mostly closed, young ones mostly open."""
        young = 1 - number / self.profile.issues <= (1 - self.profile.closed) * 1.25
        return number in self.chain or not self.dice.chance(0.75 if young else 0.02)

    def _dependencies(self, number: int, *, closed: bool) -> list[int]:
        """Earlier issues to wait for: near ones, because work that belongs together is planned together.

        Nothing is closed before what it waits for.
        """
        dice = self.dice
        wanted = dice.between(HUB) if number and number % HUBS == 0 else dice.pick(DEGREES)
        near = min(number, 60)
        found = set()
        for _ in range(wanted if near else 0):
            other = number - 1 - dice.below(near)
            if self.depth[other] < MAX_DEPTH and (not closed or self.made[other].state.terminal):
                found.add(other)
        link = self.chain.get(number, number)
        if link != number and self.depth[link] < CHAIN[1]:
            found.add(link)
        self.depth.append(1 + max((self.depth[other] for other in found), default=0))
        return sorted(found)

    def _parent(self, number: int) -> int | None:
        """An earlier parent with room, for about two issues in three."""
        known = bisect_left(self.parents, number)
        if number in self.parent_set or not known or not self.dice.chance(0.8):
            return None
        chosen = self.dice.skewed(self.parents[:known][::-1])
        if self.children.get(chosen, 0) >= MAX_CHILDREN:
            return None
        self.children[chosen] = self.children.get(chosen, 0) + 1
        return chosen

    def _open_state(self, waits: Sequence[Issue]) -> State:
        blocked = any(not issue.state.terminal for issue in waits)
        return State.BACKLOG if blocked else self.dice.pick(OPEN)

    def _closed(self, created: datetime, waits: Sequence[Issue]) -> Timestamp:
        at = _stamp(created + timedelta(minutes=30 + self.dice.below(20_000)), self.dice.below(1_000_000))
        return max([at, *(issue.closed_at for issue in waits if issue.closed_at)])

    def _title(self, number: int) -> str:
        dice = self.dice
        if dice.chance(self.profile.foreign):
            return dice.pick(words.FOREIGN)
        title = f"{dice.pick(words.VERBS)} {dice.pick(words.THINGS)}{dice.pick(words.PLACES)}"
        return f"{dice.pick(words.TOPICS).capitalize()}: {title.lower()}" if number in self.parent_set else title

    def _body(self) -> str:
        dice = self.dice
        if dice.below(LONG) == 0:
            length = dice.between(LONG_BODY)
        else:
            tenth = dice.below(len(BODY_QUANTILES) - 1)
            length = dice.between((BODY_QUANTILES[tenth], BODY_QUANTILES[tenth + 1]))
        first = dice.below(len(self.lines))
        last = bisect_left(self.ends, self.ends[first] + length, lo=first)
        return "\n".join(self.lines[first:last]).strip("\n")

    def _labels(self, number: int, parent: int | None) -> tuple[str, ...]:
        dice = self.dice
        if dice.chance(0.06):
            return ()
        labels = {"type:epic" if number in self.parent_set else f"type:{dice.pick(LEAVES)}"}
        if parent is not None:
            labels.add(f"epic:{_slug(parent)}")
        if dice.chance(0.55):
            labels.add(f"component:{dice.skewed(words.COMPONENTS)}")
        if dice.chance(0.5):
            labels.add(f"milestone:v0.{1 + 12 * number // self.profile.issues}")
        if dice.chance(0.4):
            labels.add(dice.pick(self.tags))
        return tuple(sorted(labels))

    def _links(self, number: int, parent: int | None) -> tuple[Link, ...]:
        links = [Link(LinkType.PARENT, self.made[parent].id)] if parent is not None else []
        if number and self.dice.chance(0.09):
            links.append(Link(LinkType.DISCOVERED_FROM, self.made[self.dice.below(number)].id))
        if number and self.dice.chance(0.03):
            type_ = self.dice.pick((LinkType.RELATES_TO, LinkType.DUPLICATES, LinkType.SUPERSEDES))
            links.append(Link(type_, self.made[self.dice.below(number)].id))
        return tuple(sorted(links))

    def _gates(self, state: State, closed: Timestamp | None) -> dict[GateKey, GateStatus]:
        if self.dice.chance(0.4):
            return {}
        keys = [gate.key for gate in GATES if self.dice.chance(0.5)]
        passed = GateStatus(status=GateVerdict.PASSED, at=closed, by=Actor("ci:runner"))
        return dict.fromkeys(keys, passed if state is State.DONE else GateStatus())

    def _comment(self, issue: Issue, created: datetime) -> None:
        for number in range(1 + self.dice.below(3)):
            at = created + timedelta(hours=1 + number)
            milliseconds = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
            self.comments.append(
                Comment(
                    id=CommentId(_ulid(milliseconds << 80 | self.dice.bits(80))),
                    issue=issue.id,
                    author=self.dice.skewed(self.actors),
                    created_at=_stamp(at, 0),
                    body=self.dice.pick(words.SENTENCES) or "+1",
                )
            )


PRIORITIES: Final = (Priority.LOW,) + (Priority.NORMAL,) * 9 + (Priority.HIGH,) * 8 + (Priority.CRITICAL,)
CLOSED: Final = (State.DONE,) * 27 + (State.REJECTED, State.REJECTED, State.ARCHIVED)
OPEN: Final = (State.READY,) * 12 + (State.IN_PROGRESS,) * 5 + (State.GATED,) + (State.BACKLOG,) * 2
LEAVES: Final = ("task",) * 12 + ("bug",) * 5 + ("story",) * 2 + ("chore",)


def _actors(issues: int) -> tuple[Actor, ...]:
    count = min(140, max(5, issues // 70))
    names = [f"{name}{suffix or ''}" for suffix in range(8) for name in words.PEOPLE]
    return tuple(Actor(f"{'agent' if number % 3 else 'human'}:{names[number]}") for number in range(count))


def _chain(count: int, length: int) -> dict[int, int]:
    """One long chain through the middle of the tracker: issue to the one it waits for, the first to itself."""
    step = max(1, count // 3 // length)
    stops = [stop for number in range(length) if (stop := count // 3 + number * step) < count]
    return {stops[0]: stops[0], **{later: earlier for earlier, later in pairwise(stops)}} if stops else {}


def _corpus(dice: Dice) -> tuple[list[str], list[int]]:
    """Lines to cut descriptions from, long enough for the longest one, and where each ends."""
    lines: list[str] = []
    length = 0
    while length < 4 * LONG_BODY[1]:
        lines.append(dice.pick(words.SENTENCES))
        length += len(lines[-1]) + 1
    return lines, list(accumulate(len(line) + 1 for line in lines))


def _slug(parent: int) -> str:
    return f"{words.TOPICS[parent % len(words.TOPICS)]}-{parent}"


def _stamp(at: datetime, microsecond: int) -> Timestamp:
    return Timestamp(f"{at:%Y-%m-%dT%H:%M:%S}.{microsecond:06d}Z")


def _ulid(number: int) -> str:
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number >> 5 * place & 31] for place in reversed(range(26)))


def _with_dirt(issues: list[Issue], dice: Dice) -> list[Issue]:
    """A dangling edge in fifty, a duplicate in a hundred, and one cycle of three."""
    result = list(issues)
    for number, issue in enumerate(issues):
        if number % 50 == 7:
            absent = IssueId(f"{dice.bits(128):032x}")
            result[number] = replace(issue, dependencies=tuple(sorted((*issue.dependencies, absent))))
        elif number % 100 == 42:
            result[number] = replace(issue, title=issues[number - 1].title, description=issues[number - 1].description)
    if len(result) >= 3:
        first, second, third = (result[number] for number in range(3))
        for number, waiter, blocker in ((0, first, second), (1, second, third), (2, third, first)):
            ids = {*result[number].dependencies, blocker.id}
            result[number] = replace(waiter, dependencies=tuple(sorted(ids)))
    return result
