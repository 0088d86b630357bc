#!/bin/sh
# Install git jit for one user, try it, test it, or take it away again. Needs no root.
#
#   ./install.sh              install
#   ./install.sh --demo       install, then show the main job on 1,000 issues
#   ./install.sh --test       make the development environment in .venv and run every check and test
#   ./install.sh --uninstall  remove everything an install put in place
#
# Options: --prefix DIR (default: $HOME/.local). Everything installed lies below it.

set -eu

MIN_PYTHON=3.11      # StrEnum, tomllib, datetime.fromisoformat with 'Z'
MIN_GIT=2.34         # what Ubuntu 22.04 ships; the oldest git the store is tested against
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)

say() { printf '%s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$1" >&2; shift; for hint in "$@"; do printf 'hint: %s\n' "$hint" >&2; done; exit 1; }

usage() { sed -n '2,9s/^# \{0,1\}//p' "$here/install.sh"; }

# The real interpreter behind a name (a pyenv shim costs 100 ms a start), or nothing if it is too old.
usable_python() {
    "$1" -c 'import sys, venv, ensurepip
sys.version_info >= (3, 11) or sys.exit(1)
print(getattr(sys, "_base_executable", None) or sys.executable)' 2>/dev/null
}

find_python() {
    for name in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
        [ -n "$name" ] || continue
        if command -v "$name" >/dev/null 2>&1 && found=$(usable_python "$name"); then
            say "$found"
            return 0
        fi
    done
    return 1
}

need_python() {
    python=$(find_python) && return 0
    old=$(python3 --version 2>/dev/null || say "none")
    fail "Python $MIN_PYTHON or newer (with the venv module) is needed; found: $old" \
        "Debian, Ubuntu: apt install python3 python3-venv; Fedora: dnf install python3; macOS: brew install python" \
        "or name one: PYTHON=/path/to/python3 ./install.sh"
}

need_git() {
    command -v git >/dev/null 2>&1 || fail "git $MIN_GIT or newer is needed; none was found" \
        "install git with your system's package manager"
    version=$(git --version | sed 's/^git version \([0-9]*\.[0-9]*\).*/\1/')
    major=${version%%.*}
    minor=${version#*.}
    if [ "$major" -lt 2 ] || { [ "$major" -eq 2 ] && [ "$minor" -lt "${MIN_GIT#*.}" ]; }; then
        fail "git $MIN_GIT or newer is needed; found: $version" "upgrade git with your system's package manager"
    fi
}

# make_env DIR: an isolated environment, by uv where it is installed (seconds faster), else by venv.
make_env() {
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --allow-existing --python "$python" "$1"
    else
        "$python" -m venv "$1"
        "$1/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
    fi
}

# into ENV ARGS…: pip install into the environment. Always compiled: without .pyc files a start takes twice as long.
into() {
    env=$1
    shift
    if command -v uv >/dev/null 2>&1; then
        VIRTUAL_ENV=$env UV_COMPILE_BYTECODE=1 uv pip install --quiet --reinstall-package git-jit "$@"
    else
        "$env/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
    fi
}

put() { # put SOURCE TARGET: copy one file and remember it for --uninstall
    mkdir -p "$(dirname "$2")"
    cp "$1" "$2"
    chmod 644 "$2"
    say "$2" >>"$manifest"
}

install_all() {
    need_git
    need_python
    home=$prefix/share/git-jit
    manifest=$home/manifest
    bin=$prefix/bin
    if [ -e "$bin/git-jit" ] && [ ! -f "$manifest" ]; then
        fail "$bin/git-jit is there already, and no install of this script put it there" \
            "choose another place with --prefix DIR"
    fi
    mkdir -p "$home" "$bin"
    : >"$manifest"
    say "installing into $prefix (Python: $("$python" --version 2>&1))"
    make_env "$home/venv"
    into "$home/venv" --upgrade "$here"
    "$home/venv/bin/python" -m compileall -q "$home/venv/lib" >/dev/null 2>&1 || true
    ln -sf "$home/venv/bin/git-jit" "$bin/git-jit"
    say "$bin/git-jit" >>"$manifest"

    put "$here/docs/man/git-jit.1" "$prefix/share/man/man1/git-jit.1"
    put "$here/docs/man/gitjit-query.7" "$prefix/share/man/man7/gitjit-query.7"
    put "$here/docs/man/gitjit-query.7" "$prefix/share/man/man1/git-jit-query.1"
    scratch=$(mktemp -d)
    for shell in bash zsh fish; do
        "$bin/git-jit" completion "$shell" >"$scratch/$shell"
    done
    put "$scratch/bash" "$prefix/share/bash-completion/completions/git-jit"
    put "$scratch/zsh" "$prefix/share/zsh/site-functions/_git-jit"
    put "$scratch/fish" "$prefix/share/fish/vendor_completions.d/git-jit.fish"
    rm -rf "$scratch"

    say "installed: $("$bin/git-jit" --version)"
    case ":$PATH:" in
        *":$bin:"*) ;;
        *)
            say "note: $bin is not on your PATH, so git cannot find git-jit yet; add this line to your shell's start-up file:"
            # The user's shell shall expand $PATH, not this script.
            # shellcheck disable=SC2016
            printf '    export PATH="%s:$PATH"\n' "$bin"
            ;;
    esac
}

# The directory itself, and its parents up to the prefix, when an uninstall left them empty.
prune_empty() {
    dir=$1
    while [ "$dir" != "$prefix" ] && [ -d "$dir" ] && rmdir "$dir" 2>/dev/null; do
        dir=$(dirname "$dir")
    done
}

uninstall() {
    home=$prefix/share/git-jit
    manifest=$home/manifest
    if [ ! -f "$manifest" ]; then
        say "nothing to remove: git jit is not installed below $prefix"
        return 0
    fi
    while IFS= read -r file; do
        rm -f "$file"
        prune_empty "$(dirname "$file")"
    done <"$manifest"
    rm -rf "$home"
    prune_empty "$prefix/share"
    rmdir "$prefix" 2>/dev/null || true
    say "removed git jit from $prefix; your repositories and their issues are untouched"
}

demo() {
    install_all
    say ""
    PATH="$prefix/bin:$PATH" git jit demo
}

run_tests() {
    need_git
    need_python
    env=$here/.venv
    [ -x "$env/bin/python" ] || make_env "$env"
    # An environment made by plain venv may have a pip that does not know dependency groups.
    command -v uv >/dev/null 2>&1 || into "$env" --upgrade 'pip>=25.1'
    (cd "$here" && into "$env" --group dev --editable .)
    exec make -C "$here" PYTHON="$env/bin/python" check
}

prefix=${HOME:+$HOME/.local}
action=install_all
while [ $# -gt 0 ]; do
    case $1 in
        --demo) action=demo ;;
        --test) action=run_tests ;;
        --uninstall) action=uninstall ;;
        --prefix)
            [ $# -ge 2 ] || fail "--prefix needs a directory"
            prefix=$2
            shift
            ;;
        --prefix=*) prefix=${1#--prefix=} ;;
        -h | --help) usage; exit 0 ;;
        *) fail "unknown option: $1" "./install.sh --help lists the options" ;;
    esac
    shift
done
[ -n "$prefix" ] || fail "HOME is not set, so there is no default place to install to" "name one with --prefix DIR"
case $prefix in /*) ;; *) prefix=$(pwd)/$prefix ;; esac
$action
