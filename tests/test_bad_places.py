"""Bad places from end to end: a lost reference, no permission, no space, no terminal, no git, no name, no home.

As in `test_bad_input` each case works or gets its typed error, and nothing is lost.
"""

import json
import os
import resource
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import JIT, LIMIT_S, PROGRAM, REF, Repo, check_hint, forget_index, ids, make_repo

# --- the reference --------------------------------------------------------------------------------------------


GARBAGE = {
    "words": "garbage\n",
    "nothing": "",
    "zeros": "\0" * 41,
    "no object": "12345678" * 5 + "\n",
    "null oid": "0" * 40 + "\n",
}
OTHER_KINDS = {"tag": "v1", "blob": f"{REF}:config.json", "tree": f"{REF}:"}


@pytest.mark.parametrize("kind", [*GARBAGE, *OTHER_KINDS])
def test_a_reference_that_names_no_commit(kind: str, repo: Repo) -> None:
    path = repo.path / ".git" / REF
    repo.git("tag", "-a", "-m", "x", "v1", REF)
    good = path.read_text()
    bad = GARBAGE[kind] if kind in GARBAGE else repo.git("rev-parse", OTHER_KINDS[kind]) + "\n"
    path.write_text(bad)
    for words in (["list"], ["create", "x"], ["init"], ["undo"]):
        done = repo.jit(*words, "--json")
        error = json.loads(done.out)["error"]
        assert done.status in {4, 128}, error
        assert error["code"] in {"ref_corrupt", "object_missing", "object_corrupt", "already_initialised"}
        check_hint(error["hint"])
        assert path.read_text() == bad
    path.write_text(good)
    assert len(repo.works("list").out.splitlines()) == 3


def test_a_reference_that_is_gone_is_no_new_tracker(repo: Repo) -> None:
    before = repo.everything()
    tip = repo.git("rev-parse", REF)
    (repo.path / ".git" / REF).unlink()
    for words in (["list"], ["create", "x"], ["status"]):
        done = repo.jit(*words, "--json")
        error = json.loads(done.out)["error"]
        assert (error["code"], done.status) == ("ref_missing", 128)
        check_hint(error["hint"])
    assert repo.jit("init").status == 4
    assert error["hint"] == "'git jit recover --list' shows what can be brought back"
    assert repo.works("recover", "--list").out.splitlines()[1].startswith(tip[:10])
    repo.works("recover", "--apply")
    assert repo.git("rev-parse", REF) == tip
    assert repo.everything() == before


# --- the machine ----------------------------------------------------------------------------------------------


def without_privileges(*words: str) -> list[str]:
    """root may write everywhere; without these capabilities it is a user like others."""
    if os.geteuid() != 0:
        return list(words)
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner", "--inh-caps=-all", *words]


def test_a_repository_that_is_read_only(repo: Repo) -> None:
    a = ids(repo)["A"]
    forget_index(repo)
    subprocess.run(["chmod", "-R", "a-w", ".git"], cwd=repo.path, check=True)

    def run(*words: str) -> subprocess.CompletedProcess[bytes]:
        env = {**repo.env, "GIT_EDITOR": "true"}
        command = without_privileges(*PROGRAM, *words)
        return subprocess.run(command, cwd=repo.path, env=env, capture_output=True, check=False)

    before = repo.everything()
    try:
        for words in (
            ["list"],
            ["show", a],
            ["ready"],
            ["log"],
            ["export"],
            ["create", "x", "--dry-run"],
        ):
            assert run(*words).returncode == 0, words
        told = run("validate", "--json")
        errors = {f["code"] for f in json.loads(told.stdout)["data"]["findings"] if f["severity"] == "error"}
        assert (told.returncode, errors) == (4, {"not_writable"})
        for words in (["create", "x"], ["close", a], ["config", "set", "stale_days", "3"], ["undo"], ["edit", a]):
            done = run(*words, "--json")
            assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (128, "not_writable"), words
    finally:
        subprocess.run(["chmod", "-R", "u+w", ".git"], cwd=repo.path, check=True)
    assert repo.everything() == before


def in_a_mount_of_its_own(repo: Repo, mount: str, *commands: str) -> subprocess.CompletedProcess[bytes]:
    """Run shell commands in a mount namespace, as root of a user namespace where we are not root."""
    isolate = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-r", "-m"]
    script = "\n".join([mount, f"cd '{repo.path}'", *commands])
    return subprocess.run([*isolate, "sh", "-ec", script], env=repo.env, capture_output=True, check=False)


