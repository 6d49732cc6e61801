"""Simulates policies that scale workers by their queue."""
