"""The console blocks of README and docs are run, in order, one shell and one fresh repository a page.

`$ ` begins a command (`> ` continues it); what follows is its whole output, both streams. A hexadecimal name of seven
digits or more stands for any of its length, a time for any time, `…` for anything within a line, a line that is only
`…` for any lines, `[4]` alone for exit status 4. With JIT_ACCEPT=1 the expected output is rewritten; read the diff.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from git_jit.store.repository import Repository
from git_jit.store.trusting import Approvals

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
ACCEPTING = "JIT_ACCEPT" in os.environ  # asked here, because tests run in an environment without such variables
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    command: str
    expected: str


def steps_of(block: str) -> list[Step]:
    steps: list[Step] = []
    command: list[str] = []
    output: list[str] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            if command:
                steps.append(Step("\n".join(command), "\n".join(output)))
            command, output = [line[2:]], []
        elif line.startswith("> ") and not output:
            command.append(line[2:])
        else:
            output.append(line)
    return [*steps, Step("\n".join(command), "\n".join(output))]


def run_all(steps: list[Step], where: Path) -> list[str]:
    """Run the commands in one shell; each answer is its output and, if not 0, `[status]`."""
    mark = "=-=-= end of step"
    script = "".join(f"{step.command}\nstatus=$?; echo; echo '{mark}' $status\n" for step in steps)
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "100",
        "PAGER": "cat",
        "PYTHONUNBUFFERED": "1",  # both streams in the order of a terminal
    }
    done = subprocess.run(
        ["bash"], input=script, cwd=where, env=env, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240,
    )  # fmt: skip
    answers = []
    rest = done.stdout
    for match in re.finditer(rf"(.*?)\n{mark} (\d+)\n", rest, re.DOTALL):
        status = "" if match[2] == "0" else f"[{match[2]}]"
        answers.append("\n".join(part for part in (match[1].strip("\n"), status) if part))
    return answers


VARYING = re.compile(
    r"(?P<anything>…)"
    r"|(?P<time>\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z|(?<=\t)\d{4}-\d\d-\d\d(?=\t))"  # a column of its own: a day
    r"|(?P<name>\b(?=[a-f]*[0-9])[0-9a-f]{7,40}\b)"
)


def pattern_of(line: str) -> str:
    """A regular expression for a line of output, as the page shows it."""
    if line.strip() == "…":
        return r"(?:.*\n)*"
    found, position = "", 0
    for match in VARYING.finditer(line):
        found += re.escape(line[position : match.start()])
        position = match.end()
        if match["anything"]:
            found += ".*"
        elif match["name"]:
            found += f"[0-9a-f]{{{len(match['name'])}}}"
        else:
            found += re.sub(r"\d", r"\\d", re.escape(match["time"]))
    return found + re.escape(line[position:]) + r"[ \t]*\n"


def fits(expected: str, actual: str) -> bool:
    pattern = "".join(map(pattern_of, expected.splitlines()))
    return re.fullmatch(pattern, actual + "\n" if actual else "") is not None


def session(page: Path) -> list[Step]:
    return [step for block in BLOCK.findall(page.read_text()) for step in steps_of(block)]


@pytest.mark.parametrize("page", [p for p in PAGES if BLOCK.search(p.read_text())], ids=lambda p: p.name)
def test_console_blocks_say_what_happens(page: Path, tmp_path: Path) -> None:
    where = tmp_path / "project"
    where.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=where, check=True)
    environ = dict(os.environ)  # the reader is a person at a terminal, and the shell of a test is not
    Approvals(Repository.open(str(where), environ).layout, environ).let_own_count({"by": "the reader of a page"})
    steps = session(page)

    answers = run_all(steps, where)

    if ACCEPTING:
        accept(page, steps, answers)
        return
    assert len(answers) == len(steps), f"the shell stopped after: {steps[len(answers) - 1].command}"
    for step, actual in zip(steps, answers, strict=True):
        assert fits(step.expected, actual), f"$ {step.command}\nexpected:\n{step.expected}\nactual:\n{actual}"


def accept(page: Path, steps: list[Step], answers: list[str]) -> None:
    text = page.read_text()
    position = 0
    for step, actual in zip(steps, answers, strict=False):
        command = "$ " + step.command.replace("\n", "\n> ")
        old = f"{command}\n{step.expected}\n" if step.expected else f"{command}\n"
        start = text.index(old, position)
        new = old if fits(step.expected, actual) else (f"{command}\n{actual}\n" if actual else f"{command}\n")
        text = text[:start] + new + text[start + len(old) :]
        position = start + len(new)
    page.write_text(text)


def test_a_changed_word_is_noticed(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    answers = run_all([Step("echo hello; false", "")], tmp_path)
    assert answers == ["hello\n[1]"]
    assert fits("hel…\n[1]", answers[0])
    assert not fits("hello", answers[0])


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ("", "", True),
        ("", "hello", False),
        ("3f9c2a1\tready", "0123abc\tready", True),
        ("3f9c2a1\tready", "0123abc\tdone", False),
        ("3f9c2a1\tready", "0123abc7\tready", False),
        ("defaced a.b", "decaded a.b", False),
        ("2026-11-21T09:00:00Z", "2031-01-02T03:04:05Z", True),
        ("2026-11-21T09:00:00Z", "2031-01-02T03:04:05.000000Z", False),
        ("a.c …", "a.c d", True),
        ("a.c", "abc", False),
        ("one\n…\ntwo", "one\ntwo", True),
        ("one\n…\ntwo", "one\n1\n2\ntwo", True),
        ("one\n…", "two", False),
    ],
)
def test_what_a_page_may_leave_open(expected: str, actual: str, same: bool) -> None:
    assert fits(expected, actual) is same


# --- links ----------------------------------------------------------------------------------------------

LINK = re.compile(r"\[[^]]+\]\(([^)\s]+)\)")
ELSEWHERE = re.compile(r"[a-z]+:")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def prose(page: Path) -> str:
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    return [link for link in LINK.findall(prose(page)) if not ELSEWHERE.match(link)]


def anchors(page: Path) -> set[str]:
    """The fragments that a page's headings can be linked by, as hosts make them."""
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in HEADING.findall(prose(page))}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        address, _, fragment = link.partition("#")
        target = page.parent / address if address else page
        if not target.exists() or (fragment and fragment not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page.is_dir():
            waiting += page.glob("*.md")
        elif page.suffix == ".md" and page.exists() and page not in reached:
            reached.add(page)
            waiting += [page.parent / link.partition("#")[0] for link in links(page)]
    assert {str(page.relative_to(ROOT)) for page in PAGES if page.resolve() not in reached} == set()
