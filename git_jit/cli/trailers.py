"""`apply-trailers`: close what commits of the code say they close."""

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.json_out import envelope, error_value
from git_jit.cli.parameters import Argument
from git_jit.cli.sanitize import one_line


@command(
    "apply-trailers",
    examples=["git jit apply-trailers", "git jit apply-trailers v1.0..main", "git jit apply-trailers --dry-run"],
)
@Argument(dest="revisions", metavar="REVISIONS", required=False)
@options.dry_run
@options.actor
def apply_trailers(app: App, revisions: str | None, dry_run: bool) -> int:
    """Close the issues that commits of the code close by 'Closes-Jit: ID'.

    Looks at the commits of the default branch, or those that are named. Nothing is closed twice by the same commit:
    what was reopened since stays open. Exit status 1 when an issue could not be closed, or is not here.
    """
    from git_jit.ops import trailers

    layout = app.git.layout()
    commits = []
    if layout is not None:
        from git_jit.store.codelog import default_branch, speaking_commits

        wanted = revisions or default_branch(layout, app.environ)
        commits = speaking_commits(layout, app.environ, wanted) if wanted else []
    done = trailers.apply_trailers(app.store, app.caller(), commits, tree=app.tree, dry_run=dry_run)
    status = 1 if done.unsettled or done.report.status else 0
    if app.json:
        from git_jit.cli.reporting import report_value

        lost = [
            {"commit": one.commit.oid, "trailer": one.mention.trailer, "error": error_value(one.error)}
            for one in done.unsettled
        ]
        data = {**report_value(done.report), "unsettled": lost}
        count = len(done.report.outcomes)
        app.stdout.write(envelope(data, total=count, returned=count, warnings=done.report.notes, ok=status == 0))
        return status
    from git_jit.hooks.telling import applied_lines

    app.stdout.writelines(f"{one_line(line)}\n" for line in applied_lines(done))
    if not done.report.outcomes and not done.unsettled:
        app.note("no commit closes an issue that is open")
    for note in done.report.notes:
        app.note(f"note: {one_line(note)}")
    return status
