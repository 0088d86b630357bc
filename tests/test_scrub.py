"""What is taken out of text, what stays, and that no text makes it slow."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.scrub import EMAIL, STARS, USER, credentials, scrub
from tests.canaries import Canary, canaries

MIB = 1 << 20
SIZE = 1 << 17
"""Long enough for a pattern that is not linear to take hours: its square is 10^10."""


def clean(text: str) -> str:
    return scrub(text, home="/home/ada", user="ada")


@pytest.mark.parametrize("canary", canaries(), ids=lambda canary: canary.name)
def test_no_canary_sings(canary: Canary) -> None:
    for around in ("{}", "before {} after", "'{}'", '"{}"', "a\n{}\nb", "error: {}", "({})", "x={};y"):
        assert canary.secret not in clean(around.format(canary.text))


def test_there_are_fifty_canaries_and_each_is_one_of_a_kind() -> None:
    found = canaries()
    assert len(found) >= 50
    assert len({canary.name for canary in found}) == len({canary.secret for canary in found}) == len(found)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("https://ada:p@ss@example.org/x", f"https://{STARS}@example.org/x"),
        ("https://example.org:8443/x", "https://example.org:8443/x"),
        ("fatal: unable to access 'https://tok@h/x/': 403", f"fatal: unable to access 'https://{STARS}@h/x/': 403"),
        ("git@example.org:ada/x.git", "git@example.org:ada/x.git"),
        ("Authorization: Basic abc\nnext", f"Authorization: {STARS}\nnext"),
        ("http_authorization=abc", f"http_authorization={STARS}"),
        ('{"token": "a b", "id": 1}', f'{{"token": {STARS}, "id": 1}}'),
        ("a password=x&y=1", f"a password={STARS}&y=1"),
        ("run --api-key abc --json", f"run --api-key {STARS} --json"),
        ("/home/ada/x and /home/ada", "~/x and ~"),
        ("/home/adam/x", "~/x"),
        ("/srv/ada/x", f"/srv/{USER}/x"),
        ("/srv/adam/x", "/srv/adam/x"),
        (r"C:\Users\Ada\x", r"~\x"),
        ("Ada <ada@example.org>", f"Ada <{EMAIL}>"),
        ("-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\ny", f"{STARS}\ny"),
    ],
)
def test_what_is_left_of_a_text(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no issue '3f9c2a1b'",
        "object '" + "3f9c2a1b" * 4 + "' is missing",
        "tip " + "3f9c2a1b" * 5,
        "tip " + "3f9c2a1b" * 8,
        "request 01JD3ZQK5W8V7XN2M4R6T9BCDE",
        "'refs/jit/issues' has moved since it was read",
        "the author: ada, authority x",
        "state: ready → done; +label sprint:7",
        "2026-11-21T09:00:00.000000Z",
        "the basic rules of this repository",
        "the key of the door is lost",
        "tests/test_a.py::test_b[x-y]",
    ],
)
def test_what_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


def test_sentences_for_the_user_lose_credentials_and_nothing_else() -> None:
    text = "cannot push '/home/ada/x' to 'https://ada:pw@example.org/x': unexpected token: 'y', ask ada@example.org"
    assert credentials(text) == text.replace("ada:pw@", f"{STARS}@")


PIECES = st.sampled_from(
    [
        *(canary.text for canary in canaries()), "token", "password", "=", ":", " ", "'", '"', "://", "@", "/home/", "/",
        "ada", "~", STARS, USER, EMAIL, "--", "-----BEGIN PRIVATE KEY-----", "Bearer ", "basic", "eyJ", "\n", "\\", "a1",
        "a" * 20, "1" * 20, "Cookie:", "x-token", "%3D", "\udcff", "\0", "é", "AKIA", "C:\\Users\\", "key", "_",
    ]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(PIECES, max_size=12).map("".join)), st.text(max_size=8), st.text(max_size=8))
def test_a_second_time_changes_nothing(text: str, home: str, user: str) -> None:
    once = scrub(text, home=home, user=user)
    assert scrub(once, home=home, user=user) == once
    assert credentials(credentials(text)) == credentials(text)


@given(
    st.lists(PIECES, max_size=8).map("".join), st.sampled_from(canaries()), st.lists(PIECES, max_size=8).map("".join)
)
def test_evident_secrets_are_found_in_any_company(before: str, canary: Canary, after: str) -> None:
    if re.match(r"github|gitlab|slack|npm|pypi|private key$", canary.name):
        assert canary.secret not in clean(f"{before} {canary.text} {after}")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "unit",
    [
        "a", "-", "/", ":", "@", "=", '"', "\\", "eyJ", "eyJa.", "://", "://a:", "://@", "a@", "a@b.", "ghp_", "glpat-",
        "SG.", "SG.aaaaaaaaaaaaaaaaaaaa", "token", "token ", "token=", "token='", 'token="\\', "--token", "-token-", "key-",
        "password is ", "x-", "cookie", "cookie: ", "bearer ", "bearer a", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----",
        "AKIAAAAAAAAAAAAAAAAA ", "/home/", "/ada", "C:\\Users\\", "token a a ", "https://a b", "%3d", "secret_",
    ],
)  # fmt: skip
def test_long_texts_end(unit: str) -> None:
    text = (unit * (SIZE // len(unit) + 1))[:SIZE]
    assert len(clean(text)) <= 2 * SIZE


@pytest.mark.timeout(60)
def test_a_mebibyte_of_one_letter_stays_as_it_is() -> None:
    assert clean("a" * MIB) == "a" * MIB
