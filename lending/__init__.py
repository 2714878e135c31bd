"""Loan maths and rules: pure, without a clock, a file, a database or a screen."""
