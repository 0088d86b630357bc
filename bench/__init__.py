"""How fast `git jit` is: whole commands, queries, many writers, imports, one commit. `python -m bench --help`."""
