"""Pages of hosts, by the address of a remote."""

import doctest

import pytest

from git_jit import hosts
from git_jit.hosts import Kind, compare_url, place_of

BRANCH = "jit/proposals/human-ada/sprint-12"


def test_the_examples_are_true() -> None:
    assert doctest.testmod(hosts).failed == 0


@pytest.mark.parametrize(
    ("url", "host", "path", "kind"),
    [
        ("https://github.com/ada/engine.git", "github.com", "ada/engine", Kind.GITHUB),
        ("https://ada:secret@github.com/ada/engine", "github.com", "ada/engine", Kind.GITHUB),
        ("git@github.com:ada/engine.git", "github.com", "ada/engine", Kind.GITHUB),
        ("ssh://git@github.example.org:2222/ada/engine.git/", "github.example.org", "ada/engine", Kind.GITHUB),
        ("git@gitlab.com:group/below/engine.git", "gitlab.com", "group/below/engine", Kind.GITLAB),
        ("https://codeberg.org/ada/engine", "codeberg.org", "ada/engine", Kind.GITEA),
        ("https://forgejo.example.org/ada/engine", "forgejo.example.org", "ada/engine", Kind.GITEA),
        ("https://git.example.org/ada/engine", "git.example.org", "ada/engine", None),
        ("https://notgithub.com/ada/engine", "notgithub.com", "ada/engine", None),
    ],
)
def test_a_host_is_known_by_its_name(url: str, host: str, path: str, kind: Kind | None) -> None:
    place = place_of(url)
    assert place is not None
    assert (place.host, place.path, place.kind) == (host, path, kind)


@pytest.mark.parametrize("url", ["/srv/engine.git", "../engine.git", "file:///srv/engine.git", "github.com", "x:y", ""])
def test_what_leads_to_no_host_has_no_page(url: str) -> None:
    assert place_of(url) is None
    assert compare_url(url, "jit/issues", BRANCH) is None


@pytest.mark.parametrize(
    ("url", "page"),
    [
        (
            "git@github.com:ada/engine.git",
            "https://github.com/ada/engine/compare/jit/issues...jit/proposals/human-ada/sprint-12?expand=1",
        ),
        (
            "git@gitlab.com:ada/engine.git",
            (
                "https://gitlab.com/ada/engine/-/merge_requests/new?merge_request%5Bsource_branch%5D="
                "jit%2Fproposals%2Fhuman-ada%2Fsprint-12&merge_request%5Btarget_branch%5D=jit%2Fissues"
            ),
        ),
        (
            "https://ada:secret@codeberg.org/ada/engine.git",
            "https://codeberg.org/ada/engine/compare/jit/issues...jit/proposals/human-ada/sprint-12",
        ),
        ("https://git.example.org/ada/engine", None),
    ],
)
def test_the_page_that_offers_a_pull_request(url: str, page: str | None) -> None:
    assert compare_url(url, "jit/issues", BRANCH) == page
