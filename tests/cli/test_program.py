"""From words to exit status: every way a command can end."""

import errno
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from git_jit.cli.program import run, wants_json
from git_jit.errors import Contention, Fatal, JitError, Refused
from git_jit.store import Store
from git_jit.view import View
from tests.cli.console import Console, FakeGit


class Failing:
    """A store whose first use fails."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def view(self, at: str | None = None) -> View:
        raise self.error

    def __getattr__(self, name: str) -> object:
        raise self.error

    def close(self) -> None:
        pass


def failing(error: BaseException) -> Console:
    return Console(store=Failing(error))  # type: ignore[arg-type]


def test_an_error_is_a_sentence_a_hint_and_a_status() -> None:
    result = failing(Refused("the door is 'locked'", hint="find the key"))("list")
    assert result == (4, "", "error: the door is 'locked'\nhint: find the key\n")


def test_a_fatal_error_says_so_like_git() -> None:
    assert failing(Fatal("not a git repository"))("list") == (128, "", "fatal: not a git repository\n")


def test_every_line_of_a_hint_is_marked() -> None:
    assert failing(Refused("no", hint="a:b\n^"))("list").err == "error: no\nhint: a:b\nhint: ^\n"


def test_advice_can_be_switched_off_for_all_of_git() -> None:
    console = failing(Refused("no", hint="find the key"))
    console.environ["GIT_ADVICE"] = "0"
    assert console("list").err == "error: no\n"


def test_a_message_cannot_reach_the_terminal_with_control_characters() -> None:
    assert failing(Refused("a\x1b[2Jb\nc"))("list").err == "error: a^[[2Jb c\n"


def test_with_json_an_error_is_the_envelope_and_nothing_else() -> None:
    result = failing(Contention("busy", hint="wait", details={"holder": 7}))("list", "--json")
    assert (result.status, result.err) == (6, "")
    assert json.loads(result.out) == {
        "schema": 1,
        "ok": False,
        "error": {"code": "busy", "message": "busy", "hint": "wait", "retryable": True, "details": {"holder": 7}},
    }


@pytest.mark.parametrize(
    ("words", "sentence", "hint"),
    [
        (["lst"], "no such command 'lst'; did you mean 'list' or 'ls'?", "'git jit -h' shows the usage"),
        (["isue", "list"], "no such command 'isue'; did you mean 'issue'?", "'git jit -h' shows the usage"),
        (["issue", "clos"], "no such command 'clos'; did you mean 'close'?", "'git jit issue -h' shows the usage"),
        (["qqqq"], "no such command 'qqqq'", "'git jit -h' shows the usage"),
        (["reject", "1abc"], "no such command 'reject'; did you mean 'issue reject'?", "'git jit -h' shows the usage"),
        (["add"], "no such command 'add'; did you mean 'dep add' or 'label add' or 'gate add' or 'doc add'?", "'git jit -h' shows the usage"),
        (["list", "--limt", "3"], "no such option '--limt'; did you mean '--limit'?", "'git jit list -h' shows the usage"),
        (["issue", "assign", "01ab"], "missing option '--to'", "'git jit issue assign -h' shows the usage"),
        (["list", "--json=id"], "option '--json' does not take a value", "'git jit list -h' shows the usage"),
        (["create", "x", "-m"], "option '-m' requires an argument", "'git jit create -h' shows the usage"),
        (["completion"], "missing argument '{bash|zsh|fish}'", "'git jit completion -h' shows the usage"),
        (["rm"], "no such command 'rm'; did you mean 'issue rm' or 'dep rm' or 'label rm' or 'gate rm' or 'doc rm'?", "'git jit -h' shows the usage"),
        (["show"], "missing argument 'ID...'", "'git jit show -h' shows the usage"),
        (["list", "--limit", "x"], "invalid value for '--limit' / '-L': 'x' is not a valid number", "'git jit list -h' shows the usage"),
        (["update", "01ab"], "nothing to change was given", "'git jit update -h' lists what can be changed"),
    ],
)  # fmt: skip
def test_words_that_cannot_be_understood(house: Console, words: list[str], sentence: str, hint: str) -> None:
    result = house(*words)
    assert (result.status, result.out) == (129, "")
    first, second = result.err.splitlines()
    assert first == f"error: {sentence}"
    assert second == f"hint: {hint}"


SLIPS = {
    "claim lst": "'list' or 'ls'",
    "list --filter stat:ready": "'state:'",
    "list --filter state:redy": "'ready'",
    "list --sort prioritty": "'priority'",
    "list --fields titel": "'title'",
    "list --format {titel}": "'title'",
    "update 02ab -s donee": "done",
    "update 02ab -p hihg": "high",
    "update 02ab --type bgu": "'bug'",
    "update 02ab --add-gate tsts": "'tests'",
    "create x --gate tsts": "'tests'",
    "gate show tsts": "'tests'",
    "gate preset pyhton": "'python'",
    "config set default_typ x": "'default_type'",
    "template show epci": "'epic'",
    "init --template defalt": "'default'",
    "query saved overdeu": "'overdue'",
    "schema isue": "'issue'",
    "completion bahs": "'bash'",
    "import --from beds x": "'beads'",
    "export --format jsn": "'json'",
    "issue create-many x --from jsno": "'json'",
    "graph critical-path --by estimte": "'estimate'",
    "errors list --severity storge": "'storage'",
    "events --kind state_chnged": "'state_changed'",
    "validate --only dependency_mising": "'dependency_missing'",
    "validate --explain cylce": "'cycle'",
}


@pytest.mark.parametrize("line", SLIPS)
def test_a_slip_of_the_hand_is_told_what_may_have_been_meant(line: str) -> None:
    console = Console()
    console.ok("init")
    console.ok("gate", "define", "tests")
    console.ok("create", "Repair the door")
    result = console(*line.replace("02ab", "01ab").split())
    assert result.status in {3, 4, 129}, result
    assert f"did you mean {SLIPS[line]}?" in result.err


def test_a_usage_error_with_json_is_an_envelope(house: Console) -> None:
    result = house("list", "--json", "--limit", "-3")
    assert result.status == 129
    assert result.error["code"] == "usage"


def test_no_words_show_the_help(jit: Console) -> None:
    result = jit()
    assert result.status == 0
    assert result.out == jit("-h").out == jit("--help").out == jit("help").out
    assert result.out.startswith("Usage: git jit [OPTIONS] COMMAND ...\n")


def test_the_help_says_where_there_is_more(jit: Console) -> None:
    end = "'git jit help COMMAND' tells more of one, and 'git help jit' opens the manual.\n"
    assert jit("-h").out.endswith(f"\n\n{end}")
    assert end not in jit("issue", "-h").out


def test_a_noun_alone_shows_its_help(jit: Console) -> None:
    assert jit("dep") == jit("dep", "-h") == jit("help", "dep")


@pytest.mark.parametrize("bad", ["t\udcfftle", "\udc80"])
def test_arguments_that_are_not_utf8_are_refused_before_anything(bad: str) -> None:
    result = failing(AssertionError("opened"))("create", bad)
    assert result.status == 129
    assert result.err.startswith("error: argument '")
    assert "is not valid UTF-8" in result.err


def test_standard_input_that_is_not_utf8_is_refused(jit: Console) -> None:
    result = jit("create", "x", "--body-file", "-", stdin=b"caf\xe9")
    assert result == (129, "", "error: standard input is not valid UTF-8 at byte 3\nhint: convert it to UTF-8\n")
    assert jit.ok("query", "all") == ""


def test_an_interrupt_ends_with_130() -> None:
    assert failing(KeyboardInterrupt())("list") == (130, "", "")


def test_a_bug_is_one_line_and_a_report(tmp_path: Path) -> None:
    console = failing(ZeroDivisionError("secret"))
    console.local = str(tmp_path)
    result = console("create", "My secret plan", "--label", "a:b")
    (report,) = (tmp_path / "log").iterdir()
    assert (result.status, result.out) == (70, "")
    assert result.err == (
        f"error: this is a bug in git jit: ZeroDivisionError; details are in '{report}'\n"
        "hint: please report it where you have git jit from, with that file and what 'git jit version' says\n"
    )
    text = report.read_text()
    assert "command create --label\n" in text
    assert "My secret plan" not in text.partition("Traceback")[0]
    assert "ZeroDivisionError" in text


def test_a_bug_while_reporting_falls_back_to_the_temporary_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    console = failing(ZeroDivisionError())
    console.local = "/dev/null"
    result = console("list", "--json")
    assert result.status == 70
    assert result.error["code"] == "bug"
    assert Path(result.error["details"]["log"]).parent == tmp_path


def test_debugging_shows_the_traceback() -> None:
    console = failing(ZeroDivisionError())
    console.environ["JIT_DEBUG"] = "1"
    assert "Traceback (most recent call last)" in console("list").err


class Gone(io.StringIO):
    """A pipe whose reader has left."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


