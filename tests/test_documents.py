"""Documents from end to end: the real program, real repositories, odd names and hostile surroundings.

Each refusal has a code, a status and a next step, and leaves issues and code as they were.
"""

import os
import subprocess
from pathlib import Path

from tests.documenting import PLAN, of, refused, write
from tests.program import LIMIT_S, PROGRAM, REF, Repo, ids

# --- naming -------------------------------------------------------------------------------------------


def test_a_path_counts_from_where_one_stands(coded: Repo) -> None:
    a = ids(coded)["A"]
    below = Repo(coded.path / "docs", coded.env)
    assert (
        below.works("doc", "add", a, "plan.md", "--type", "design").out
        == f"{a[:7]}\tdocuments: +docs/plan.md (design)\n"
    )
    below.works("doc", "add", a, "../docs/design.md", "--commit", "HEAD")
    head = coded.git("rev-parse", "HEAD")
    assert of(coded, "A") == [f"docs/design.md@{head[:7]}", "docs/plan.md"]
    assert below.works("doc", "list", "plan.md").out == f"{a[:7]}\tready\tdocs/plan.md\t\tdesign\tA\n"
    assert below.works("doc", "rm", a, "./plan.md").out == f"{a[:7]}\tdocuments: -docs/plan.md (design)\n"
    assert below.works("doc", "rm", a, "design.md", "--commit", "HEAD").status == 0
    assert of(coded, "A") == []


def test_what_only_an_earlier_commit_has(coded: Repo) -> None:
    a, first = ids(coded)["A"], coded.git("rev-parse", "HEAD")
    coded.git("rm", "-q", "docs/plan.md")
    coded.git("commit", "-q", "-m", "away")
    error = refused(coded, "document_untracked", 3, "doc", "add", a, "docs/plan.md")
    assert error["hint"] == "'git jit doc add ID PATH --commit REV' names one that an earlier commit has"
    coded.works("doc", "add", a, "docs/plan.md", "--commit", "HEAD~1")
    assert of(coded, "A") == [f"docs/plan.md@{first[:7]}"]
    assert coded.works("doc", "show", a).out == PLAN
    refused(coded, "unknown_revision", 3, "doc", "add", a, "docs/plan.md", "--commit", "nope")


def test_bytes_that_are_no_text(coded: Repo) -> None:
    (coded.path / os.fsdecode(b"\xff.md")).write_text("x")
    coded.git("add", "--all")
    refused(coded, "bad_encoding", 129, b"doc", b"add", ids(coded)["A"].encode(), b"\xff.md")
    assert coded.works("doc", "check", "docs").status == 0


def test_a_page_with_a_name_that_is_no_text_is_read_where_nothing_is_checked_out(coded: Repo, tmp_path: Path) -> None:
    (coded.path / os.fsdecode(b"docs/\xff.md")).write_text("[a](gone.md)")
    coded.git("add", "--all")
    coded.git("commit", "-q", "-m", "odd")
    coded.git("clone", "-q", "--bare", ".", str(tmp_path / "bare"))
    bare = Repo(tmp_path / "bare", coded.env)
    bare.git("fetch", "-q", str(coded.path), f"{REF}:{REF}")
    faults = bare.jit("doc", "check", "docs", "--json").data["faults"]
    assert [(fault["path"], fault["code"]) for fault in faults] == [("docs/\udcff.md", "link_broken")]


def test_labels_are_one_line(coded: Repo) -> None:
    a = ids(coded)["A"]
    for field, text in (("--label", "a\nb"), ("--type", "\x1b[31m"), ("--label", ""), ("--type", "x" * 201)):
        refused(coded, "invalid_value", 4, "doc", "add", a, "docs/plan.md", field, text)


# --- places -------------------------------------------------------------------------------------------


def test_a_repository_without_a_commit_of_code(repo: Repo) -> None:
    a = ids(repo)["A"]
    assert repo.works("doc", "list").out == ""
    assert repo.works("doc", "check").status == 0
    write(repo, {"x.md": "x"}, commit=False)
    refused(repo, "document_untracked", 3, "doc", "add", a, "x.md")
    repo.git("add", "x.md")
    repo.works("doc", "add", a, "x.md")
    assert repo.works("doc", "show", a).out == "x"
    for words in (["history", a], ["diff", a], ["archive", a]):
        refused(repo, "no_code", 3, "doc", *words)
    refused(repo, "unknown_revision", 3, "doc", "add", a, "x.md", "--commit", "HEAD")


