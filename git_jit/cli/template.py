"""`--format '{id} {title}'`: a line of literal text and fields."""

from collections.abc import Sequence

from git_jit.cli.fields import Record, check_field, field_text
from git_jit.errors import UsageError
from git_jit.record import record


class BadFormat(UsageError):
    """The text of `--format` is not a template."""

    code = "bad_format"


@record
class Template:
    """A text with holes: `pieces` are literal texts and, at odd places, the names of fields."""

    pieces: Sequence[str]

    @property
    def names(self) -> Sequence[str]:
        return tuple(dict.fromkeys(self.pieces[1::2]))

    def fill(self, record: Record) -> str:
        return "".join(field_text(record[piece]) if at % 2 else piece for at, piece in enumerate(self.pieces))


def parse_template(text: str) -> Template:
    r"""Read `'{id} {title}'`; `{{` and `}}` are braces, `\t` and `\n` what they are in most languages.

    Raises `BadFormat`, or `UnknownField`.
    """
    text = text.replace("\\t", "\t").replace("\\n", "\n")
    pieces = [""]
    at = 0
    while at < len(text):
        if text[at : at + 2] in {"{{", "}}"}:
            pieces[-1] += text[at]
            at += 2
        elif text[at] == "{":
            end = text.find("}", at)
            if end < 0:
                raise BadFormat(f"'{{' is never closed in '{text}'", hint="write '{{' for a brace")
            name = text[at + 1 : end].strip().lower().replace("-", "_")
            check_field(name)
            pieces += [name, ""]
            at = end + 1
        elif text[at] == "}":
            raise BadFormat(f"'}}' closes nothing in '{text}'", hint="write '}}' for a brace")
        else:
            pieces[-1] += text[at]
            at += 1
    return Template(tuple(pieces))
