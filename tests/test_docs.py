"""The console blocks of README and docs are run, in order, one shell and one fresh repository a page.

`$ ` begins a command (`> ` continues it); what follows is its whole output, both streams. `…` stands for
anything within a line; a line that is only `…` for any lines; `[4]` alone for exit status 4. With JIT_ACCEPT=1 the
expected output is rewritten; read the diff.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
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


def fits(expected: str, actual: str) -> bool:
    pattern = "".join(
        r"(?:.*\n)*" if line.strip() == "…" else re.escape(line).replace("…", ".*") + r"\s*\n"
        for line in expected.splitlines()
    )
    return re.fullmatch(pattern, actual + "\n" if actual else "") is not None


def session(page: Path) -> list[Step]:
    return [step for block in BLOCK.findall(page.read_text()) for step in steps_of(block)]


@pytest.mark.parametrize("page", [p for p in PAGES if BLOCK.search(p.read_text())], ids=lambda p: p.name)
def test_console_blocks_say_what_happens(page: Path, tmp_path: Path) -> None:
    where = tmp_path / "project"
    where.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=where, check=True)
    steps = session(page)

    answers = run_all(steps, where)

    if os.environ.get("JIT_ACCEPT"):
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
