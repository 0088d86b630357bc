#!/bin/sh
# Install git jit for one user, try it, test it, or take it away again. Needs no root.
#
#   ./install.sh              install, or bring an install up to date
#   ./install.sh --demo       install, then show the main job on 1,000 issues
#   ./install.sh --test       make the development environment in .venv and run every check and test
#   ./install.sh --uninstall  remove everything an install put in place
#
# Options: --prefix DIR (default: $HOME/.local). Everything installed lies below it.
# PYTHON=/path/to/python3 chooses the interpreter; uv is used where it is installed, else venv and pip.

set -eu

MIN_PYTHON=3.11      # StrEnum, tomllib, datetime.fromisoformat with 'Z'
MIN_GIT=2.34         # what Ubuntu 22.04 ships; the oldest git the store is tested against
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)

# What a person has set for other environments must not leak into this one. Indexes and proxies stay.
unset PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE PIP_TARGET PIP_PREFIX PIP_USER PIP_NO_COMPILE

say() { printf '%s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$1" >&2; shift; for hint in "$@"; do printf 'hint: %s\n' "$hint" >&2; done; exit 1; }

usage() { sed -n '2,10s/^# \{0,1\}//p' "$here/install.sh"; }

# --- what must be there ---------------------------------------------------------------------------------

# usable_python NAME [MODULE…]: the real interpreter behind a name (a pyenv shim costs 100 ms a start), or
# nothing if it is too old or lacks a module.
usable_python() {
    "$1" -I -c 'import importlib, sys
sys.version_info >= (3, 11) or sys.exit(1)
[importlib.import_module(name) for name in sys.argv[2:]]
print(getattr(sys, "_base_executable", None) or sys.executable)' "$@" 2>/dev/null
}

# find_python [MODULE…]: the first usable one; of PYTHON only, if that is set.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        usable_python "$PYTHON" "$@"
        return
    fi
    for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
        usable_python "$name" "$@" && return
    done
    return 1
}

need_python() {
    if command -v uv >/dev/null 2>&1; then
        python=$(find_python) && return
    else
        python=$(find_python venv ensurepip) && return
    fi
    if python=$(find_python); then
        fail "$python cannot make environments: its modules 'venv' and 'ensurepip' are missing" \
            "Debian, Ubuntu: apt install python3-venv; or install uv" \
            "or name another one: PYTHON=/path/to/python3 ./install.sh"
    fi
    name=${PYTHON:-python3}
    found="no $name"
    if command -v "$name" >/dev/null 2>&1; then
        found=$("$name" --version 2>&1) || found="$name, which does not work"
    fi
    fail "Python $MIN_PYTHON or newer is needed; found: $found" \
        "Debian, Ubuntu: apt install python3 python3-venv; Fedora: dnf install python3; macOS: brew install python" \
        "or name one: PYTHON=/path/to/python3 ./install.sh"
}

need_git() {
    command -v git >/dev/null 2>&1 || fail "git $MIN_GIT or newer is needed; none was found" \
        "install git with your system's package manager"
    version=$(git --version | sed -n 's/^git version \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p')
    major=${version%%.*}
    minor=${version#*.}
    if [ "${major:-0}" -lt 2 ] || { [ "$major" -eq 2 ] && [ "$minor" -lt "${MIN_GIT#*.}" ]; }; then
        fail "git $MIN_GIT or newer is needed; found: ${version:-$(git --version)}" \
            "upgrade git with your system's package manager"
    fi
}

need_sources() {
    [ -f "$here/pyproject.toml" ] || fail "the sources of git jit are not beside this script" \
        "clone the repository and run install.sh in it"
}

# --- environments ---------------------------------------------------------------------------------------

# make_env DIR: an isolated environment, by uv where it is installed (seconds faster), else by venv.
make_env() {
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --allow-existing --python "$python" "$1"
    else
        "$python" -m venv "$1"
    fi
}

# into ENV ARGS…: pip install into the environment. Always compiled: without .pyc files a start takes twice as long.
into() {
    target=$1
    shift
    if command -v uv >/dev/null 2>&1; then
        UV_COMPILE_BYTECODE=1 uv pip install --quiet --python "$target/bin/python" "$@"
    else
        "$target/bin/python" -m pip install --quiet "$@"
    fi
}

# --- install and uninstall ------------------------------------------------------------------------------
#
# Every install makes an environment of its own beside the last one, and a link is moved over when it is whole: an
# update that fails, or is interrupted, leaves the old version as it was. What was made, files and directories
# alike, is listed in the manifest, so that an uninstall removes just that.

# Make a directory and its parents; remember those that were not there.
make_dirs() {
    [ -d "$1" ] && return
    make_dirs "$(dirname "$1")"
    mkdir "$1"
    say "$1/" >>"$scratch/manifest"
}

put() { # put SOURCE TARGET: copy one file and remember it
    make_dirs "$(dirname "$2")"
    say "$2" >>"$scratch/manifest"
    cp "$1" "$2"
    chmod 644 "$2"
}

# remove_listed MANIFEST: files first, then directories, if they are empty, from the deepest up.
remove_listed() {
    LC_ALL=C sort -r "$1" | while IFS= read -r path; do
        case $path in
            */) rmdir "$path" 2>/dev/null || true ;;
            *) rm -f "$path" ;;
        esac
    done
}

