"""An issue as a Markdown page to edit: a head of `field: value` lines, then the description."""

from git_jit.errors import Refused
from git_jit.model import Issue
from git_jit.ops.edit import Patch


class FormInvalid(Refused):
    """The form cannot be read. `details["problems"]` is a list of `{"line", "message"}`, all of them."""

    code = "form_invalid"


def print_form(issue: Issue) -> str:
    """The page; `parse_form(print_form(issue))` changes nothing."""
    raise NotImplementedError


def parse_form(text: str) -> Patch:
    """What the page asks for: every field it shows, whole. Raises `FormInvalid`."""
    raise NotImplementedError
