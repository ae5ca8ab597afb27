"""Roles, intake, and what editors see in the admin."""
