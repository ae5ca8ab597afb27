"""The public types, one file each."""
