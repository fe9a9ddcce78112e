"""Keeps the verdicts true in the background, and the same in every worker."""
