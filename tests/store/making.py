"""Small values for tests of stores."""

from git_jit.model import Actor, Issue, IssueId, Message, Timestamp

ID = IssueId("a" * 32)


def issue(*, id: IssueId = ID, title: str = "one", **rest: object) -> Issue:
    return Issue(id=id, title=title, created_at=Timestamp("2026-11-21T09:00:00.000000Z"), **rest)  # type: ignore[arg-type]


def message(*, subject: str = "create: one", second: int = 0, reason: str | None = None) -> Message:
    return Message(
        op="create",
        subject=subject,
        actor=Actor("human:ada"),
        request=f"request-{second}",
        at=Timestamp(f"2026-11-21T09:{second // 60:02}:{second % 60:02}.000000Z"),
        reason=reason,
    )
