"""What a request costs: a scripted upstream, a load driver, budgets, and a memory of both.

`python -m tests.benchmarks` runs everything, `--quick` the part that shows a regression.
"""
