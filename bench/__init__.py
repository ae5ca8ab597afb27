"""Benchmarks: each claim of speed beside a peer or a bound, in one run."""