def can_mount(tmp_path: Path) -> bool:
    done = in_a_mount_of_its_own(Repo(tmp_path), f"mount -t tmpfs -o size=64k tmpfs '{tmp_path}'")
    return done.returncode == 0


def test_a_file_system_that_is_read_only(repo: Repo, tmp_path: Path) -> None:
    if not can_mount(tmp_path):
        pytest.skip("nothing can be mounted here; a repository without permission to write is tried by another test")
    before = repo.everything()
    mount = f"mount --bind '{repo.path}' '{repo.path}'; mount -o remount,ro,bind '{repo.path}'"
    done = in_a_mount_of_its_own(repo, mount, f"{JIT} list", f"{JIT} create x --json || exit 9")
    assert done.returncode == 9, done.stderr
    listed, error = done.stdout.decode().rsplit("\n", 2)[:2]
    assert len(listed.splitlines()) == 3
    assert json.loads(error)["error"]["code"] == "not_writable"
    assert repo.everything() == before


FULL = (
    "dd if=/dev/zero of=fill bs=1k 2>/dev/null || true",
    f"{JIT} list >/dev/null",
    f"{JIT} create x --json && exit 1",
    f"{JIT} issue bulk-update --all -p high --json && exit 1",
    f"GIT_EDITOR=true {JIT} edit $({JIT} list --limit 1 --format '{{id}}' 2>/dev/null) --json && exit 1",
    "rm fill",
    f"{JIT} create later >/dev/null",
    "git fsck --strict 1>&2",
    f"{JIT} list --json",
)