def test_a_bare_repository_has_what_its_head_has(coded: Repo, tmp_path: Path) -> None:
    a = ids(coded)["A"]
    coded.works("doc", "add", a, "docs/plan.md")
    coded.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    coded.git("push", "-q", str(tmp_path / "bare.git"), f"{REF}:{REF}")
    bare = Repo(tmp_path / "bare.git", coded.env)
    bare.git("config", "user.name", "Ada")
    bare.git("config", "user.email", "ada@example.org")
    bare.works("doc", "add", a, "docs/design.md")
    assert bare.works("doc", "show", a, "docs/plan.md").out == PLAN
    assert bare.works("doc", "check").status == 0
    assert "write" in bare.works("doc", "history", a, "docs/plan.md").out
    assert bare.works("doc", "diff", a, "docs/plan.md").out == ""
    for words in (["doc", "add", a, "/docs/plan.md"], ["doc", "add", a, "../x"]):
        bare.refused("document_outside", 4, *words)
    bare.refused("archive_refused", 4, "doc", "archive", a)


# --- showing ------------------------------------------------------------------------------------------


def on_a_terminal(repo: Repo, *words: str) -> str:
    command = " ".join(f"'{word}'" for word in [*PROGRAM, *words])
    done = subprocess.run(
        ["script", "-qec", command, "/dev/null"], cwd=repo.path, env={**repo.env, "PAGER": "cat", "TERM": "xterm"},
        capture_output=True, check=False, timeout=LIMIT_S, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.stdout.decode(errors="replace")


def test_raw_in_a_pipe_and_harmless_on_a_screen(coded: Repo) -> None:
    a, evil = ids(coded)["A"], b"\x1b]0;owned\x07 \x9b2J caf\xe9 \xff\n"
    (coded.path / "docs/plan.md").write_bytes(evil)
    coded.works("doc", "add", a, "docs/plan.md")
    with coded.start("doc", "show", a) as process:
        assert process.communicate(timeout=LIMIT_S)[0] == evil
    shown = on_a_terminal(coded, "doc", "show", a)
    assert "^[]0;owned^G" in shown
    assert not set(shown) & {"\x1b", "\x07", "\x9b"}
    assert not set(on_a_terminal(coded, "doc", "diff", a)) & {"\x1b", "\x07", "\x9b"}
    assert coded.works("doc", "show", a, "--json").data == {
        "path": "docs/plan.md", "commit": None, "size": len(evil), "content": None,
        "base64": "G10wO293bmVkByCbMkogY2Fm6SD/Cg==",
    }  # fmt: skip


def test_a_document_in_its_versions(coded: Repo) -> None:
    a, first = ids(coded)["A"], coded.git("rev-parse", "HEAD")
    coded.works("doc", "add", a, "docs/plan.md", "--commit", "HEAD")
    coded.git("mv", "docs/plan.md", "docs/road.md")
    coded.git("commit", "-q", "-m", "rename")
    write(coded, {"docs/road.md": PLAN + "More.\n"})
    shown = coded.works("doc", "diff", a).out
    assert "rename from docs/plan.md\nrename to docs/road.md\n" in shown
    assert shown.endswith("+More.\n")
    assert coded.works("doc", "diff", "docs/road.md", "--from", "HEAD~1", "--to", "HEAD").out.endswith("+More.\n")
    assert coded.works("doc", "diff", "docs/road.md", "--to", "HEAD").out == ""
    assert coded.works("doc", "show", a).out == PLAN
    assert coded.works("doc", "show", "docs/road.md").out == PLAN + "More.\n"
    rows = [line.split("\t") for line in coded.works("doc", "history", "docs/road.md").out.splitlines()]
    assert [(row[3], row[4]) for row in rows] == [
        ("docs/road.md", "write"), ("docs/plan.md \u2192 docs/road.md", "rename"), ("docs/plan.md", "write"),
    ]  # fmt: skip
    assert rows[-1][0] == first[:10]
    assert coded.works("doc", "history", "docs/road.md", "--limit", "1", "--json").data[0]["path"] == "docs/road.md"


def test_what_differs_is_told_under_every_name_of_a_file(coded: Repo) -> None:
    coded.git("mv", "docs/plan.md", "docs/road.md")
    coded.git("commit", "-q", "-m", "rename")
    write(coded, {"docs/road.md": PLAN + "More.\n"})
    coded.git("mv", "docs/road.md", "docs/way.md")  # staged alone
    names = ("docs/plan.md", "docs/road.md", "docs/way.md")
    shown = [coded.works("doc", "diff", name, "--from", "HEAD~2").out for name in names]
    assert "rename from docs/plan.md\nrename to docs/way.md\n" in shown[0]
    assert shown[0].endswith("+More.\n")
    assert shown == [shown[0]] * 3


def test_what_is_no_file_has_no_versions(coded: Repo) -> None:
    (coded.path / "link").symlink_to("docs/plan.md")
    coded.git("add", "--all")
    for path, status, code in (("docs", 4, "document_unfit"), ("nothing.md", 3, "document_untracked")):
        for words in (("show",), ("history",), ("diff",)):
            refused(coded, code, status, "doc", *words, path)
    refused(coded, "document_unfit", 4, "doc", "show", "link")
    write(coded, {"staged.md": "x"}, commit=False)
    coded.git("add", "staged.md")
    coded.works("doc", "show", "staged.md")
    coded.works("doc", "history", "staged.md")


def test_which_document_is_meant(coded: Repo) -> None:
    a = ids(coded)["A"]
    error = refused(coded, "document_ambiguous", 3, "doc", "show", a)
    assert error["hint"] == f"'git jit doc add {a[:7]} PATH' names one"
    coded.works("doc", "add", a, "docs/plan.md", "docs/design.md")
    error = refused(coded, "document_ambiguous", 3, "doc", "show", a)
    assert error["details"] == {"documents": ["docs/design.md", "docs/plan.md"]}
    refused(coded, "document_not_found", 3, "doc", "show", a, "README.md")
    refused(coded, "document_not_found", 3, "doc", "rm", a, "README.md")
    refused(coded, "issue_not_found", 3, "doc", "list", "ffff")
    refused(coded, "usage", 129, "doc", "show", a, "x", "y")


# --- following ----------------------------------------------------------------------------------------


def test_renamed_files_are_found_in_history_and_named_anew(coded: Repo) -> None:
    a, b = ids(coded)["A"], ids(coded)["B"]
    for id in (a, b):
        coded.works("doc", "add", id, "docs/plan.md")
    coded.works("close", a)
    for old, new in (("docs/plan.md", "docs/road.md"), ("docs/road.md", "docs/img/map.md")):
        coded.git("mv", old, new)
        coded.git("commit", "-q", "-m", "rename", "--no-verify")
    done = coded.jit("doc", "check", b)
    assert (done.status, done.out.splitlines()[0]) == (
        1, f"docs/plan.md\tdocument_renamed\twas renamed to 'docs/img/map.md' (named by {b[:7]})",
    )  # fmt: skip
    before = coded.git("rev-list", "--count", REF)
    assert coded.jit("doc", "check", "--fix", "--dry-run").status == 1
    assert coded.git("rev-list", "--count", REF) == before
    coded.jit("doc", "check", "--fix")
    assert int(coded.git("rev-list", "--count", REF)) == int(before) + 1
    assert of(coded, "A") == of(coded, "B") == ["docs/img/map.md"]
    assert "document_renamed" not in coded.jit("doc", "check", "--all").out


# --- archiving ----------------------------------------------------------------------------------------


def test_archiving_from_end_to_end(coded: Repo) -> None:
    a, b = ids(coded)["A"], ids(coded)["B"]
    for id in (a, b):
        coded.works("doc", "add", id, "docs/plan.md")
    coded.works("hooks", "install")
    head, tip = coded.git("rev-parse", "HEAD"), coded.git("rev-parse", REF)
    done = coded.works("doc", "archive", a, "--dry-run")
    assert (coded.git("status", "--porcelain"), coded.git("rev-parse", REF)) == ("", tip)
    assert coded.works("doc", "archive", a).out == done.out == (
        "move\tdocs/plan.md\tdocs/archive/plan.md\nmove\tdocs/img/a b.png\tdocs/archive/img/a b.png\n"
        "links\tdocs/design.md\n" + "".join(f"issue\t{id[:7]}\t{t}\n" for id, t in sorted([(a, "A"), (b, "B")]))
    )  # fmt: skip
    assert coded.git("rev-parse", f"{REF}~1") == tip
    assert coded.git("rev-parse", "HEAD") == head
    assert of(coded, "A") == of(coded, "B") == ["docs/archive/plan.md"]
    coded.git("commit", "-q", "-m", "archive the plan")
    assert coded.git("status", "--porcelain") == ""
    assert coded.works("doc", "check").err == "1 file, 2 links: 0 faults\n"
    assert coded.works("validate").out == ""
    assert [row.split("\t")[4] for row in coded.works("doc", "history", a).out.splitlines()] == [
        "archive the plan", "write",
    ]  # fmt: skip
    refused(coded, "nothing_to_archive", 3, "doc", "archive", a)


def test_archiving_what_is_in_the_way(coded: Repo) -> None:
    a = ids(coded)["A"]
    coded.works("doc", "add", a, "docs/plan.md")
    for path in ("docs/design.md", "docs/plan.md", "docs/archive/plan.md"):
        write(coded, {path: "mine"}, commit=False)
        refused(coded, "move_blocked", 4, "doc", "archive", a)
        assert (coded.path / path).read_text() == "mine"
        coded.git("checkout", "-q", ".")
        (coded.path / "docs/archive/plan.md").unlink(missing_ok=True)
    refused(coded, "document_outside", 4, "doc", "archive", a, "--to", "../x")
    refused(coded, "archive_refused", 4, "doc", "archive", a, "--to", "docs/design.md")
    coded.works("config", "set", "archive_never", "docs")
    refused(coded, "archive_refused", 4, "doc", "archive", a)
    refused(coded, "config_invalid", 4, "config", "set", "archive_directory", "../x")
