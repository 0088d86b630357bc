"""Ready-made gates of common ecosystems: what most projects of a kind run anyway, under the same three names."""

from collections.abc import Mapping
from typing import Final

from git_jit.model import Gate, GateKey, GateMode
from git_jit.record import record

LONG_S: Final = 1800
"""Seconds for what compiles everything first; the others have half of it."""


@record(kw_only=True)
class Preset:
    """Some gates by one name."""

    name: str
    title: str
    gates: tuple[Gate, ...]


def _auto(key: str, title: str, *argv: str, timeout_s: int = LONG_S // 2) -> Gate:
    return Gate(key=GateKey(key), title=title, mode=GateMode.AUTO, argv=argv, timeout_s=timeout_s)


def _tests(*argv: str, timeout_s: int = LONG_S // 2) -> Gate:
    return _auto("tests", "The tests pass", *argv, timeout_s=timeout_s)


_REVIEW: Final = Gate(
    key=GateKey("review"),
    title="Somebody else has read it",
    description="Read the change as a whole. Does it do what the issue asks, and nothing else?",
)
_LINT: Final = "The linter has nothing to say"

PRESETS: Final[Mapping[str, Preset]] = {
    preset.name: preset
    for preset in (
        Preset(name="python", title="Tests, lint and types of a Python project", gates=(
            _tests("python", "-m", "pytest", "-q"),
            _auto("lint", _LINT, "python", "-m", "ruff", "check", "."),
            _auto("types", "The types fit", "python", "-m", "mypy", "."),
        )),
        Preset(name="node", title="Tests and lint of a project with package.json", gates=(
            _tests("npm", "test"),
            _auto("lint", _LINT, "npm", "run", "lint"),
        )),
        Preset(name="rust", title="Tests, clippy and format of a Rust crate", gates=(
            _tests("cargo", "test", "--quiet", timeout_s=LONG_S),
            _auto("lint", "clippy has nothing to say", "cargo", "clippy", "--", "-D", "warnings", timeout_s=LONG_S),
            _auto("format", "It is formatted", "cargo", "fmt", "--check"),
        )),
        Preset(name="go", title="Tests and vet of a Go module", gates=(
            _tests("go", "test", "./..."),
            _auto("lint", "go vet has nothing to say", "go", "vet", "./..."),
        )),
        Preset(name="maven", title="Everything that Maven verifies", gates=(
            _auto("verify", "mvn verify passes", "mvn", "--batch-mode", "--quiet", "verify", timeout_s=LONG_S),
        )),
        Preset(name="gradle", title="Everything that Gradle checks", gates=(
            _auto("check", "gradle check passes", "./gradlew", "--console=plain", "check", timeout_s=LONG_S),
        )),
        Preset(name="dotnet", title="Tests and format of a .NET solution", gates=(
            _tests("dotnet", "test", "--nologo", timeout_s=LONG_S),
            _auto("format", "It is formatted", "dotnet", "format", "--verify-no-changes"),
        )),
        Preset(name="ruby", title="Tests and lint of a project with a Gemfile", gates=(
            _tests("bundle", "exec", "rake", "test"),
            _auto("lint", "rubocop has nothing to say", "bundle", "exec", "rubocop"),
        )),
        Preset(name="cmake", title="Build and tests of a CMake project in 'build'", gates=(
            _auto("build", "It builds", "cmake", "--build", "build", timeout_s=LONG_S),
            _tests("ctest", "--test-dir", "build", "--output-on-failure", timeout_s=LONG_S),
        )),
        Preset(name="shell", title="Every shell script of the repository, by shellcheck", gates=(
            _auto("lint", "shellcheck has nothing to say", "sh", "-c", "git ls-files -z '*.sh' | xargs -0 shellcheck"),
        )),
        Preset(name="make", title="The target 'check' of a Makefile", gates=(
            _auto("check", "make check passes", "make", "check", timeout_s=LONG_S),
        )),
        Preset(name="review", title="A person reads the change", gates=(_REVIEW,)),
    )
}  # fmt: skip
