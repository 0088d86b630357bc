"""Benchmarks: `python -m bench` runs them all, `python -m bench commands` one of them."""
