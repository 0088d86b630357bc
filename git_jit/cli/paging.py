"""Long text on a screen: through git's pager."""

from git_jit.cli import App


def write_long(app: App, text: str) -> None:
    """Print text that may be long: on a terminal through git's pager when it is more than a screen."""
    if app.stdout_is_terminal and text.count("\n") >= app.size()[1] and app.git.page(text):
        return
    app.stdout.write(text)
