"""Judging documents and views: rules are generators of findings."""
