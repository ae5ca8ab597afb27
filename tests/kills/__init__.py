"""Processes of ours, killed where it hurts, on both databases; what is left must mend itself."""