class GoneAtTheEnd(io.StringIO):
    def flush(self) -> None:
        raise BrokenPipeError


@pytest.mark.parametrize("stream", [Gone, GoneAtTheEnd])
def test_a_reader_that_left_is_no_error(house: Console, stream: Callable[[], io.StringIO]) -> None:
    err = io.StringIO()
    assert run(["list"], house.app(stream(), err)) == 141
    assert err.getvalue() == ""


class Full(io.StringIO):
    """A file on a disk without space."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_behind_the_output_is_told(house: Console) -> None:
    err = io.StringIO()
    assert run(["list"], house.app(Full(), err)) == 128
    assert err.getvalue() == "fatal: cannot write the output: No space left on device\n"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [(["list", "--json"], True), (["list"], False), (["create", "--", "--json"], False), (["--json", "--"], True)],
)
def test_json_is_recognised_before_parsing(words: list[str], wanted: bool) -> None:
    assert wants_json(words) is wanted


def test_the_store_is_closed_whatever_happens() -> None:
    class Closing(Failing):
        closed = 0

        def close(self) -> None:
            self.closed += 1

    store = Closing(JitError("no"))
    Console(store=store)("list")  # type: ignore[arg-type]
    assert store.closed == 1


def test_the_actor_is_named_by_option_then_environment_then_configuration_then_identity() -> None:
    def created_by(console: Console, *options: str) -> object:
        console.ok("init")
        console.ok("create", "x", "-l", "type:task", *options)
        return console("show", "01ab", "--json").data["created_by"]

    git = FakeGit(settings={"jit.actor": "agent:configured"})
    assert created_by(Console(git=git, environ={"JIT_ACTOR": "ci:build"}), "--actor", "agent:x") == "agent:x"
    assert created_by(Console(git=git, environ={"JIT_ACTOR": "ci:build"})) == "ci:build"
    assert created_by(Console(git=git)) == "agent:configured"
    assert created_by(Console()) == "human:ada-lovelace"


@pytest.mark.parametrize(
    ("person", "actor"), [("艾达 <ada@example.org>", "human:ada"), ("Ünï Côdé <x@y>", "human:uni-code")]
)
def test_the_actor_of_a_person_is_one_plain_word(person: str, actor: str) -> None:
    console = Console(git=FakeGit(person=person))
    console.ok("init", "--template", "minimal")
    console.ok("create", "x")
    assert console("show", "01ab", "--json").data["created_by"] == actor


@pytest.mark.parametrize("person", [None, "<>", "艾达 <艾@x>"])
def test_nobody_to_act_is_a_typed_error(person: str | None) -> None:
    result = Console(git=FakeGit(person=person))("init", "--json")
    assert (result.status, result.error["code"]) == (129, "no_actor")


@pytest.mark.parametrize("name", ["agent worker", "Agent:x", "agent:", "a:b:c d"])
def test_a_malformed_actor_is_refused(jit: Console, name: str) -> None:
    assert jit("create", "x", "--actor", name, "--json").error["code"] == "bad_actor"


def test_the_store_protocol_is_what_the_console_uses() -> None:
    store: Store = Console().store
    store.close()


@pytest.mark.parametrize(("redirection", "status"), [(">&-", 0), ("2>&-", 0), ("<&-", 0), (">/dev/full", 128)])
def test_streams_may_be_closed_or_full(redirection: str, status: int) -> None:
    words = ["sh", "-c", f'exec {redirection}; exec "$0" -m git_jit help', sys.executable]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert "Traceback" not in done.stderr


def test_a_value_may_be_called_like_an_option(house: Console) -> None:
    assert house("create", "--title", "--json") == (0, "04abcde\n", "")
    assert house("update", "04ab", "-t", "--json").out == ""
    assert house("update", "04ab", "-d", "--json", "--json").data["outcomes"][0]["issue"]["title"] == "--json"
