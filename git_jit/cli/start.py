"""`version`, `help`: what answers without a repository."""

from git_jit import __version__
from git_jit.cli import App
from git_jit.cli.command import command


@command("version", examples=["git jit version"])
def version(app: App) -> None:
    """Print the version."""
    app.stdout.write(f"git-jit version {__version__}\n")
