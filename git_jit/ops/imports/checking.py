"""The last look before an import is published: every document against its schema, and its size."""

from collections.abc import Mapping
from json import loads

from git_jit.canonical import Malformed
from git_jit.codec import encode_comment, encode_gate, encode_issue, issue_document
from git_jit.model import IssueId
from git_jit.ops.imports.record import Parsed, Problem
from git_jit.validate import shape
from git_jit.validate.finding import SchemaFinding
from git_jit.view import Plan


def misfits(plan: Plan, parsed: Parsed) -> list[Problem]:
    """Documents that do not fit their schema. Those of foreign records always do; an export may be tampered with."""
    places = _places(parsed)
    found = [
        _problem(places.get(id, id), finding)
        for id, issue in plan.issues.items()
        if issue
        for finding in shape.errors("issue", issue_document(issue))
    ]
    for (id, key), comment in plan.comments.items():
        if comment:
            wrong = shape.errors("comment", loads(encode_comment(comment)))
            found += [_problem(f"{places.get(id, id)} comment {key}", finding) for finding in wrong]
    for name, gate in plan.gates.items():
        if gate:
            found += [_problem(f"gate {name}", finding) for finding in shape.errors("gate", loads(encode_gate(gate)))]
    return found


def unwritable(plan: Plan, parsed: Parsed) -> list[Problem]:
    """Documents that cannot be spelled: too large, too deep, or with characters that no document may hold."""
    places = _places(parsed)
    found: list[Problem] = []
    for id, issue in plan.issues.items():
        try:
            if issue:
                encode_issue(issue)
        except Malformed as error:
            found.append(_place(places.get(id, id), error.message))
    for (id, key), comment in plan.comments.items():
        try:
            if comment:
                encode_comment(comment)
        except Malformed as error:
            found.append(_place(f"{places.get(id, id)} comment {key}", error.message))
    return found


def _places(parsed: Parsed) -> Mapping[IssueId, str]:
    return {record.issue.id: record.where for record in parsed.records}


def _problem(where: str, finding: SchemaFinding) -> Problem:
    return _place(where, f"has a value that does not fit: {finding.path} {finding.message}")


def _place(where: str, message: str) -> Problem:
    """`file:line` taken apart again."""
    file, colon, line = where.rpartition(":")
    return Problem(file, int(line), message) if colon and line.isdigit() else Problem(where, None, message)