# However an install ends: no litter; a first install that failed is taken back whole.
finish() {
    status=$?
    trap - EXIT
    if [ "$status" -ne 0 ]; then
        [ -z "$env" ] || rm -rf "$env"
        if [ -f "$home/manifest" ]; then
            say "install.sh: the install failed; the version that was there still is" >&2
        else
            remove_listed "$scratch/manifest"
            say "install.sh: the install failed; nothing of it was left" >&2
        fi
    fi
    rm -rf "$scratch"
    exit "$status"
}

install_all() {
    need_sources
    need_git
    need_python
    home=$prefix/share/git-jit
    bin=$prefix/bin
    if [ -e "$bin/git-jit" ] && [ ! -f "$home/manifest" ]; then
        fail "$bin/git-jit is there already, and no install of this script put it there" \
            "choose another place with --prefix DIR"
    fi
    env=
    scratch=$(mktemp -d)
    : >"$scratch/manifest"
    trap finish EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    say "installing into $prefix ($("$python" --version 2>&1))"
    make_dirs "$home"
    make_dirs "$bin"
    env=$(mktemp -d "$home/env-XXXXXX")
    chmod 755 "$env"
    # No caches, which an uninstall would have to leave behind, and no greetings from pip, in its children neither.
    export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1
    make_env "$env"
    into "$env" "$here"
    put_files
    link_program
    env=
    rm -rf "$scratch"
    trap - EXIT INT TERM HUP
    say "installed: $("$bin/git-jit" --version)"
    tell_about_path
}

put_files() {
    put "$here/docs/man/git-jit.1" "$prefix/share/man/man1/git-jit.1"
    # 'git help jit-query' opens gitjit-query, as 'git help revisions' opens gitrevisions; 'man git-jit-query' is tried too.
    put "$here/docs/man/gitjit-query.7" "$prefix/share/man/man7/gitjit-query.7"
    put "$here/docs/man/gitjit-query.7" "$prefix/share/man/man1/git-jit-query.1"
    for shell in bash zsh fish; do
        "$env/bin/git-jit" completion "$shell" >"$scratch/$shell"
    done
    put "$scratch/bash" "$prefix/share/bash-completion/completions/git-jit"
    put "$scratch/zsh" "$prefix/share/zsh/site-functions/_git-jit"
    put "$scratch/fish" "$prefix/share/fish/vendor_completions.d/git-jit.fish"
}

# The new version becomes the one that runs, and what older ones left goes.
link_program() {
    say "$bin/git-jit" >>"$scratch/manifest"
    [ ! -f "$home/manifest" ] || cat "$home/manifest" >>"$scratch/manifest"
    LC_ALL=C sort -u "$scratch/manifest" >"$home/manifest.new"
    mv -f "$home/manifest.new" "$home/manifest"
    ln -s "$env/bin/git-jit" "$env/link"
    mv -f "$env/link" "$bin/git-jit"
    for old in "$home"/env-*; do
        [ "$old" = "$env" ] || rm -rf "$old"
    done
}

tell_about_path() {
    found=$(command -v git-jit || true)
    [ "$found" != "$bin/git-jit" ] || return 0
    case ":$PATH:" in
        *":$bin:"*)
            say "note: 'git jit' runs $found, which comes before $bin on your PATH"
            ;;
        *)
            say "note: $bin is not on your PATH, so git cannot find git-jit yet; add this line to your shell's start-up file:"
            # The user's shell shall expand $PATH, not this script.
            # shellcheck disable=SC2016
            printf '    export PATH="%s:$PATH"\n' "$bin"
            ;;
    esac
}

uninstall() {
    home=$prefix/share/git-jit
    if [ ! -f "$home/manifest" ]; then
        say "nothing to remove: git jit is not installed below $prefix"
        return
    fi
    list=$(mktemp)
    cp "$home/manifest" "$list"
    rm -rf "$home"
    remove_listed "$list"
    rm -f "$list"
    say "removed git jit from $prefix; your repositories and their issues are untouched"
}

demo() {
    install_all
    say ""
    PATH="$prefix/bin:$PATH" git jit demo
    say ""
    say "Now for one of your own: change into a git repository and run: git jit init"
}

run_tests() {
    need_sources
    need_git
    need_python
    command -v make >/dev/null 2>&1 || fail "make is needed to run the tests" "install it with your system's package manager"
    export PIP_DISABLE_PIP_VERSION_CHECK=1
    [ -x "$here/.venv/bin/python" ] || make_env "$here/.venv"
    # The pip of an older Python does not know dependency groups.
    command -v uv >/dev/null 2>&1 || into "$here/.venv" --upgrade 'pip>=25.1'
    cd "$here"
    into .venv --group dev --editable .
    exec make PYTHON=.venv/bin/python check
}

# --- the command line -----------------------------------------------------------------------------------

prefix=${HOME:+$HOME/.local}
action=install_all
while [ $# -gt 0 ]; do
    case $1 in
        --demo) action=demo ;;
        --test) action=run_tests ;;
        --uninstall) action=uninstall ;;
        --prefix)
            [ -n "${2:-}" ] || fail "--prefix needs a directory"
            prefix=$2
            shift
            ;;
        --prefix=?*) prefix=${1#--prefix=} ;;
        -h | --help) usage; exit 0 ;;
        *) fail "unknown option: $1" "./install.sh --help lists the options" ;;
    esac
    shift
done
if [ "$action" != run_tests ]; then
    [ -n "$prefix" ] || fail "HOME is not set, so there is no default place to install to" "name one with --prefix DIR"
    case $prefix in /*) ;; *) prefix=$(pwd)/${prefix#./} ;; esac
    [ ! -d "$prefix" ] || prefix=$(CDPATH='' cd -- "$prefix" && pwd)
    prefix=${prefix%/}
fi
$action