def test_a_full_disk(repo: Repo, tmp_path: Path) -> None:
    """The real thing where a small file system can be mounted; `test_a_write_that_stops_half_way` runs everywhere."""
    if not can_mount(tmp_path):
        pytest.skip("nothing can be mounted here; writes that stop half-way are tried by another test")
    size = sum(file.stat().st_blocks // 2 for file in repo.path.rglob("*")) + 64
    copy = f"cp -a '{repo.path}' '{tmp_path}/copy'; mount -t tmpfs -o size={size}k tmpfs '{repo.path}'; cp -a '{tmp_path}/copy/.' '{repo.path}'"
    done = in_a_mount_of_its_own(repo, copy, *FULL)
    assert done.returncode == 0, done
    *errors, found = map(json.loads, done.stdout.decode().splitlines())
    assert [error["error"]["code"] for error in errors] == ["disk_full"] * 3
    assert sorted(issue["title"] for issue in found["data"]) == ["A", "B", "C", "later"]


@pytest.mark.parametrize("limit", [0, 64, 200, 4096])
def test_a_write_that_stops_half_way(limit: int, repo: Repo) -> None:
    """Every file of the process ends after `limit` bytes, as on a disk that fills up at that moment."""

    def cut() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    noise = os.urandom(8192).hex().encode()
    repo.refused("write_failed", 128, "create", "x", "-F", "-", stdin=noise, preexec_fn=cut)
    assert len(repo.works("list", preexec_fn=cut).out.splitlines()) == 3
    forget_index(repo)
    assert len(repo.works("list", preexec_fn=cut).out.splitlines()) == 3
    repo.works("create", "x", "-F", "-", stdin=noise)
    repo.git("fsck", "--strict")


@pytest.fixture
def stranger(repo: Repo, tmp_path: Path) -> Repo:
    """Somebody git knows nothing about."""
    (tmp_path / "empty").mkdir()
    repo.git("config", "--unset", "user.name")
    repo.git("config", "--unset", "user.email")
    repo.git("config", "user.useConfigOnly", "true")
    repo.env["HOME"] = str(tmp_path / "empty")
    return repo


def test_no_user_name(stranger: Repo) -> None:
    assert len(stranger.works("list").out.splitlines()) == 3
    error = stranger.refused("no_actor", 129, "create", "x")
    assert "user.name" in error["hint"]
    stranger.refused("no_identity", 128, "create", "x", "--actor", "agent:worker-1")
    named = {f"GIT_{role}_{part}": "x@y" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    stranger.works("create", "x", env={**stranger.env, **named, "JIT_ACTOR": "agent:worker-1"})


def test_no_home(repo: Repo) -> None:
    env = {"PATH": os.environ["PATH"]}
    repo.works("create", "homeless ü", env=env)
    assert "homeless ü" in repo.works("list", env=env).out
    assert "homeless ü" in repo.works("list", env={}).out


def test_no_terminal(repo: Repo) -> None:
    a = ids(repo)["A"]
    repo.refused("no_terminal", 129, "edit", a)
    repo.refused("no_terminal", 129, "create", "-e")
    repo.refused("title_missing", 129, "create")
    repo.refused("empty_text", 129, "comment", a)
    repo.refused("count_not_named", 4, "issue", "bulk-delete", "--filter", "title:C")
    shown = repo.works("query", "all", env={**repo.env, "GIT_PAGER": "false", "PAGER": "false", "TERM": "xterm"})
    assert "\x1b" not in shown.out + shown.err


def closing(*descriptors: int) -> Callable[[], None]:
    def close() -> None:
        for descriptor in descriptors:
            os.close(descriptor)

    return close


@pytest.mark.parametrize("descriptors", [(0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2)])
def test_closed_streams(descriptors: tuple[int, ...], repo: Repo) -> None:
    assert repo.jit("list", preexec_fn=closing(*descriptors)).status == 0
    assert repo.jit("create", "x", preexec_fn=closing(*descriptors)).status == 0
    assert repo.jit("show", "ffff", preexec_fn=closing(*descriptors)).status == 3
    assert "x" in ids(repo)
    assert [p.name for p in repo.path.iterdir()] == [".git"]


def test_output_that_cannot_be_written(repo: Repo) -> None:
    with Path("/dev/full").open("wb") as full:
        for words in (["list"], ["list", "--json"], ["create", "x"], ["show", "ffff", "--json"], ["version"]):
            done = repo.jit(*words, stdout=full)
            assert (done.status, done.out) == (128, "")
    assert "x" in ids(repo), "it was published before anything could be said about it"


@pytest.mark.parametrize("words", [["query", "all"], ["list", "--json"], ["events"], ["export"], ["version"], ["-h"]])
def test_a_broken_pipe(words: list[str], repo: Repo) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = repo.jit(*words, stdout=write)
    finally:
        os.close(write)
    assert (done.status, done.err) == (141, "")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_interrupted_while_it_waits(number: signal.Signals, status: int, repo: Repo, tmp_path: Path) -> None:
    """It waits for text that a fifo does not bring; opening our end tells that it is there."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    before = repo.everything()
    with repo.start("create", "x", "-F", str(fifo)) as process, fifo.open("wb"):
        process.send_signal(number)
        try:
            out, err = process.communicate(timeout=LIMIT_S / 2)
        except subprocess.TimeoutExpired:
            # It came after the interpreter had last looked and before it began to read: then people press once more.
            process.send_signal(number)
            out, err = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, out, err) == (status, b"", b"")
    assert repo.everything() == before


@pytest.mark.parametrize("locale", ["C", "POSIX", "no_SUCH.locale"])
def test_any_locale(locale: str, repo: Repo) -> None:
    for more in ({}, {"PYTHONUTF8": "0"}):  # the latter: Python believes what the locale says of encodings
        env = {**repo.env, "LANG": locale, "LC_ALL": locale, **more}
        title = f"größer → 日本 {len(more)}"
        repo.works("create", title, env=env)
        assert title in repo.works("list", env=env).out


@pytest.mark.parametrize("kind", ["LITERAL", "GLOB", "NOGLOB", "ICASE"])
def test_how_git_takes_paths_is_not_how_we_mean_them(kind: str, repo: Repo) -> None:
    """`git --icase-pathspecs jit …` hands it down; with any of them git refused what we asked."""
    id = next(iter(ids(repo).values()))
    (repo.path / "plan.md").write_text("# Plan\n")
    repo.git("add", "plan.md")
    repo.git("commit", "-q", "-m", "plan")
    repo.works("doc", "add", id, "plan.md")
    env = {**repo.env, f"GIT_{kind}_PATHSPECS": "1"}
    for command in (["issue", "history", id], ["doc", "history", "plan.md"], ["validate"]):
        assert repo.works(*command, env=env).out == repo.works(*command).out


def test_umask_0(tmp_path: Path) -> None:
    """Who lets everybody write gets what git gives in that case, and it works."""
    repo = make_repo(tmp_path, tmp_path)
    for words in (["init"], ["create", "x"], ["list"]):
        repo.works(*words, preexec_fn=lambda: os.umask(0))
    assert list(ids(repo)) == ["x"]


def test_no_git_on_the_path(repo: Repo, tmp_path: Path) -> None:
    """What happens every day starts no process, so it works; what needs git says so."""
    env = {**repo.env, "PATH": str(tmp_path)}
    a = ids(repo)["A"]
    forget_index(repo)
    for words in (["list"], ["create", "x"], ["update", a, "-p", "high"], ["comment", a, "hi"], ["close", a], ["undo"]):
        repo.works(*words, env=env)
    error = repo.refused("git_missing", 128, "show", a, "--at", "~1", env=env)
    assert error["hint"] == "install git 2.34 or newer"


@pytest.mark.parametrize("words", [["list"], ["create", "x"], ["init"], ["status"], ["config", "list"], ["validate"]])
def test_not_a_repository(words: list[str], outside: Path) -> None:
    repo = Repo(outside)
    done = repo.jit(*words, "--json")
    assert (done.status, json.loads(done.out)["error"]["code"]) == (128, "no_repository")
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("words", [["version"], ["schema"], ["completion", "bash"], ["help"]])
def test_what_needs_no_repository(words: list[str], outside: Path) -> None:
    Repo(outside).works(*words)


@pytest.mark.parametrize("place", ["/no/such/place", "/etc/passwd", "", ".", "\n"])
def test_a_git_dir_that_is_none(place: str, repo: Repo) -> None:
    env = {**repo.env, "GIT_DIR": place}
    for words in (["list"], ["create", "x"], ["init"]):
        done = repo.jit(*words, "--json", env=env)
        assert done.status == 128
        assert json.loads(done.out)["error"]["code"] == "no_repository"


def test_commits_from_beyond_the_calendar(repo: Repo) -> None:
    """git takes any number of seconds, and what was pushed once is in everybody's history for good."""
    far = {**repo.env, "GIT_COMMITTER_DATE": "@253402300800 +0000", "GIT_AUTHOR_DATE": "@253402300800 +0000"}
    id = next(iter(ids(repo).values()))
    (repo.path / "plan.md").write_text("# Plan\n")
    for words in (["add", "plan.md"], ["commit", "-q", "-m", "far"]):
        subprocess.run(["git", *words], cwd=repo.path, env=far, check=True)
    repo.works("doc", "add", id, "plan.md")
    tree, tip = repo.git("rev-parse", f"{REF}^{{tree}}"), repo.git("rev-parse", REF)
    words = ["git", "commit-tree", tree, "-p", tip, "-m", "foreign"]
    made = subprocess.run(words, cwd=repo.path, env=far, check=True, capture_output=True, text=True).stdout.strip()
    repo.git("update-ref", REF, made, tip)
    assert "9999-12-31" in repo.works("log").out
    assert "9999-12-31" in repo.works("doc", "history", "plan.md").out
    for command in (["events"], ["create", "x"], ["list", "--sort", "updated"], ["status"], ["undo"], ["validate"]):
        repo.works(*command)


def test_a_parent_that_ignores_its_children(repo: Repo) -> None:
    """An ignored SIGCHLD is handed down, and the kernel then forgets how processes ended: git's, or a gate's."""
    before = repo.works("list").out
    repo.git("gc", "-q")
    forget_index(repo)

    def ignore() -> None:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)

    assert repo.works("list", preexec_fn=ignore).out == before
    repo.works("doctor", preexec_fn=ignore)


def test_a_directory_that_is_gone(repo: Repo) -> None:
    gone = repo.path / "gone"
    gone.mkdir()
    script = f"cd gone; rmdir ../gone; exec {JIT} list --json"
    env = {**repo.env, "GIT_CEILING_DIRECTORIES": str(repo.path.parent)}
    done = subprocess.run(["sh", "-c", script], cwd=repo.path, env=env, capture_output=True, check=False)
    assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (128, "no_repository")


def test_configuration_that_git_cannot_read(repo: Repo) -> None:
    config = repo.path / ".git" / "config"
    good = config.read_text()
    config.write_text(good + "[broken\n")
    done = repo.jit("create", "x", "--json")
    assert done.status == 128
    assert "bad config line" in json.dumps(json.loads(done.out)["error"])
    config.write_text(good)
    assert "x" not in ids(repo)
