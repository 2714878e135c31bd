"""Studies on real outcomes: Loam's fitted card beside other ways to score, in the same folds.

They read the real records beside the project and need the libraries of requirements-lab.txt; `make studies` runs all.
"""
