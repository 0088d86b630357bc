"""What hosts run when issues are pushed or proposed: `git jit check`, as a file for the tree of the issues.

It lies beside the issues and not in the code, because for a pull request a host runs what the branch says that it goes
into. Nothing of a proposal is executed: titles and branches reach the shell as variables, never as text of a script.
"""

import re
from typing import Final

from git_jit.errors import Refused
from git_jit.hosts import Kind

PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
"""Names of branches that mean only themselves in YAML, in a shell and in patterns of hosts."""

GITHUB: Final = ".github/workflows/jit-check.yml"
"""Read by GitHub, Gitea and Forgejo."""
GITLAB: Final = ".gitlab-ci.yml"

_SCRIPT: Final = """\
case "$BEFORE" in *[!0]*) new=no ;; *) new=yes ;; esac
if [ "$BRANCH" != "$ISSUES" ]; then set -- "origin/$ISSUES..$HEAD"
elif [ "$new" = no ]; then set -- "$BEFORE..$HEAD" --published
else exec git jit validate --rev "$HEAD"; fi
"""
"""A proposal is compared with what is published, a push with what was before; the first push has no before."""

_GITHUB: Final = """\
# Written by 'git jit init --publish'. It lies beside the issues, because for a pull request a host runs what the
# branch says that it goes into. See 'git jit help check'.
name: issues
on:
  push:
    branches: ["{pushes}"]
  pull_request:
    branches: ["{issues}"]
permissions:
  contents: read
jobs:
  check:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    steps:
      - uses: actions/checkout@v4
        with:
          ref: ${{{{ github.event.pull_request.head.sha || github.sha }}}}
          fetch-depth: 0
          persist-credentials: false
      - uses: actions/setup-python@v5
        with:
          python-version: "3.13"
      - run: python -m pip install --quiet git-jit
      - name: Check the issues
        env:
          ISSUES: {issues}
          BRANCH: ${{{{ github.event_name == 'push' && github.ref_name || 'a proposal' }}}}
          BEFORE: ${{{{ github.event.before }}}}
          HEAD: ${{{{ github.event.pull_request.head.sha || github.sha }}}}
        run: |
{script}
          git jit check "$@" --format markdown >>"$GITHUB_STEP_SUMMARY" || true
          git jit check "$@" --format github
"""

_GITLAB: Final = """\
# Written by 'git jit init --publish'. It lies beside the issues, because GitLab runs what the branch says that was
# pushed. See 'git jit help check'.
issues:
  image: python:3.13
  timeout: 10 minutes
  rules:
    - if: $CI_MERGE_REQUEST_TARGET_BRANCH_NAME == "{issues}"
    - if: $CI_COMMIT_BRANCH == "{issues}"
  variables:
    GIT_DEPTH: "0"
    ISSUES: {issues}
    BRANCH: $CI_COMMIT_BRANCH
    BEFORE: $CI_COMMIT_BEFORE_SHA
    HEAD: $CI_COMMIT_SHA
  script:
    - python -m pip install --quiet git-jit
    - git fetch --quiet origin "+refs/heads/$ISSUES:refs/remotes/origin/$ISSUES"
    - |
{script}
      git jit check "$@"
"""


class NoPipeline(Refused):
    """The name of the published branch cannot stand in the file of a pipeline."""

    code = "no_pipeline"


def pipeline(kind: Kind, branch: str) -> tuple[str, bytes]:
    """The path in the tree of the issues, and the file, for a host that publishes issues on `branch`.

    Raises `NoPipeline`.
    """
    if not PLAIN.fullmatch(branch):
        raise NoPipeline(
            f"the branch '{branch}' has a name that no file of a pipeline can hold",
            hint="'git jit config set jit.publishRef refs/heads/jit/issues' publishes under a plain one",
            details={"branch": branch},
        )
    template, path, indent = (_GITLAB, GITLAB, 6) if kind is Kind.GITLAB else (_GITHUB, GITHUB, 10)
    script = "\n".join(" " * indent + line for line in _SCRIPT.splitlines())
    directory = branch.rpartition("/")[0]
    pushes = f"{directory}/**" if directory else branch
    return path, template.format(issues=branch, pushes=pushes, script=script).encode()
